"""slmmux certainty BENCHMARK: how many questions a difference needs, and what choosing the subset costs.

Both of SLM-MUX on the subset that the paper's objective chooses on validation, and the second also of the subset that
is most accurate there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from slmmux.config import load_config
from slmmux.orchestration.evaluate import evaluate
from slmmux.orchestration.grid import equal_budgets
from slmmux.paths import CERTAINTY
from slmmux.result_files import write_tables
from slmmux.selection.subset_objective import rank_subsets
from slmmux.settings import CertaintySettings, EvaluationSettings
from slmmux.stages.compare import RIVALS
from slmmux.stages.study import load_splits
from slmmux.statistics.choosing import cross_fitted_choice, optimism, winner_interval
from slmmux.statistics.power import power_of, questions_needed, split_variance
from slmmux.tracking.record import Record
from slmmux.votes.votes import Votes


@dataclass(frozen=True)
class Candidates:
    """Every subset of two or more models, each member drawing k samples.

    correct: (subsets, Q) float, P(SLM-MUX is right) on validation. by_objective, by_accuracy: number of the subset
    that either criterion chooses there.
    """

    models: list[tuple[str, ...]]
    correct: np.ndarray
    by_objective: int
    by_accuracy: int


def candidates(validation: Votes, k: int) -> Candidates:
    """Raises InputError where k exceeds a pool."""
    names, accuracy = validation.models, validation.accuracy_per_question().mean(axis=0)
    sizes = range(2, len(names) + 1)
    subsets, correct = equal_budgets(validation, accuracy, [k], sizes)
    models = [tuple(names[m] for m in subset) for subset in subsets]
    best = max((scores[0] for scores in rank_subsets(validation, k, sizes).values()), key=lambda s: s.objective)
    number = next(i for i, members in enumerate(models) if set(members) == set(best.models))
    # Rounded, so that equal ones are equal on every machine.
    return Candidates(models, correct[:, 0], number, int(correct[:, 0].mean(axis=1).round(12).argmax()))


def power_table(
    splits: tuple[Votes, Votes], models: Sequence[str], settings: EvaluationSettings, certainty: CertaintySettings
) -> pd.DataFrame:
    """One row a number of samples k and rival, on the test questions; differences are shares of 1.

    difference, spread: of SLM-MUX minus the rival, mean and standard deviation over questions, draws averaged out.
    detectable: the smallest true difference that these questions see with 80 % power. needed: questions that see a
    difference of the size measured, empty for 0. needs_D_points: questions that see D points.
    question_share: of the variance of one run a question, what comes from questions; the rest comes from draws.
    twice_runs: by what share two runs of every question lower that variance; twice the questions halve it.
    """
    validation, test = (votes.take_models(list(models)) for votes in splits)
    rows, of = [], validation.accuracy_per_question().mean(axis=0)
    for k in range(1, int(min(validation.pool.min(), test.pool.min())) + 1):
        mux = evaluate(test, k, "slm_mux", of)
        for key, (rival, _) in RIVALS.items():
            other = evaluate(test, k, rival, of)
            power = power_of(mux.correct - other.correct, settings.confidence)
            split = split_variance(mux.correct, other.correct)
            rows.append(
                {
                    "samples": k,
                    "over": key,
                    "rival": rival,
                    "questions": power.questions,
                    "difference": power.difference,
                    "spread": power.spread,
                    "detectable": power.detectable,
                    "needed": power.needed if np.isfinite(power.needed) else np.nan,
                }
                | {
                    f"needs_{100 * points:g}_points": questions_needed(power.spread, points, settings.confidence)
                    for points in certainty.differences
                }
                | {
                    "question_share": split.share_of_questions,
                    "twice_runs": (1 - split.share_of_questions) / 2,
                    "note": other.note,
                }
            )
    return pd.DataFrame(rows)


def chosen_table(
    found: Candidates, splits: tuple[Votes, Votes], settings: EvaluationSettings, certainty: CertaintySettings
) -> pd.DataFrame:
    """One row a criterion: the subset it chooses on validation, how good it looked there and how good it is.

    candidates: subsets it chose from. validation_low, validation_high: an interval for its validation accuracy that
    holds although it was chosen (max-t over all subsets). optimism: validation minus test accuracy; optimism_se: its
    standard error. cross_fitted: accuracy on validation of "take the most accurate" when half of the questions choose
    and the other half measures, swapped, over halvings; cross_optimism: how much better the choices looked.
    """
    validation = splits[0]
    accuracy = dict(zip(validation.models, map(float, validation.accuracy_per_question().mean(axis=0))))
    winner = winner_interval(found.correct, settings.confidence, settings.bootstrap_resamples, settings.seed)
    crossed = cross_fitted_choice(found.correct, certainty.halvings, settings.seed)
    rows = []
    for criterion, number in (("objective", found.by_objective), ("accuracy", found.by_accuracy)):
        before, after = (
            evaluate(votes, settings.samples, "slm_mux", accuracy, models=found.models[number]) for votes in splits
        )
        gap, reach = optimism(before, after), winner.critical * before.accuracy_se
        rows.append(
            {
                "chosen_by": criterion,
                "models": " ".join(found.models[number]),
                "candidates": len(found.models),
                "validation_accuracy": gap.validation,
                "validation_low": gap.validation - reach,
                "validation_high": gap.validation + reach,
                "test_accuracy": gap.test,
                "test_accuracy_se": after.accuracy_se,
                "optimism": gap.optimism,
                "optimism_se": gap.se,
                "cross_fitted": crossed.accuracy if criterion == "accuracy" else np.nan,
                "cross_optimism": crossed.optimism if criterion == "accuracy" else np.nan,
            }
        )
    return pd.DataFrame(rows)


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("certainty", description=__doc__)
    parser.add_argument("benchmark")


def run(args) -> Record:
    config, name = load_config(), args.benchmark
    validation, test, inputs = load_splits(name)
    settings, splits = config.evaluation, (validation, test)
    if len(validation.models) > 1:
        found = candidates(validation, settings.samples)
        models, chosen = found.models[found.by_objective], chosen_table(found, splits, settings, config.certainty)
    else:
        models, chosen = validation.models, pd.DataFrame(columns=["chosen_by"])
    power = power_table(splits, models, settings, config.certainty)
    outputs = write_tables(CERTAINTY / name, {"power": power, "chosen": chosen})
    here = power[power["samples"] == settings.samples]
    metrics = {f"{row['over']}/detectable": float(row["detectable"]) for row in here.to_dict("records")}
    metrics |= {f"optimism/{row['chosen_by']}": float(row["optimism"]) for row in chosen.to_dict("records")}
    params = {"benchmark": name, "samples": settings.samples, "halvings": config.certainty.halvings}
    return Record(f"certainty@{name}", params | {"seed": settings.seed}, metrics, inputs, outputs, outputs)
