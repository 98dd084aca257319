r"""Answers as read and compared: a table of tricky ones, the limits of a comparison, and random text.

Where a verdict is known to be wrong, it is in the table all the same, under KNOWN_WRONG: a change of the
library or of the code must show.
"""

import logging
import os
import signal
import threading
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slmmux.benchmarks import latex, short_answers
from slmmux.benchmarks.answer_reader import boxes, last_boxed, statements
from slmmux.benchmarks.formula_reader import read_formula
from slmmux.benchmarks.grading import grade_closed, same_value
from slmmux.benchmarks.letter_reader import read_letter
from slmmux.benchmarks.number_reader import read_number
from slmmux.benchmarks.plain_numbers import numbers_in, plain_number
from slmmux.released_code import grading as paper_grading

READERS = (short_answers.read_answer, read_number, read_formula, read_letter)

SAME = [
    ("12", "12.0"),
    ("1234", "1,234"),
    ("40,000", "40000"),
    (r"10,\!080", "10080"),
    (r"11,\! 111,\! 111,\! 100", "11111111100"),
    ("1000000", "1{,}000{,}000"),
    ("26000", r"26\,000"),
    (r"\$18.90", "18.9"),
    (r"\$32,\!348", "$32,348"),
    (r"\$36", "36.00"),
    ("70", r"70\%"),
    (r"10\%", "10%"),
    (r"120^\circ", "120"),
    (r"120^\circ", r"120^{\circ}"),
    ("90", "90°"),
    (r"\frac{1}{2}", "0.5"),
    (r"\frac43", r"\dfrac{4}{3}"),
    (r"\frac9{19}", "9/19"),
    (r"-\frac{3}{8}", r"\frac{-3}{8}"),
    (r"-\frac{3}{8}", "-0.375"),
    (".35625", "0.35625"),
    (".0000672", "6.72e-5"),
    (".0000672", r"6.72 \times 10^{-5}"),
    (r"137 \frac{1}{2}", "137.5"),
    (r"1\frac{4}{5}", r"\frac{9}{5}"),
    ("-5", "-5."),
    ("0", "-0"),
    ("x=5", "5"),
    ("5", "x = 5"),
    ("y = -2x", "-2x"),
    ("y = 2x + 3", "y=3+2x"),
    (r"5x - 7y + 11z + 4 = 0", "10x-14y+22z+8=0"),
    (r"x \in [-2,7]", "[-2,7]"),
    ("(3,4]", r"\left(3,4\right]"),
    (r"(2,12) \cup (12,102)", r"(12,102)\cup(2,12)"),
    ("(6,31,-1)", "(6, 31, -1)"),
    (r"\left( 3, \frac{\pi}{2} \right)", r"(3,\pi/2)"),
    ("1,-2", "-2, 1"),
    ("3, 5, 7", "7,5,3"),
    ("5,-2", "x=5 or x=-2"),
    (r"\{1\pm\sqrt{5},-2\}", r"-2, 1+\sqrt5, 1-\sqrt5"),
    (r"3 \pm 2 \sqrt{2}", r"3+2\sqrt{2}, 3-2\sqrt{2}"),
    (r"\emptyset", r"\{\}"),
    (r"5.4 \text{ cents}", "5.4"),
    (r"864 \mbox{ inches}^2", "864"),
    (r"15\mbox{ cm}^2", r"15 \text{ cm}^2"),
    (r"\frac{270}7\text{ degrees}", r"\frac{270}{7}"),
    ("5", r"5\text{ cm}"),
    ("5", "5 apples"),
    (r"\text{Evelyn}", "evelyn"),
    (r"\text{even}", r"\textbf{Even}."),
    (r"\text{(C)}", "C"),
    (r"\text{(E)}", "(E)"),
    (r"\begin{pmatrix} -1 & 0 \\ 0 & -1 \end{pmatrix}", r"\begin{bmatrix} -1 & 0 \\ 0 & -1 \end{bmatrix}"),
    (r"\begin{pmatrix} 1/5 \\ -18/5 \end{pmatrix}", r"\begin{pmatrix} 0.2 \\ -3.6 \end{pmatrix}"),
    (r"\frac{\sqrt{3}}{3}", r"\frac{1}{\sqrt{3}}"),
    ("6r^2-4r-24", "2(3r^2-2r-12)"),
    ("6+9i", "9i + 6"),
    (r"\cot x", r"\frac{\cos x}{\sin x}"),
    ("4210_{5}", "4210_5"),
    # The question names the base, and the answer may leave it out.
    ("2516_8", "2516"),
    ("10!", "3628800"),
]
DIFFERENT = [
    ("1234", "1"),
    ("1234", "234"),
    ("3", "2, 3"),
    ("12", "1 2"),
    ("11/2", "1 1/2"),
    ("0.5", r"50\%"),
    (r"\frac{1}{2}", r"-\frac{1}{2}"),
    (r"\frac{1}{0}", "0"),
    ("6", "6.0000001"),
    ("5!", "5"),
    (r".5\pi", r"5\pi"),
    ("x=5", "y=5"),
    ("x=5", "x=6"),
    ("(3,4)", "[3,4]"),
    ("(3,4]", "(3,4)"),
    ("(8,-2)", "(-2,8)"),
    ("(2,4)", "(4,2)"),
    ("3, 5, 7", "3, 5"),
    (r"3 \pm 2 \sqrt{2}", r"3+2\sqrt{2}"),
    (r"\text{even}", "odd"),
    (r"\text{even}", "neve"),
    (r"\text{Navin}", "Nav"),
    (r"\text{(C)}", "(B)"),
    ("p - q", "q - p"),
    ("40_9", "40_8"),
    ("4210_5", "4211"),
    (r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}", r"\begin{pmatrix} 2 \\ 1 \end{pmatrix}"),
    (r"\infty", r"-\infty"),
    ("2", "two"),
    ("2", ""),
    ("", "2"),
    ("2", "no idea"),
    ("2", r"\frac{"),
]
KNOWN_WRONG = [
    # Equal, and taken as different.
    (r"\frac{140}{9}", "15.556", False),  # a rounded decimal of an exact answer; 12 digits are enough
    (r"\frac{1}{3}", "0.333", False),
    (r"\pi", "3.14159", False),
    ("(1,2)", "1<x<2", False),  # the other way round it is True: math-verify is not symmetric
    (r"(2,\infty)", "x>2", False),
    (r"-\frac{\pi}{6}", r"-30^\circ", False),
    (r"12\pi", "12pi", False),
    ("0.15", r"15\%", False),  # a percent sign is dropped, as most questions that want one ask for percent
    # Different, and taken as equal.
    (r"\{1,2\}", "(1,2)", True),  # a pair is read as an interval, and that as its two ends
    ("(6,31,-1)", "6,31,-1", True),
    (r"5.4 \text{ cents}", r"5.4 \text{ dollars}", True),  # units are not compared
    ("3R^2", "3r^2", True),  # the case of a letter is lost
    ("5", "y=5", True),
    ("3500", "3,500", True),  # a list of 3 and 500 reads as a number
]


