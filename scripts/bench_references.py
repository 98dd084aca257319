"""The exact laws as one would first write them, question by question: what `make bench` compares the fast ones with."""

from fractions import Fraction
from itertools import product
from math import ceil, comb, prod

import numpy as np

from slmmux.votes.draw_law import class_counts, laws_of
from slmmux.votes.votes import Votes


def plain_forest_law(votes: Votes, members: list[int], k: int) -> np.ndarray:
    """(Q,) P(Agent Forest is right): the generating function of slmmux.orchestration.pooled_law for each question and
    each number t of votes that may win, with all powers of y. Each member draws k, less than its pool."""
    counts, unparsed = class_counts(votes)
    found = np.zeros(len(counts))
    for q, right in enumerate(votes.right):
        of_answers = counts[q, members].T
        seen = of_answers.any(axis=1)
        wrong, correct = (of_answers[seen & chosen].tolist() for chosen in (~right, right))
        nothing, blank = np.zeros([k + 1] * len(members)), np.ones(())
        nothing.flat[0] = 1.0
        for u in unparsed[q, members].tolist():
            blank = np.multiply.outer(blank, [float(comb(u, j)) for j in range(k + 1)])
        for t in range(1, max((sum(min(c, k) for c in answer) for answer in correct), default=0) + 1):
            ties = len(members) * k // t
            lost = _with_answers(blank, wrong, k, t, min(len(wrong), ties))
            won = _with_answers(nothing, correct, k, t, min(len(correct), ties))
            met = lost.reshape(len(lost), -1) @ won.reshape(len(won), -1)[:, ::-1].T
            w, g = np.mgrid[0 : len(lost), 0 : len(won)]
            found[q] += float((met * g / np.maximum(w + g, 1)).sum())
    return found / prod(comb(int(votes.pool[m]), k) for m in members)


def _with_answers(start: np.ndarray, answers: list[list[int]], k: int, t: int, ties: int) -> np.ndarray:
    """(ties + 1, *(k + 1)): start times every answer's factor, in which none has more than t votes."""
    out = np.zeros((ties + 1, *start.shape))
    out[0] = start
    for counts in answers:
        factor, out = out, np.zeros_like(out)
        for j in product(*(range(min(count, k) + 1) for count in counts)):
            if sum(j) > t:
                continue
            to, of = tuple(slice(i, None) for i in j), tuple(slice(None, k + 1 - i) for i in j)
            ways = float(prod(map(comb, counts, j)))
            if sum(j) == t:
                out[(slice(1, None), *to)] += ways * factor[(slice(None, -1), *of)]
            else:
                out[(slice(None), *to)] += ways * factor[(slice(None), *of)]
    return out


def plain_cascade_law(votes: Votes, budget, order: list[int], threshold: Fraction, accuracy) -> np.ndarray:
    """(Q,) P(a cascade is right), see slmmux.orchestration.cascade; with threshold 1 and `order` by falling accuracy
    it is SLM-MUX. The models' own laws are known."""
    laws = {m: laws_of(votes).of(m, int(budget[m])) for m in order}
    tables = {m: (law.mass.T.tolist(), law.right.T.tolist()) for m, law in laws.items()}
    priority = sorted(order, key=lambda m: -accuracy[m])
    enough = {m: max(1, ceil(threshold * int(budget[m]))) for m in order}
    found = np.zeros(len(votes.question_ids))
    for q in range(len(found)):
        going_on = 1.0
        for m in order:
            mass, right = tables[m][0][q], tables[m][1][q]
            found[q] += going_on * sum(right[enough[m] :])
            going_on *= sum(mass[: enough[m]])
        for i, m in enumerate(priority):
            for t in range(enough[m]):
                probability = tables[m][1][q][t]
                for j, other in enumerate(priority):
                    if other != m and probability:
                        # t/k of the one against s/k of the other; the preferred one wins a tie.
                        reach = t * int(budget[other])
                        k = int(budget[m])
                        last = (reach - (1 if j < i else 0)) // k
                        probability *= sum(tables[other][0][q][: min(last + 1, enough[other])])
                found[q] += probability
    return found
