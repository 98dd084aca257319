r"""Reading and grading of random, broken and very long texts; the grading of the code released with the paper."""

from fractions import Fraction
from time import process_time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slmmux.benchmarks import short_answers
from slmmux.benchmarks.answer_reader import boxes, last_boxed, statements
from slmmux.benchmarks.formula_reader import read_formula
from slmmux.benchmarks.grading import group_answers, same_value
from slmmux.benchmarks.letter_reader import read_letter
from slmmux.benchmarks.number_reader import read_number
from slmmux.benchmarks.plain_numbers import numbers_in, plain_number
from slmmux.released_code import grading as paper_grading

READERS = (short_answers.read_answer, read_number, read_formula, read_letter)


@pytest.mark.parametrize(
    ("text", "box"),
    [
        (r"\boxed{2} then \boxed{3}", "3"),
        (r"\boxed{\frac{1}{2}}", r"\frac{1}{2}"),
        (r"\boxed{x = \boxed{4}}", "4"),
        (r"\boxed{\{1,2\}}", r"\{1,2\}"),
        (r"\boxed{\left\{1\right.}", r"\left\{1\right."),
        (r"\fbox{ 7 }", "7"),
        (r"\boxed 9.", "9"),
        (r"it is \boxed{}", ""),
        # A last box that is cut off: the earlier one still counts.
        (r"\boxed{2} no, \boxed{3", "2"),
        (r"\boxed{3", None),
        ("} } {", None),
        ("3", None),
    ],
)
def test_last_boxed(text, box):
    assert last_boxed(text) == box


WORDS = (
    r"\boxed{ \boxed \fbox{ { } \{ \} \text{ \frac \frac{1}{0} ^\circ \! 1,234 answer:is #### $ % . , - / 1 0 e9 _8 = "
    r"A (B) option|C ² ٣ ½"
)
PIECES = st.sampled_from([*WORDS.split(), "The answer is (C).", "answer is", "option C", " ", "\n", "\x00", "\ud7ff"])
TEXTS = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=12).map("".join))
fuzzed = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


LONG = [" ", "\n", "\t", " \n", "answer:  \n", "answer is ", "answer is $", "answer to ", "answer (", "Q: 1\n"]
LONG += [r"answer is \[ ", r"\boxed{", r"\boxed ", r"\boxed{A} ", "(A) ", "A is ", "1,234", "1 234 ", "1/", "-", "½"]
LONG += ["=1+1", " $1$,", " $1$ and", " not A but", '"answer": ', '{"answer": "', "42 is the ", "<<1", "答案"]
LONG += ["negative ", "\\over ", "\n> ", "\n=> B", "it is B", "</b>", "Ans. ", "analysis", "1 plus 2 (a) ", "[A] "]
LONG += ["#### 1\n", "<think>", "**a", "the ", "so ", "= 1 ", "if ", "answer is A because ", "**Answer**\n"]


@fuzzed
@given(TEXTS)
def test_reading_never_raises(text):
    assert all(0 <= found.start < len(text) for found in (*boxes(text), *statements(text), *numbers_in(text)))
    assert isinstance(plain_number(text), Fraction | None)
    for read in READERS:
        answer = read(text)
        assert answer is None or (isinstance(answer, str) and answer.strip())


@fuzzed
@given(st.text(st.characters(exclude_characters="{}\\"), max_size=20), TEXTS)
def test_a_closed_box_at_the_end_is_the_answer(content, before):
    assert last_boxed(before.replace("\\", "") + r"\boxed{" + content + "}") == content.strip()


@fuzzed
@given(st.fractions(max_denominator=10**6), st.booleans())
def test_a_written_number_is_read_exactly(number, as_latex):
    above, below = number.numerator, number.denominator
    assert plain_number(rf"\frac{{{above}}}{{{below}}}" if as_latex else f"{above}/{below}") == number
    assert plain_number(f"{above:,}") == above


@settings(max_examples=25, deadline=None)
@given(TEXTS, TEXTS)
def test_comparing_never_raises(reference, answer):
    assert isinstance(same_value(reference, answer), bool)
    assert len(group_answers(reference, [answer, reference])) == 2


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("piece", LONG)
def test_a_long_response_is_read_in_linear_time(read, piece):
    """At most some tenths of a second of the processor: many times as much where it goes with the square."""
    start = process_time()
    read("answer is" + piece * (20_000 // len(piece)) + "x")
    assert process_time() - start < 3


@pytest.mark.parametrize(
    ("benchmark", "reference", "response", "answer", "correct"),
    [
        ("gsm8k", "18", "So it is\n#### 18", "18", True),
        ("gsm8k", "1,234", "#### 1,234", "1", True),
        ("gsm8k", "1,234", "#### 1234", "1234", False),
        ("gsm8k", "1,234", "#### 1", "1", True),
        ("gsm8k", "234", "The answer is 1,234.", "234", True),
        ("gsm8k", "5", "nothing", None, False),
        ("math_500", "3", r"\boxed{2} no, \boxed{3}", "2", False),
        ("math_500", r"\frac{1}{2}", r"\boxed{0.5}", r"\frac{1}{2}", True),
        ("math_500", r"\frac{1}{2}", r"\boxed{1/2}", r"\frac{1}{2}", True),
        ("math_500", r"\frac43", r"\boxed{\dfrac{4}{3}}", r"\frac{4}{3}", True),
        ("math_500", r"\frac9{19}", r"\boxed{\frac{9}{19}}", r"\frac{9}{19}", True),
        ("math_500", r"2\sqrt5", r"\boxed{2\sqrt{5}}", r"2\sqrt{5}", True),
        ("math_500", r"120^\circ", r"\boxed{120}", "120", True),
        ("math_500", r"5.4 \text{ cents}", r"\boxed{5.4}", "5.4", True),
        ("math_500", "x=5", r"\boxed{5}", "5", True),
        ("math_500", r"\text{Evelyn}", r"\boxed{\text{Evelyn}}", "Evelyn", True),
        ("math_500", "1,-2", r"\boxed{-2,1}", "-2,1", False),
        ("math_500", "2k+2", r"\boxed{2(k+1)}", "2(k+1)", False),
        ("math_500", "5", "The answer is 5.", None, False),
        ("math_500", "5", r"\boxed{5", None, False),
        ("gpqa", "C", "##Answer: C##", "C", True),
        ("gpqa", "C", "The answer by my reckoning is C", "B", False),
        ("gpqa", "C", "(A) is wrong and (C) fits", "C", True),
        ("gpqa", "C", "Hence\nC\nB", "C", True),
        ("gpqa", "C", "no idea", None, False),
    ],
)
def test_the_released_grading(benchmark, reference, response, answer, correct):
    (grade,) = paper_grading.paper_grade(benchmark, reference, [response])
    assert (grade.answer, grade.correct) == (answer, correct)


@fuzzed
@given(TEXTS, TEXTS, st.sampled_from(["gsm8k", "math_500", "gpqa"]))
def test_the_released_grading_never_raises(reference, response, benchmark):
    assert len(paper_grading.paper_grade(benchmark, reference, [response])) == 1
