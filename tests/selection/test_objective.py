"""The search objective against counting, by each variant of the paper."""

from itertools import combinations, product

import numpy as np
import pytest
from drawn_votes import random_votes, small_votes, votes_of
from hypothesis import given, settings
from hypothesis import strategies as st

from slmmux.errors import InputError
from slmmux.orchestration import METHODS
from slmmux.orchestration.slm_mux import top_answers
from slmmux.selection.subset_objective import (
    ICLR_PACKAGE,
    PAPER,
    ObjectiveVariant,
    outcomes,
    per_question,
    rank_subsets,
    standard_errors,
)

# One question each; A is right. Two models, three samples.
A, B, C, NONE = 0, 1, 2, -1
QUESTIONS = votes_of(
    [
        [[A, A, A], [B, B, B]],  # correct against consistently wrong
        [[A, A, B], [B, B, C]],  # correct, other wrong but not consistently
        [[A, B, B], [B, B, B]],  # one right sample, outvoted
        [[A, A, B], [NONE] * 3],  # correct against all unparsed
        [[B, B, B], [C, C, C]],  # nobody correct
    ],
    [[True, False, False]] * 5,
)


@pytest.mark.parametrize(
    ("variant", "union", "contradiction", "objective"),
    [
        (PAPER, 3 / 5, 1 / 5, 2 / 5),
        (ObjectiveVariant(correct=1), 4 / 5, 2 / 5, 2 / 5),
        (ObjectiveVariant(correct=3), 1 / 5, 1 / 5, 0),
        (ObjectiveVariant(unparsed_is_wrong=True), 3 / 5, 2 / 5, 1 / 5),
        (ObjectiveVariant(contradiction_over="union_correct"), 3 / 5, 1 / 3, 3 / 5 - 1 / 3),
        (ObjectiveVariant(lambda_=0.5), 3 / 5, 1 / 5, 1 / 2),
        (ICLR_PACKAGE, 3 / 5, 2 / 3, 3 / 5 - 1 / 3),
    ],
)
def test_by_hand(variant, union, contradiction, objective):
    (score,) = rank_subsets(QUESTIONS, 3, variant=variant)[2]
    assert score.models == ("a", "b")
    assert score.union_accuracy == pytest.approx(union)
    assert score.contradiction == pytest.approx(contradiction)
    assert score.objective == pytest.approx(objective)


READINGS = st.builds(
    ObjectiveVariant,
    correct=st.sampled_from(["voted", 1, 2, 3]),
    contradiction_over=st.sampled_from(["all", "union_correct"]),
    unparsed_is_wrong=st.booleans(),
    lambda_=st.sampled_from([0.0, 0.5, 1.0]),
)


def counted(votes, question, subset, k, variant):
    """(P(union), P(contradiction)) of one question from all draws and tie-breaks."""
    right = votes.right[question]
    per_model = []
    for m in subset:
        outcomes = []
        for drawn in combinations(votes.classes[question, m, : votes.pool[m]].tolist(), k):
            _, tops = top_answers(drawn)
            number = sum(c >= 0 and bool(right[c]) for c in drawn)
            voted = right[tops].mean() if tops else 0.0
            correct = voted if variant.correct == "voted" else float(number >= variant.correct)
            same = len(set(drawn)) == 1 and number == 0
            outcomes.append((correct, float(same and (drawn[0] >= 0 or variant.unparsed_is_wrong))))
        per_model.append(outcomes)
    union = contradiction = 0.0
    draws = list(product(*per_model))
    for draw in draws:
        for is_correct in product([0, 1], repeat=len(draw)):
            chance = np.prod([c if yes else 1 - c for (c, _), yes in zip(draw, is_correct)])
            union += chance * any(is_correct)
            contradiction += chance * (any(is_correct) and any(w for _, w in draw))
    return union / len(draws), contradiction / len(draws)


@settings(deadline=None, max_examples=120)
@given(votes=small_votes(samples=3), variant=READINGS, data=st.data())
def test_equals_counting_every_draw(votes, variant, data):
    k = data.draw(st.integers(1, int(votes.pool.min())))
    for scores in rank_subsets(votes, k, sizes=range(1, 4), variant=variant).values():
        for score in scores:
            subset = [votes.models.index(m) for m in score.models]
            per_question = [counted(votes, q, subset, k, variant) for q in range(len(votes.question_ids))]
            union, contradiction = np.mean(per_question, axis=0)
            if variant.contradiction_over == "union_correct":
                contradiction = contradiction / union if union else 0
            assert score.union_accuracy == pytest.approx(union, abs=1e-12)
            assert score.contradiction == pytest.approx(contradiction, abs=1e-9)


def test_union_of_voted_answers_is_the_oracle():
    votes = random_votes(3, questions=40, models=4, samples=6)
    best = rank_subsets(votes, 3, sizes=[4])[4][0]
    assert best.union_accuracy == pytest.approx(METHODS["oracle"].evaluate(votes, [3] * 4, None).accuracy)


def test_search_is_exhaustive_and_sorted():
    votes = random_votes(3, questions=40, models=5, samples=6)
    found = rank_subsets(votes, 3)
    assert {size: len(scores) for size, scores in found.items()} == {2: 10, 3: 10, 4: 5, 5: 1}
    for scores in found.values():
        assert [s.objective for s in scores] == sorted((s.objective for s in scores), reverse=True)
        assert len({s.models for s in scores}) == len(scores)
    correct, wrong = outcomes(votes, 3)
    assert (correct + wrong <= 1 + 1e-12).all()


@pytest.mark.parametrize("variant", [PAPER, ObjectiveVariant(lambda_=2), ICLR_PACKAGE])
def test_standard_errors_are_the_bootstraps(variant):
    votes = random_votes(3, questions=400, models=3, samples=6)
    union, both = per_question([0, 1, 2], *outcomes(votes, 3, variant))
    rng = np.random.default_rng(0)
    picked = rng.integers(0, 400, (4000, 400))
    unions, contradictions = union[picked].mean(axis=1), both[picked].mean(axis=1)
    if variant.contradiction_over == "union_correct":
        contradictions = contradictions / unions
    resampled = unions, contradictions, unions - variant.lambda_ * contradictions
    expected = [values.std() for values in resampled]
    assert standard_errors(union, both, variant) == pytest.approx(expected, rel=0.06)
    assert np.isnan(standard_errors(union[:1], both[:1], variant)).all()


def test_refusals():
    for wrong in ({"correct": 0}, {"correct": "any"}, {"contradiction_over": "some"}, {"lambda_": -1.0}):
        with pytest.raises(InputError):
            ObjectiveVariant(**wrong)
    with pytest.raises(InputError, match="no subset size fits 2 models"):
        rank_subsets(QUESTIONS, 3, sizes=[3])
    with pytest.raises(InputError, match="its pool"):
        rank_subsets(QUESTIONS, 4)
