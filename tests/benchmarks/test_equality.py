r"""Which answers in LaTeX are the same: tables by kind of difference.

Where a verdict is known to be wrong, it is in the table all the same, under KNOWN_WRONG: a change of the
library or of the code must show.
"""

import pytest
from different_answers import DIFFERENT, KNOWN_WRONG, LOOK_ALIKE
from equal_answers import CHARACTERS, NOTATIONS, SAME

from slmmux.benchmarks.grading import group_answers, same_value


@pytest.mark.parametrize(("reference", "answer"), SAME)
def test_same(reference, answer):
    assert same_value(reference, answer)


@pytest.mark.parametrize(("answer", "reference"), NOTATIONS + CHARACTERS)
def test_the_same_in_another_notation(answer, reference):
    assert same_value(reference, answer)
    assert len({grade.answer for grade in group_answers("777", [answer, reference])}) == 1


@pytest.mark.parametrize(("reference", "answer"), DIFFERENT)
def test_different(reference, answer):
    assert not same_value(reference, answer)


@pytest.mark.parametrize(("a", "b"), LOOK_ALIKE)
def test_different_values_that_look_alike(a, b):
    assert not same_value(a, b) and not same_value(b, a)
    assert len({grade.answer for grade in group_answers("777", [a, b])}) == 2


@pytest.mark.parametrize(("reference", "answer", "verdict"), KNOWN_WRONG)
def test_known_misgradings(reference, answer, verdict):
    assert same_value(reference, answer) is verdict


def test_a_long_answer_is_the_same_as_its_text_alone():
    long = "x+" * 300 + "1"
    assert not same_value("x+1", long) and same_value(long, long)
