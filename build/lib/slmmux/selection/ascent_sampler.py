"""An Optuna sampler that ascends: it changes one or two parameters of a good trial, the most promising change first.

Optuna's own samplers learn densities or cross parents and seldom propose what differs from the best trial in one
model's budget; yet here such neighbours have similar values, and the best budgets leave out most models. This one is
for integer parameters from 0 and two aims, the first up and the second down. It keeps nothing: what it proposes
follows from the study's trials and the seed.

A base is chosen by the trial's place in a cycle of five: the best trial; the best one with a parameter held at 0
that the best trial uses (the same for HELD trials; twice in a cycle); the best one that differs from it in more than
APART parameters. So it leaves the neighbourhoods of local optima. The fifth changes a trial of the Pareto front by one
step of one parameter, for the second aim.

Of the changes of one parameter of the base and PAIRS random changes of two, the one with the largest m(x) + s(x) is
proposed, where m and s are the mean and the standard deviation of a Gaussian process fitted to the NEAREST trials
around the base. Its covariance of two points falls with every parameter in which they differ,

    exp(-sum_p (USED [exactly one of x_p, y_p is 0]  +  VALUE ((x_p - y_p) / largest_p)^2)),

so that what a change gained in one place is expected, the more the nearer, in another. A trial that is being evaluated
counts as one with the value expected of it.
"""

from operator import itemgetter
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution, IntDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState
from scipy.linalg import cho_factor, cho_solve

from slmmux.selection.pareto import front

CYCLE, HELD, APART, PAIRS, NEAREST = 5, 50, 2, 200, 200
USED, VALUE, NOISE = 0.05, 0.05, 1e-3
# Digits of a score: equal ones must be equal on every machine.
SCORE_DIGITS = 6


class AscentSampler(BaseSampler):
    """space: parameter -> its integers from 0. seed: of the random changes."""

    def __init__(self, space: dict[str, IntDistribution], seed: int) -> None:
        self.space = space
        self.seed = seed
        self.rng = np.random.default_rng(seed)  # of the present trial
        self.high = np.array([d.high for d in space.values()], dtype=np.int64)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return dict(self.space)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        states, names = (TrialState.COMPLETE, TrialState.RUNNING), list(self.space)
        # The last name twice, so that one parameter gives a tuple as well.
        point_of = itemgetter(*names, names[-1])
        trials = []
        for t in study.get_trials(deepcopy=False, states=states):
            params = t.params
            if t.number < trial.number and self.space.keys() <= params.keys():
                trials.append((t.values, point_of(params)[:-1]))
        self.rng = np.random.default_rng([self.seed, len(trials)])
        seen = {point for _, point in trials}
        points = np.array([point for values, point in trials if values], dtype=np.int64)
        pending = np.array([point for values, point in trials if not values], dtype=np.int64)
        point = None
        if len(points):
            values = np.array([values for values, _ in trials if values], dtype=float)
            turn = len(trials) % CYCLE
            if turn == CYCLE - 1:
                point = self._beside_front(points, values, seen)
            else:
                point = self._promising(points, values, pending, seen, turn)
        if point is None:
            point = self.rng.integers(0, self.high + 1)
        return {name: int(value) for name, value in zip(names, point)}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Of a parameter outside the space, uniformly."""
        assert isinstance(param_distribution, IntDistribution)
        return int(self.rng.integers(param_distribution.low, param_distribution.high + 1))

    def _beside_front(self, points: np.ndarray, values: np.ndarray, seen: set) -> np.ndarray | None:
        """An untried point one step of one parameter away from a point of the front."""
        steps = np.eye(len(self.high), dtype=np.int64)
        for place in self.rng.permutation(front(values[:, 0], values[:, 1])):
            for step in self.rng.permutation(np.concatenate([steps, -steps])):
                point = points[place] + step
                if (point >= 0).all() and (point <= self.high).all() and tuple(point.tolist()) not in seen:
                    return point
        return None

    def _promising(
        self, points: np.ndarray, values: np.ndarray, pending: np.ndarray, seen: set, turn: int
    ) -> np.ndarray | None:
        """The untried change of the turn's base with the highest score."""
        # Best first; of equal trials the cheaper, then the older.
        order = np.lexsort((values[:, 1], -values[:, 0]))
        best, held = points[order[0]], None
        if turn % 2:
            held = self._held(best, len(seen))
            allowed = points[order, held] == 0 if held is not None else np.zeros(len(order), dtype=bool)
        else:
            allowed = (points[order] != best).sum(axis=1) > (APART if turn else -1)
        order = order[allowed] if allowed.any() else order
        candidates = np.concatenate([self._single(points[order[0]]), self._pairs(points[order[0]])])
        if held is not None:
            candidates = candidates[candidates[:, held] == 0]
        untried = [c for c in dict.fromkeys(map(tuple, candidates.tolist())) if c not in seen]
        if not untried:
            return None
        away = (points != points[order[0]]).sum(axis=1)
        near = np.lexsort((-values[:, 0], away))[:NEAREST]
        given, level = points[near], values[near, 0]
        center, scale = level.mean(), level.std() or 1.0
        known = (level - center) / scale
        if len(pending):
            mean, _ = self._fitted(given, known, pending)
            given, known = np.concatenate([given, pending]), np.concatenate([known, mean])
        mean, deviation = self._fitted(given, known, np.array(untried))
        return np.array(untried[int((mean + deviation).round(SCORE_DIGITS).argmax())])

    def _held(self, best: np.ndarray, tried: int) -> int | None:
        """A parameter that is not 0 in the best trial, the same one for HELD trials."""
        order = np.random.default_rng([self.seed, tried // HELD]).permutation(len(best))
        return next((int(parameter) for parameter in order if best[parameter]), None)

    def _single(self, base: np.ndarray) -> np.ndarray:
        """All points that differ from the base in one parameter."""
        parameter = np.repeat(np.arange(len(base)), self.high + 1)
        found = np.tile(base, (len(parameter), 1))
        found[np.arange(len(parameter)), parameter] = np.concatenate([np.arange(h + 1) for h in self.high])
        return found

    def _pairs(self, base: np.ndarray) -> np.ndarray:
        """Random points that differ from the base in at most two parameters."""
        found = np.tile(base, (PAIRS, 1))
        for _ in range(2):
            parameter = self.rng.integers(0, len(base), PAIRS)
            found[np.arange(PAIRS), parameter] = self.rng.integers(0, self.high[parameter] + 1)
        return found

    def _fitted(self, given: np.ndarray, known: np.ndarray, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of the process at the points `asked`, known at the points `given`."""
        factor = cho_factor(self._covariance(given, given) + NOISE * np.eye(len(given)), lower=True)
        across = self._covariance(asked, given)
        solved = cho_solve(factor, across.T)
        variance = 1 - (across.T * solved).sum(axis=0)
        return across @ cho_solve(factor, known), np.sqrt(variance.clip(min=0))

    def _covariance(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        def features(points: np.ndarray) -> np.ndarray:
            width = np.maximum(self.high, 1)
            return np.concatenate([np.sqrt(USED) * (points > 0), np.sqrt(VALUE) * points / width], axis=1)

        left, right = features(a), features(b)
        squared = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1) - 2 * left @ right.T
        return np.exp(-squared.clip(min=0))
