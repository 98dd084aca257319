"""Rules of thumb that predict the sign of a gain, and how often they err on subsets of models they never saw."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

# Eigenvalues of the normal equations, as a share of the largest, that count as 0.
SMALLEST = 1e-13
# Digits of a mean or fitted gain whose sign is looked at.
DIGITS = 12


@dataclass(frozen=True)
class Threshold:
    """Orchestrate where sign * value > sign * limit. error: share of wrong signs where it was fitted."""

    limit: float
    sign: int
    error: float

    def predict(self, values: np.ndarray) -> np.ndarray:
        """Whether the gain is positive, as values' shape of bools."""
        return self.sign * values > self.sign * self.limit


def best_threshold(values: np.ndarray, positive: np.ndarray) -> Threshold:
    """The limit with the fewest wrong signs. values: (S,) float; positive: (S,) bool. Of equal ones the first.

    The limits tried are halfway between neighbouring values, and one on each side of all.
    """
    order = np.argsort(values, kind="stable")
    return _threshold_of(values[order], positive[order])


def _threshold_of(ordered: np.ndarray, positive: np.ndarray) -> Threshold:
    """best_threshold of values in rising order."""
    number = len(ordered)
    # Errors of "positive above the limit" with i values below it: positives below and negatives above.
    wrong = np.arange(number, -1, -1) - np.count_nonzero(positive)
    wrong[1:] += 2 * np.cumsum(positive)
    # A limit between equal values separates nothing.
    apart = np.flatnonzero(ordered[1:] > ordered[:-1]) + 1
    tried = np.concatenate([[0], apart, [number]])
    here = wrong[tried]
    up, down = int(here.argmin()), int(here.argmax())
    if here[up] <= number - here[down]:
        sign, errors, place = 1, here[up], tried[up]
    else:
        sign, errors, place = -1, number - here[down], tried[down]
    if place in (0, number):
        limit = ordered[0] - 1 if place == 0 else ordered[-1] + 1
    else:
        limit = (ordered[place] + ordered[place - 1]) / 2
    return Threshold(float(limit), sign, errors / number)


def held_out_errors(features: dict[str, np.ndarray], gain: np.ndarray, subsets: np.ndarray) -> pd.DataFrame:
    """One row a rule: 'always', a threshold on each feature, and 'linear', the sign of a least-squares fit of the gain.

    features: name → (S,) float; gain: (S,) float; subsets: (S, size) model numbers. Every subset is predicted by a
    rule fitted on the subsets that share no model with it. Columns: rule, limit and side ('above' or 'below', where
    it says to orchestrate) fitted on all subsets, error (in sample), held_out_error, and held_out_loss: mean gain
    that is missed or lost by following the rule, against knowing each sign.
    """
    positive = gain > 0
    member = np.zeros((len(subsets), int(subsets.max()) + 1))
    member[np.arange(len(subsets))[:, None], subsets] = 1
    seen = member @ member.T == 0
    columns = np.column_stack([np.ones(len(gain)), *features.values()])
    fits = _fits(columns, gain, seen)
    # Rounded, since matrix products add in an order that depends on the processor.
    said = {"always": (seen @ gain).round(DIGITS) > 0, "linear": (columns * fits).sum(axis=1).round(DIGITS) > 0}
    for name, values in features.items():
        order = np.argsort(values, kind="stable")
        ordered, hits = values[order], positive[order]
        said[name] = np.zeros(len(gain), dtype=bool)
        for i, known in enumerate(seen[:, order]):
            said[name][i] = _threshold_of(ordered[known], hits[known]).predict(values[i])
    fitted = {name: best_threshold(values, positive) for name, values in features.items()}
    whole = (columns * _fits(columns, gain, np.ones((1, len(gain)), dtype=bool))).sum(axis=1).round(DIGITS) > 0
    inside = {"always": float((positive != (gain.mean() > 0)).mean()), "linear": float((whole != positive).mean())}
    return pd.DataFrame(
        [
            {
                "rule": name,
                "limit": fitted[name].limit if name in fitted else np.nan,
                "side": ("above" if fitted[name].sign > 0 else "below") if name in fitted else "",
                "error": fitted[name].error if name in fitted else inside[name],
                "held_out_error": float((answer != positive).mean()),
                "held_out_loss": float(np.where(answer != positive, np.abs(gain), 0).mean()),
            }
            for name, answer in ((name, said[name]) for name in ("always", *features, "linear"))
        ]
    )


def _fits(columns: np.ndarray, gain: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """(fits, C) float: for each row of `seen` (fits, S) the least-squares fit of the gain on the columns (S, C) there.

    By the normal equations, whose sums over what is seen are one matrix product for all fits; of several solutions the
    shortest.
    """
    width = columns.shape[1]
    products = (columns[:, :, None] * np.column_stack([columns, gain])[:, None]).reshape(len(gain), -1)
    sums = (seen @ products).reshape(len(seen), width, width + 1)
    return np.array([np.linalg.lstsq(one[:, :-1], one[:, -1], rcond=SMALLEST)[0] for one in sums])
