"""Rules of thumb that predict the sign of a gain, and how often they err on subsets of models they never saw."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


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
    ordered, hits = values[order], positive[order]
    between = np.concatenate([[ordered[0] - 1], (ordered[1:] + ordered[:-1]) / 2, [ordered[-1] + 1]])
    # Errors of "positive above the limit": positives below it and negatives above.
    below = np.concatenate([[0], np.cumsum(hits)])
    above = (~hits).sum() - np.concatenate([[0], np.cumsum(~hits)])
    wrong = below + above
    # A limit between equal values separates nothing.
    apart = np.concatenate([[True], ordered[1:] > ordered[:-1], [True]])
    wrong_up, wrong_down = (
        np.where(apart, wrong, len(values) + 1),
        np.where(apart, len(values) - wrong, len(values) + 1),
    )
    up, down = int(wrong_up.argmin()), int(wrong_down.argmin())
    if wrong_up[up] <= wrong_down[down]:
        return Threshold(float(between[up]), 1, wrong_up[up] / len(values))
    return Threshold(float(between[down]), -1, wrong_down[down] / len(values))


def held_out_errors(features: dict[str, np.ndarray], gain: np.ndarray, subsets: np.ndarray) -> pd.DataFrame:
    """One row a rule: 'always', a threshold on each feature, and 'linear', the sign of a least-squares fit of the gain.

    features: name → (S,) float; gain: (S,) float; subsets: (S, size) model numbers. Every subset is predicted by a
    rule fitted on the subsets that share no model with it. Columns: rule, limit and side ('above' or 'below', where
    it says to orchestrate) fitted on all subsets, error (in sample), held_out_error, and held_out_loss: mean gain
    that is missed or lost by following the rule, against knowing each sign.
    """
    positive = gain > 0
    member = np.zeros((len(subsets), int(subsets.max()) + 1), dtype=bool)
    member[np.arange(len(subsets))[:, None], subsets] = True
    columns = np.column_stack([np.ones(len(gain)), *features.values()])
    said = {name: np.zeros(len(gain), dtype=bool) for name in ("always", *features, "linear")}
    for i, subset in enumerate(subsets):
        seen = ~member[:, subset].any(axis=1)
        said["always"][i] = gain[seen].mean() > 0
        for name, values in features.items():
            said[name][i] = best_threshold(values[seen], positive[seen]).predict(values[i])
        said["linear"][i] = columns[i] @ np.linalg.lstsq(columns[seen], gain[seen], rcond=None)[0] > 0
    fitted = {name: best_threshold(values, positive) for name, values in features.items()}
    whole = columns @ np.linalg.lstsq(columns, gain, rcond=None)[0] > 0
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
            for name, answer in said.items()
        ]
    )
