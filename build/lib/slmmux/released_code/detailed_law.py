"""The exact law of one model's vote together with how many of its samples are unparsed, or with its first answer.

As in slmmux.votes.draw_law, but the unparsed samples are kept apart: u of them are drawn in C(U, u) ways, and the
other k - u come from the parsed samples, in [x^(k-u)] prod_c E_t(c; x) ways. If the first sample is known to
be of class a, the other k - 1 come from the rest of the pool and a has one vote already: its factor is

    sum_{j < t-1} C(c_a - 1, j) x^j     where it stays below t,
    C(c_a - 1, t-1) x^(t-1)             where it is on top,

and P(first sample is a) = c_a / n.
"""

import numpy as np

from slmmux.votes.draw_law import binomials, class_counts, largest_first, times_class
from slmmux.votes.votes import Votes


def detailed_law(votes: Votes, model: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    """(mass, right), each (Q, k+1, k+1): by unparsed samples u and top count t among the k drawn.

    mass: P(u samples are unparsed, the top answer is seen t times). right: P(that, and the voted answer is
    right), tied top answers broken uniformly.
    """
    counts, unparsed = class_counts(votes)
    return _law(counts[:, model], unparsed[:, model], votes.right, k, None, False)


def first_answer_law(
    votes: Votes, model: int, k: int, questions: np.ndarray, answers: np.ndarray, first_come: bool
) -> tuple[np.ndarray, np.ndarray]:
    """(mass, right), each (R, k+1, k+1), as detailed_law's, jointly with "the first sample is of this class".

    questions, answers: (R,) ints, question number and class. The class must be in the model's pool.
    first_come: of tied top answers the first is voted. That is this class where it is on top; tied answers
    among the later samples are as likely to come first. False: one of them at random.
    """
    counts, unparsed = class_counts(votes)
    return _law(counts[questions, model], unparsed[questions, model], votes.right[questions], k, answers, first_come)


def _law(counts, unparsed, right_class, k: int, first, first_come: bool) -> tuple[np.ndarray, np.ndarray]:
    """counts (R, C), unparsed (R,), right_class (R, C); first (R,) classes, or None."""
    rows, n = np.arange(len(counts)), counts.sum(axis=1) + unparsed
    choose = binomials(int(n.max(initial=0)), k)
    mass, right = np.zeros((2, len(counts), k + 1, k + 1))
    if first is None:
        held, held_right, rest, left = None, None, counts, k
        weight = 1 / choose[n, k]
        mass[:, k, 0] = choose[unparsed, k] * weight
    else:
        held, held_right, rest, left = counts[rows, first], right_class[rows, first], counts.copy(), k - 1
        rest[rows, first] = 0
        weight = held / n / choose[n - 1, left]
    right_counts, wrong_counts = (largest_first((rest * of)[:, None])[:, 0] for of in (right_class, ~right_class))
    for t in range(1, k + 1):
        for start, on_top in _starts(held, choose, t, left, len(counts)):
            ways = _others(start, wrong_counts, right_counts, choose, t, k)
            m, g = np.mgrid[0 : ways.shape[1], 0 : ways.shape[2]][:, :, :, None]
            if not on_top:
                counted, share = m + g > 0, g / np.maximum(m + g, 1)
            elif first_come:
                counted, share = m + g >= 0, held_right
            else:
                counted, share = m + g >= 0, (g + held_right) / (m + g + 1)
            for u in range(left + 1):
                drawn = ways[left - u] * choose[unparsed, u] * weight
                mass[:, u, t] += (drawn * counted).sum(axis=(0, 1))
                right[:, u, t] += (drawn * share).sum(axis=(0, 1))
    return mass, right


def _starts(held, choose, t: int, left: int, rows: int):
    """(polynomial (left+1, rows) of the class of the first sample, whether that class is on top at t)."""
    below = np.zeros((left + 1, rows))
    if held is None:
        below[0] = 1
        yield below, False
        return
    top = np.zeros_like(below)
    below[: t - 1] = choose[held - 1, : t - 1].T
    top[t - 1] = choose[held - 1, t - 1]
    yield below, False
    yield top, True


def _others(start, wrong_counts, right_counts, choose, t: int, k: int) -> np.ndarray:
    """(x, y, z, rows): the start times every other class's factor, y and z marking wrong and right ones on top."""
    ties = (min(counts.shape[1], k // t) + 1 for counts in (wrong_counts, right_counts))
    ways = np.zeros((len(start), *ties, start.shape[1]))
    ways[:, 0, 0] = start
    for classes, axis in ((wrong_counts, 1), (right_counts, 2)):
        for c in classes.T:
            ways = times_class(ways, choose[c].T, int(c.max(initial=0)), t, axis)
    return ways
