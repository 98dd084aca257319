"""Equal Python values are equal votes, and what the benchmark's check makes of an answer is its value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slmmux.published.python_literals import value_of

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
HASHABLE = st.recursive(SCALARS, lambda inner: st.tuples(inner, inner))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(HASHABLE, inner, max_size=3),
    max_leaves=8,
)


@given(VALUES, VALUES)
def test_two_literals_are_the_same_vote_exactly_when_python_says_they_are_equal(first, second):
    assert (value_of(repr(first)) == value_of(repr(second))) == (first == second)


@given(VALUES)
def test_a_literal_is_itself_with_other_spaces_and_in_brackets(value):
    assert value_of(f" ( {value!r} ) ") == value_of(repr(value)) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "1.0"),
        ("1", "True"),
        ("[1, True]", "[1.0, 1]"),
        ('"a"', "'a'"),
        ("{'a': 1, 'b': [2]}", "{'b': [2.0], 'a': 1}"),
        ("{1, 2}", "{2, 1}"),
        ("'a' 'b'", "'ab'"),
        ("1, 2", "1"),
        ("'a', 'a note'", "'a'"),
        ("1  # one", "1"),
        ("f( 1 )", "f(  1 )"),
    ],
)
def test_equal(one, other):
    assert value_of(one) == value_of(other) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("(1,)", "[1]"),
        ("(1, 2)", "1, 2"),
        ("'1'", "1"),
        ("b'a'", "'a'"),
        ("{}", "set()"),
        ("'[1]'", "[1]"),
        ("('list', (1,))", "[1]"),
        ("10 + 4", "14"),
        ("1, f(1)", "1"),
        ("1 == 1", "1"),
        ("1 or 2", "1"),
    ],
)
def test_not_equal(one, other):
    assert value_of(one) is not None and value_of(other) is not None
    assert value_of(one) != value_of(other)


@pytest.mark.parametrize("answer", ["1,", "", "[1", "the answer is 3", "'@!',\n 'a note'", "(" * 500, "1\x00"])
def test_what_the_check_cannot_parse_has_no_value(answer):
    assert value_of(answer) is None
