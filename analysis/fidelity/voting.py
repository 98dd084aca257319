"""What the released variants of Algorithm 1 and of the search do to the test accuracy (paper, section 6)."""

from dataclasses import replace

import numpy as np

from analysis.fidelity.departure import Departure
from analysis.results import percent
from slmmux.orchestration import METHODS
from slmmux.orchestration.evaluate import evaluate
from slmmux.released_code import algorithm_1
from slmmux.released_code.algorithm_1 import Algorithm1Variant
from slmmux.selection import subset_objective as objective
from slmmux.selection.subset_objective import rank_subsets
from slmmux.votes.draw_law import draw_law
from slmmux.votes.votes import Votes

OLDER, ICLR, BOTH = "older scripts", "ICLR package", "both"


def voting(validation: Votes, test: Votes, k: int, seed: int) -> list[Departure]:
    """Algorithm 1 with all models and k samples each, one matter changed at a time, and each release as a whole.

    Expectations over draws and tie-breaks, exact; the pooled plurality is simulated (seeded) where its exact
    law would take too long, and its evaluation says so. Raises InputError where k exceeds a pool.
    """
    accuracy, budget = validation.accuracy(), np.full(len(test.models), k)
    ours = algorithm_1.evaluate(test, budget, accuracy)

    def row(key, matter, release, paper, released, variant: Algorithm1Variant, note: str = "") -> Departure:
        theirs = algorithm_1.evaluate(test, budget, accuracy, variant)
        return Departure(key, "voting", matter, release, paper, released, ours, theirs, note)

    listed = f"The list: {', '.join(test.models)}."
    found = [
        row(
            "parsed_denominator", "confidence", ICLR, "share of the k samples", "share of the samples that were read",
            Algorithm1Variant(confidence_over="parsed"), f"{_percent(_unparsed(test))} of the samples were not read.",
        ),
        row(
            "empty_answer", "all samples unread", OLDER, "confidence 0", "an empty answer with confidence 1",
            Algorithm1Variant(empty_answer_votes=True),
        ),
        row(
            "first_come", "tie inside a model", OLDER, "random", "the answer that came first",
            Algorithm1Variant(answers_tie_by="first_come"),
            f"A model's top answers tie in {_percent(_self_ties(test, k))} of the draws. Samples are exchangeable, "
            "so the expectations are equal.",
        ),
        row(
            "list_order", "tie between models", BOTH, "validation accuracy", "order of the model list",
            Algorithm1Variant(models_tie_by="list_order"),
            f"Models tie in {_percent(ours.tie_probability.mean())} of the draws. {listed}",
        ),
    ]  # fmt: skip
    early = row(
        "early_exit", "early exit", OLDER, "none", "stops when the models' first answers agree",
        Algorithm1Variant(early_exit=True),
    )  # fmt: skip
    pooled = METHODS["best_supporter"].evaluate(test, budget, accuracy, seed=seed)
    found += [
        replace(early, note=_tokens(early)),
        Departure(
            "pooled_plurality", "voting", "simulation called SLM-MUX", ICLR, "the most confident model",
            "plurality of all samples, ties to the best supporter", ours, pooled, _simulated(pooled),
        ),
    ]  # fmt: skip
    older = row(
        "older_scripts", "all of it together", OLDER, "Algorithm 1", "all departures of the older scripts",
        algorithm_1.OLDER_SCRIPTS,
    )  # fmt: skip
    package = row(
        "iclr_package", "all of it together", ICLR, "Algorithm 1", "all departures of the ICLR package",
        algorithm_1.ICLR_PACKAGE, "With its presets, which give no validation accuracies: ties go by the list.",
    )  # fmt: skip
    return [*found, replace(older, note=_tokens(older)), package]


def searching(validation: Votes, test: Votes, k: int) -> list[Departure]:
    """The subset that each variant of O(S) picks on validation, and SLM-MUX's test accuracy with it.

    The subset is the best of any size from 2 on. The first search is the paper's with the voted answer as
    what makes a model correct. Empty with fewer than two models. Raises InputError where k exceeds a pool.
    """
    if len(validation.models) < 2:
        return []
    accuracy = dict(zip(validation.models, validation.accuracy()))
    sizes = range(2, len(validation.models) + 1)

    def chosen(variant: objective.ObjectiveVariant) -> tuple[str, ...]:
        best = [scores[0] for scores in rank_subsets(validation, k, sizes, variant).values()]
        return max(best, key=lambda score: score.objective).models

    def measured(models: tuple[str, ...]):
        return evaluate(test, k, "slm_mux", accuracy, models=models)

    paper = objective.PAPER
    our_subset = chosen(paper)
    ours = measured(our_subset)
    found = []
    for key, matter, our_words, their_words, variant in (
        ("correct_twice", "search: correct model", "its voted answer is right", "at least 2 samples are right",
         replace(paper, correct=2)),
        ("over_union_correct", "search: contradiction", "share of all questions", "share of the union-correct ones",
         replace(paper, contradiction_over="union_correct")),
        ("empty_is_wrong", "search: consistently wrong", "agrees on a wrong answer", "empty answers that agree, too",
         replace(paper, unparsed_is_wrong=True)),
        ("half_lambda", "search: λ", "1", "0.5", replace(paper, lambda_=0.5)),
        ("iclr_search", "search: all of it together", "the paper's", "all departures of the ICLR package",
         objective.ICLR_PACKAGE),
    ):  # fmt: skip
        theirs = chosen(variant)
        if theirs == our_subset:
            note = f"The same subset: {', '.join(theirs)}."
        else:
            note = f"{', '.join(theirs)} instead of {', '.join(our_subset)}."
        found.append(Departure(key, "search", matter, ICLR, our_words, their_words, ours, measured(theirs), note))
    return found


def _percent(share: float) -> str:
    return f"{percent(share)} %"


def _unparsed(votes: Votes) -> float:
    """Share of all samples that could not be read."""
    padding = (votes.classes.shape[2] - votes.pool).sum() * len(votes.question_ids)
    drawn = votes.pool.sum() * len(votes.question_ids)
    return float(((votes.classes < 0).sum() - padding) / drawn)


def _self_ties(votes: Votes, k: int) -> float:
    """P(two or more answers share a model's top count), over questions and models."""
    law = draw_law(votes, [k])
    return float(np.mean([law.of(m, k)[2].mean() for m in range(len(votes.models))]))


def _tokens(row: Departure) -> str:
    before, after = float(row.ours.tokens.mean()), float(row.theirs.tokens.mean())
    if not np.isfinite(before) or not before:
        return ""
    return f"Tokens per question {before:.0f} → {after:.0f} ({percent(after / before - 1, True)} %)."


def _simulated(evaluation) -> str:
    if evaluation.simulation_se is None:
        return ""
    return f"Simulated, with a standard error of {percent(evaluation.simulation_se, digits=2)} points."
