"""Power and variance: by hand, against simulation, and where nothing can be said."""

from math import inf, isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slmmux.errors import InputError
from slmmux.statistics.power import (
    detectable_difference,
    power_of,
    questions_needed,
    questions_to_clear,
    split_variance,
)


def test_questions_by_hand():
    # (1.959964 + 0.841621) * 0.3 / 0.02 = 42.02; squared 1765.96.
    assert questions_needed(0.3, 0.02) == 1766 == questions_needed(0.3, -0.02)
    assert questions_needed(0.3, 0) == inf and questions_needed(0, 0.1) == 0


@given(st.floats(0.01, 1), st.integers(1, 10_000))
def test_detecting_is_the_inverse(spread, questions):
    assert questions_needed(spread, detectable_difference(spread, questions)) in (questions, questions + 1)


@given(st.floats(0.01, 1), st.floats(0.001, 0.5), st.integers(2, 1000))
def test_clearing_a_limit_of_one_interval_is_the_same_formula(spread, difference, questions):
    se = spread / np.sqrt(questions)
    found = questions_to_clear(difference, 1.959963984540054 * se, se, questions)
    assert found == pytest.approx(questions_needed(spread, difference), abs=1)
    assert questions_to_clear([difference, 0], [se, se], [se, np.nan], questions)[0] < found + 1


def test_a_limit_that_cannot_be_cleared():
    never, unknown = questions_to_clear([0.0, 0.1], [0.1, np.nan], [0.05, 0.05], 100)
    assert never == inf and isnan(unknown)
    with pytest.raises(InputError, match="a power lies between 0 and 1"):
        questions_to_clear(0.1, 0.1, 0.1, 10, power=1.0)


def test_the_power_is_what_was_asked_for():
    rng, spread, difference = np.random.default_rng(0), 0.3, 0.06
    questions = int(questions_needed(spread, difference))
    gaps = rng.normal(difference, spread, (4000, questions))
    t = gaps.mean(axis=1) / (gaps.std(axis=1, ddof=1) / np.sqrt(questions))
    assert abs((t > 1.96).mean() - 0.8) < 0.03


def test_power_of_measured_gaps():
    gap = np.array([0.5, -0.5, 0.5, 0.1])
    found = power_of(gap)
    assert (found.questions, found.difference, found.spread) == (4, gap.mean(), gap.std(ddof=1))
    assert found.needed == questions_needed(found.spread, found.difference)
    assert power_of(np.zeros(5)).needed == inf
    assert isnan(power_of(np.array([0.3])).needed)


def test_variance_of_a_run_is_that_of_questions_and_of_draws():
    rng = np.random.default_rng(1)
    first, second = rng.beta(1, 1, 400), rng.beta(2, 1, 400)
    split = split_variance(first, second)
    runs = (rng.random((20_000, 400)) < first).astype(float) - (rng.random((20_000, 400)) < second)
    # Over the runs of the same questions only the draws vary.
    assert runs.mean(axis=1).var() == pytest.approx(split.within / 400, rel=0.05)
    assert runs.var(axis=1, ddof=1).mean() == pytest.approx(split.between + split.within, rel=0.02)
    assert split.standard_error(400, 4) == pytest.approx(np.sqrt((split.between + split.within / 4) / 400))
    assert 0 < split.share_of_questions < 1
    sure = split_variance(np.ones(3))
    assert sure.between == sure.within == 0 and isnan(sure.share_of_questions)


@pytest.mark.parametrize(
    "call",
    [
        lambda: questions_needed(0.3, 0.1, level=1),
        lambda: questions_needed(-1, 0.1),
        lambda: detectable_difference(0.3, 0),
        lambda: power_of(np.zeros(0)),
        lambda: split_variance(np.zeros(1)),
    ],
)
def test_what_cannot_be_is_refused(call):
    with pytest.raises(InputError):
        call()
