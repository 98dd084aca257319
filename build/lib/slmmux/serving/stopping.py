"""Lossless stopping on one question: which samples can still change SLM-MUX's answer.

Algorithm 1 takes the model whose most common answer has the largest share of its k samples; of equal shares, the
model that comes first in the order of the tie-break. With some samples there, model i's share in the end is one of

    low_i = top_i / k_i   ..   high_i = (top_i + missing_i) / k_i,

where top_i counts its most common answer so far and missing_i the samples that are not there.

Model i *can win* if no other model j certainly beats it, that is, if there is no j with low_j > high_i, nor with
low_j = high_i where j comes first. Claim: a model that cannot win does not win, and one that can win does so for
some of the samples to come. The first half: share_j >= low_j and high_i >= share_i, so j is preferred to i whatever
comes. The second: let every missing sample of i give its most common answer and every other missing sample be
unreadable; then the shares are high_i and low_j, and no j is preferred to i.

Some model always can win: of those with the largest low, the first in order. If it is the only one, it wins, and
its answer is certain once its most common answer leads the next by more than its missing samples (or none is
missing): a later sample can then neither overtake nor tie it. With a smaller lead, the missing samples could all
go to the second answer, which then ties or leads. So `needed` is empty exactly when the winner and its most common
answers are the same whatever comes, and stopping there gives SLM-MUX's own answer on every draw (section 1,
Algorithm 1). The special case of whole models: all samples of the first model read and equal, so low_1 = 1, which
no later model can beat.
"""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from slmmux.orchestration.slm_mux import decide
from slmmux.votes.votes import UNPARSED


def needed(classes: Sequence[Sequence[int]], samples: Sequence[int]) -> list[int]:
    """The models whose missing samples can still change the winner or its answer; none: the answer is certain.

    classes: the answer classes (ints, UNPARSED for a sample that could not be read) of the samples that are there,
    one sequence a model, models in the order of the tie-break. samples: k of each model, at least 1. A model that
    is not needed now is not needed later.
    """
    counts = [sorted(Counter(c for c in drawn if c != UNPARSED).values(), reverse=True) for drawn in classes]
    missing = [k - len(drawn) for drawn, k in zip(classes, samples)]
    top = [count[0] if count else 0 for count in counts]
    low = [Fraction(t, k) for t, k in zip(top, samples)]
    high = [Fraction(t + m, k) for t, m, k in zip(top, missing, samples)]
    can_win = [
        i
        for i in range(len(classes))
        if not any(low[j] > high[i] or (low[j] == high[i] and j < i) for j in range(len(classes)) if j != i)
    ]
    if len(can_win) == 1:
        (winner,) = can_win
        lead = top[winner] - (counts[winner][1] if len(counts[winner]) > 1 else 0)
        if missing[winner] == 0 or lead > missing[winner]:
            return []
    return [i for i in can_win if missing[i]]


def outcome(classes: Sequence[Sequence[int]], samples: Sequence[int]) -> tuple[int, list[int], Fraction]:
    """SLM-MUX's winner and its most common answers, as soon as no model is needed: (model, answers, confidence).

    Missing samples count as unreadable, which by the above changes neither. The confidence is the winner's low:
    its share where all its samples are there, else a share it has at least. Arguments as in `needed`.
    """
    padded = [[*drawn, *[UNPARSED] * (k - len(drawn))] for drawn, k in zip(classes, samples)]
    # In the order of the tie-break: the first model of equal confidence wins.
    winner, answers, _ = decide(padded, [0.0] * len(padded))
    return winner, answers, Fraction(padded[winner].count(answers[0]) if answers else 0, samples[winner])
