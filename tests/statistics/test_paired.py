import numpy as np
import pytest

from slmmux.errors import InputError
from slmmux.orchestration.evaluation import Evaluation
from slmmux.statistics import paired_bootstrap, paired_normal


def evaluation(correct):
    correct = np.array(correct, dtype=float)
    return Evaluation(correct, None, correct * 0, correct * 0, "exact", None)


def test_by_hand():
    result = paired_normal(evaluation([1, 1, 0, 1]), evaluation([0, 1, 0, 0]))
    # Differences 1, 0, 0, 1: mean 1/2, s = 1/sqrt(3), se = 1/(2 sqrt(3)).
    assert result.difference == 0.5
    assert result.se == pytest.approx(1 / 12**0.5)
    assert result.high == pytest.approx(0.5 + 1.959964 / 12**0.5, abs=1e-6)
    assert result.high - 0.5 == pytest.approx(0.5 - result.low)


def test_bootstrap_agrees_with_the_normal_interval_on_many_questions():
    rng = np.random.default_rng(0)
    first, second = evaluation(rng.random(2000)), evaluation(rng.random(2000) * 0.9)
    bootstrap, normal = paired_bootstrap(first, second, resamples=4000), paired_normal(first, second)
    assert (bootstrap.method, normal.method) == ("paired bootstrap", "paired normal")
    assert bootstrap.difference == normal.difference and bootstrap.se == normal.se
    assert bootstrap.low == pytest.approx(normal.low, abs=0.002)
    assert bootstrap.high == pytest.approx(normal.high, abs=0.002)


def test_seed_batches_and_level(monkeypatch):
    first, second = evaluation([1, 0, 1, 1, 0, 1]), evaluation([0, 0, 1, 0, 1, 0])
    one = paired_bootstrap(first, second, resamples=500, seed=4)
    assert one == paired_bootstrap(first, second, resamples=500, seed=4)
    assert one != paired_bootstrap(first, second, resamples=500, seed=5, level=0.9)
    narrow = paired_bootstrap(first, second, resamples=500, seed=4, level=0.5)
    assert narrow.low >= one.low and narrow.high <= one.high
    monkeypatch.setattr("slmmux.statistics.paired.BATCH", 20)
    assert paired_bootstrap(first, second, resamples=500).low == pytest.approx(one.low, abs=0.2)


def test_no_difference_is_certain():
    same = evaluation([0.2, 0.7, 1.0])
    result = paired_bootstrap(same, same, resamples=100)
    assert (result.difference, result.se, result.low, result.high) == (0, 0, 0, 0)
    assert np.isnan(paired_normal(evaluation([1]), evaluation([0])).se)


def test_refusals():
    with pytest.raises(InputError, match="same questions"):
        paired_bootstrap(evaluation([1, 0]), evaluation([1]))
    with pytest.raises(InputError, match="level"):
        paired_normal(evaluation([1, 0]), evaluation([1, 1]), level=1)
