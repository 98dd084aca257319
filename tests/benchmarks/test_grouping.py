r"""Classes of answers: an equality, whatever the order in which answers come."""

from itertools import combinations, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slmmux.benchmarks.grading import group_answers, group_by_key, number_key, same_value
from slmmux.benchmarks.question import Grade

# Answers that are the same as some of the others, and those not the same as each other.
CHAINS = [
    ["3", "x=3", "y=3"],
    ["3", "x=3", "3.0", r"x = \frac{6}{2}"],
    ["1,2", "(1,2)", "2,1", r"\{1,2\}", "[1,2]"],
    [r"\sqrt{2}", "1.414214", "1.4142136", "1.41421356237310", "1.414213562373"],
    [r"\frac{1}{3}", "0.3333333333333", "0.333", "0.33333333333333"],
    ["2x+1", "y=2x+1", "2x-y+1=0", "f(x)=1+2x"],
    ["x+y=1", "y=1-x", "x=1-y", "1-x", "1-y"],
    ["y=1-x", "x=1-y", "1-x"],
    [r"\mathbb{R}", r"(-\infty,\infty)", r"\text{all real numbers}", r"x \ne 0"],
    ["x>2", "x<5", r"x>2 \text{ and } x<5", "(2,5)", "y>2"],
    ["101", "101_2", "101_3", "101.0"],
    ["even", r"\text{even}", "neve", "odd"],
    ["C", r"\text{(C)}", "(C)", r"\text{C}", "D"],
    [r"\overline{AB}", r"\overline{BA}", r"\angle ABC", "AB"],
    [r"9^{9^{9^{9}}}", "9", r"9^{9^9}"],
]


def partition(answers, reference="777"):
    classes = {}
    for answer, grade in zip(answers, group_answers(reference, answers)):
        classes.setdefault(grade.answer, set()).add(answer)
    return {name: frozenset(members) for name, members in classes.items()}


@pytest.mark.parametrize("answers", CHAINS)
def test_classes_do_not_depend_on_the_order_of_the_answers(answers):
    expected = partition(answers)
    assert all(partition(order) == expected for order in permutations(answers))


@pytest.mark.parametrize("answers", CHAINS)
def test_of_one_class_any_two_are_the_same(answers):
    for members in partition(answers).values():
        for a, b in combinations(sorted(members), 2):
            assert same_value(a, b) or same_value(b, a)
            assert len(partition([a, b])) == 1


PIECES = [
    "3",
    "x=3",
    "y=3",
    r"\frac{6}{2}",
    "3.0",
    "-3",
    "x",
    "2x",
    "x+x",
    "y=2x",
    "1,2",
    "2,1",
    "(1,2)",
    "odd",
    r"\text{odd}",
]
PIECES += [
    r"\sqrt{8}",
    r"2\sqrt2",
    "2.82842712474619",
    "11_2",
    "11",
    "11_3",
    r"\pi",
    r"1,\ldots,n",
    "x>1",
    r"(1,\infty)",
]


@settings(max_examples=200)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=9), st.randoms(), st.sampled_from(PIECES))
def test_classes_are_a_partition_independent_of_order(answers, random, reference):
    shuffled = random.sample(answers, len(answers))
    expected = dict(zip(answers, group_answers(reference, answers)))
    assert dict(zip(shuffled, group_answers(reference, shuffled))) == expected
    # Repeating an answer changes nothing.
    assert group_answers(reference, [*answers, answers[0]])[-1] == expected[answers[0]]


def test_the_right_answers_are_one_class_named_after_the_reference():
    answers = ["0.5", "x+1", r"\frac12", "1+x", None, "y"]
    grades = group_answers(r"\frac{1}{2}", answers)
    assert [grade.answer for grade in grades] == [r"\frac{1}{2}", "1+x", r"\frac{1}{2}", "1+x", None, "y"]
    assert [grade.correct for grade in grades] == [True, False, True, False, False, False]


def test_numbers_are_grouped_by_value():
    answers = ["1,234", None, "1234.0", "7.0", "x"]
    expected = [Grade("1,234", False), Grade(None, False), Grade("1,234", False), Grade("7", True), Grade("x", False)]
    assert group_by_key("7", answers, number_key) == expected
    assert group_by_key("7", answers[::-1], number_key) == expected[::-1]


def test_many_distinct_answers_are_grouped():
    answers = [rf"\frac{{{n}}}{{{n + 1}}}" for n in range(1, 100)] + [f"{n}\\sqrt{{2}}" for n in range(100)]
    assert len({grade.answer for grade in group_answers("777", answers)}) == 199
