"""Numbers in texts: thousands separators, signs, fractions, powers, units."""

from fractions import Fraction

import pytest

from slmmux.benchmarks import BENCHMARKS
from slmmux.benchmarks.number_reader import read_number
from slmmux.benchmarks.plain_numbers import numbers_in, plain_number
from slmmux.benchmarks.question import Question

SEPARATED = [
    "9,500", "9{,}500", r"9\,500", r"9\ 500", r"9\;500", r"9,\!500", r"9{\,}500", "9 500", "9\u00a0500", "9\u202f500",
    "9\u2009500", "9~500", "9'500", "9’500", "9_500", "９，５００", "９５００", "9500", "9,500.00", "9{,}500.0",
]  # fmt: skip
MILLIONS = ["1,234,567", "1{,}234{,}567", r"1\,234\,567", "1 234 567", "1'234'567", r"1,\!234,\!567", "12,34,567"]
VALUES = [
    (r"\frac{36}{2}", 18),
    (r"\dfrac{1}{2}", "1/2"),
    (r"\frac12", "1/2"),
    (r"2\frac{1}{2}", "5/2"),
    ("2 1/2", "5/2"),
    ("2½", "5/2"),
    ("¾", "3/4"),
    ("36/2", 18),
    ("1/2", "1/2"),
    ("1.5 million", 1_500_000),
    ("2 thousand", 2000),
    ("3 hundred", 300),
    ("1.5e6", 1_500_000),
    ("2E-3", "1/500"),
    (r"1.5 \times 10^6", 1_500_000),
    (r"1.5 \cdot 10^{-3}", "3/2000"),
    ("1.5 x 10^6", 1_500_000),
    ("1.5 × 10⁶", 1_500_000),
    ("2^{10}", 1024),
    ("$5k", 5000),
    ("$1.2M", 1_200_000),
    ("$5.50", "11/2"),
    ("£12", 12),
    ("€ 12", 12),
    ("12 €", 12),
    ("70%", 70),
    (r"70\%", 70),
    ("460 cm^2", 460),
    ("460 m2", 460),
    ("460 m²", 460),
    (r"460\text{ cm}^2", 460),
    (r"460 \mathrm{m}^{3}", 460),
    ("20°C", 20),
    ("12 CO2 bottles", 12),
    ("-5", -5),
    ("- 5", -5),
    ("-$5", -5),
    ("$-5", -5),
    ("- $5", -5),
    (r"-\$5", -5),
    ("−5", -5),
    ("–5", -5),
    ("-1/2", "-1/2"),
    (r"-\frac{1}{2}", "-1/2"),
    ("USD 12", 12),
    ("USD12", 12),
    (".5", "1/2"),
    ("5.", 5),
    ("0", 0),
]
# The numbers of texts that are no one number.
SEVERAL = [
    ("wings\n42", [42]),
    ("6 eggs\n\n7 hens\n8", [6, 7, 8]),
    ("1 2", [1, 2]),
    ("12 34", [12, 34]),
    ("10 20 30", [10, 20, 30]),
    ("1, 200", [1, 200]),
    ("12,34", [12, 34]),
    ("1234 500", [1234, 500]),
    ("5-3", [5, 3]),
    ("5 - 3", [5, 3]),
    ("5 -3", [5, 3]),
    ("10-15 eggs", [10, 15]),
    ("(3)-(2)", [3, 2]),
    ("x-3", [3]),
    ("- 5 apples", [5]),
    ("Cost - 5 dollars", [5]),
    ("It is -5", [-5]),
    ("x_1 = 4", [4]),
    ("2 * 3 = 6", [2, 3, 6]),
    ("60 / 4 = 15", [60, 4, 15]),
    ("a7 and b8", []),
    ("no number", []),
]


@pytest.mark.parametrize("text", SEPARATED)
def test_thousands_separators(text):
    for response in (f"The answer is {text}.", rf"So \boxed{{{text}}}", f"That makes ${text} in 2 days.\n#### {text}"):
        grades = BENCHMARKS["gsm8k"].grade(Question("q", "test", "", "9500"), [response])
        assert grades[0].correct
        assert not BENCHMARKS["gsm8k"].grade(Question("q", "test", "", "500"), [response])[0].correct


@pytest.mark.parametrize("text", MILLIONS)
def test_several_separators(text):
    assert plain_number(read_number(f"The answer is {text}.")) == 1_234_567


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_numbers_that_are_more_than_digits(text, value):
    for response in (f"The answer is {text}.", rf"It took 3 days. \boxed{{{text}}}", f"#### {text}", f"Answer: {text}"):
        assert plain_number(read_number(response)) == Fraction(value), response


@pytest.mark.parametrize(("text", "values"), SEVERAL)
def test_numbers_of_a_text(text, values):
    assert [number.value for number in numbers_in(text)] == values


@pytest.mark.parametrize(
    "text",
    ["", "1 2", "(3,500)", "3,5", "1/0", r"\frac{1}{0}", "x", "5!", "1.5.2", "--5", "5k", "2x", "1,2,3", "1/2/3"],
)
def test_what_is_no_plain_number(text):
    assert plain_number(text) is None


@pytest.mark.parametrize("responses", [["1,234", "1{,}234", "1234.0"], ["1/2", "0.5", r"\frac{1}{2}"], ["2^3", "8"]])
def test_equal_numbers_are_one_answer(responses):
    grades = BENCHMARKS["gsm8k"].grade(Question("q", "test", "", "7"), [f"The answer is {text}." for text in responses])
    assert len({grade.answer for grade in grades}) == 1