@pytest.mark.parametrize(("reference", "answer"), SAME)
def test_same(reference, answer):
    assert same_value(reference, answer)


@pytest.mark.parametrize(("reference", "answer"), DIFFERENT)
def test_different(reference, answer):
    assert not same_value(reference, answer)


@pytest.mark.parametrize(("reference", "answer", "verdict"), KNOWN_WRONG)
def test_known_misgradings(reference, answer, verdict):
    assert same_value(reference, answer) is verdict


def test_an_interval_is_read_in_one_direction_only():
    assert same_value("1<x<2", "(1,2)") and not same_value("(1,2)", "1<x<2")


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


def test_equal_answers_fall_in_one_class():
    responses = [r"\boxed{0.5}", r"\boxed{x+1}", r"\boxed{\frac12}", r"\boxed{1+x}", "?", r"\boxed{y}"]
    grades = grade_closed(r"\frac{1}{2}", responses, read_formula, same_value)
    assert [g.answer for g in grades] == [r"\frac{1}{2}", "x+1", r"\frac{1}{2}", "x+1", None, "y"]
    assert [g.correct for g in grades] == [True, False, True, False, False, False]


HANGING = r"9^{9^{9^{9}}}"


@pytest.fixture
def worker(monkeypatch):
    """A fresh worker with one second of processor time."""
    monkeypatch.setattr(latex, "CPU_SECONDS", 1.0)
    monkeypatch.setattr(latex, "_worker", latex._Worker())
    yield latex._worker
    latex._worker.close()


def test_a_hanging_expression_is_given_up_and_the_next_is_compared(worker, caplog):
    with caplog.at_level(logging.WARNING):
        assert not latex.same_latex("5", HANGING)
    assert "ran past its limits" in caplog.text
    assert latex.same_latex("x+1", "1+x")


def test_comparisons_work_in_threads_and_a_stopped_worker_is_left(worker, monkeypatch):
    verdicts = []
    threads = [threading.Thread(target=lambda: verdicts.append(latex.same_latex("x+1", "1+x"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verdicts == [True] * 4
    stopped = worker._process.pid
    monkeypatch.setattr(latex, "WALL_SECONDS", 0.3)
    os.kill(stopped, signal.SIGSTOP)
    assert worker.ask("x+1", "1+x") is None
    with pytest.raises(ProcessLookupError):
        os.kill(stopped, 0)


def test_a_long_answer_is_not_compared(monkeypatch):
    monkeypatch.setattr(latex, "_worker", None)
    assert not same_value("x+1", "x+" * 300 + "1")


def test_a_worker_that_does_not_start_is_an_error(monkeypatch):
    monkeypatch.setattr(latex.sys, "executable", "/bin/false")
    with pytest.raises(RuntimeError, match="does not start"):
        latex._Worker().ask("x", "y")


WORDS = (
    r"\boxed{ \boxed \fbox{ { } \{ \} \text{ \frac \frac{1}{0} ^\circ \! 1,234 answer:is #### $ % . , - / 1 0 e9 _8 = "
    r"A (B) option|C ² ٣ ½"
)
PIECES = st.sampled_from([*WORDS.split(), "The answer is (C).", "answer is", "option C", " ", "\n", "\x00", "\ud7ff"])
TEXTS = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=12).map("".join))
fuzzed = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


LONG = [" ", "\n", "\t", " \n", "answer:  \n", "answer is ", "answer is $", "answer to ", "answer (", "Q: 1\n"]
LONG += [r"answer is \[ ", r"\boxed{", r"\boxed ", r"\boxed{A} ", "(A) ", "A is ", "1,234", "1 234 ", "1/", "-", "½"]
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
    assert isinstance(short_answers.same_answer(reference, answer), bool)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("piece", LONG)
def test_a_long_response_is_read_in_linear_time(read, piece):
    """Reading that takes the square of the length would not end: no response is as long."""
    read("answer is" + piece * (100_000 // len(piece)) + "x")


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
