"""k -> infinity: every model votes its most probable answer, with that answer's probability as confidence."""

from dataclasses import dataclass

import numpy as np

from slmmux.orchestration.evaluation import by_priority, checked_accuracy
from slmmux.votes.draw_law import class_counts
from slmmux.votes.votes import Votes


@dataclass(frozen=True)
class Limit:
    """SLM-MUX at the end of the sample axis, each (Q,) float.

    rule:       Algorithm 1 applied to the probabilities themselves: confidence s_i = max_y P_i(y), ties
                between models to the larger validation accuracy, ties inside a model uniformly.
    low, high:  between these lies the limit of the accuracy as k -> infinity with independent samples.

    All three agree unless several models share the largest s_i < 1. There the rule is not the limit: at
    every finite k the shares f_i still fluctuate by about k^(-1/2), the comparison is decided by these
    fluctuations and almost never by the validation accuracy. Two models with s_1 = s_2 = 0.6, one right,
    have limit 1/2, whatever their validation accuracies. At s_i = 1 nothing fluctuates and the rule holds.
    """

    rule: np.ndarray
    low: np.ndarray
    high: np.ndarray


def limit(votes: Votes, validation_accuracy) -> Limit:
    """The limit with each pool taken as the model's distribution of answers, P_i(y) = count / n_i.

    Drawing whole pools without replacement gives `rule` exactly, which is the end of the measured sample
    axis. As an estimate of the model's own limit it carries the noise of n_i samples. It is no bound on
    fewer samples: where the most probable answer is wrong the limit is 0, and a few samples can be lucky.
    Raises InputError on validation accuracies that are missing or not (M,).
    """
    accuracy = checked_accuracy(votes, validation_accuracy)
    counts = class_counts(votes)[0]
    top = counts.max(axis=2, initial=0)
    on_top = (counts == top[..., None]) & (counts > 0)
    answers = on_top.sum(axis=2)
    right_share = (on_top & votes.right[:, None, :]).sum(axis=2) / np.maximum(answers, 1)

    # Shares of unequal pools, brought to one denominator so that equal ones are equal.
    whole = np.lcm.reduce(votes.pool.astype(np.int64))
    confidence = top * (whole // votes.pool)
    attains = confidence == confidence.max(axis=1, keepdims=True)
    order = by_priority(np.ones(len(votes.models)), accuracy)
    winner = np.array(order)[attains[:, order].argmax(axis=1)]
    rule = right_share[np.arange(len(winner)), winner]
    certain = confidence.max(axis=1) == whole
    settled = certain | (attains.sum(axis=1) == 1)
    low = np.where(attains, right_share, np.inf).min(axis=1)
    high = np.where(attains, right_share, -np.inf).max(axis=1)
    return Limit(rule, np.where(settled, rule, low), np.where(settled, rule, high))
