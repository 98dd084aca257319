"""slmmux objective_on_pools BENCHMARK: whether the paper's objective O(S) ranks pairs and triples of real models.

Over all subsets of the sizes of the map, k samples a model: rank correlation of O(S) on validation with exact
accuracy on test, for several lambda and both readings; of exact accuracy on validation; and of the members' mean
accuracy, which knows nothing of how they work together. What each one's choice gives away, and how much better a
choice looks on validation than it is.
"""

from itertools import combinations

import numpy as np
import pandas as pd

from slmmux.config import load_config
from slmmux.orchestration.grid import equal_budgets
from slmmux.paths import OBJECTIVE
from slmmux.result_files import write_results
from slmmux.selection.budget_objectives import DIGITS
from slmmux.selection.objective_quality import READINGS, Subsets, objective_quality
from slmmux.selection.subset_objective import outcomes, per_question
from slmmux.settings import EvaluationSettings, MapSettings
from slmmux.stages.study import flat, load_splits
from slmmux.theory.intervals import resampled_questions
from slmmux.theory.majority import self_consistency
from slmmux.tracking.record import Record
from slmmux.votes.votes import Votes

MEMBERS = "members"


def subsets_of_sizes(validation: Votes, test: Votes, k: int, sizes: list[int]) -> Subsets:
    """All subsets of these sizes, with what objective_quality needs. Raises InputError where k exceeds a pool."""
    accuracy = validation.accuracy()
    members = [s for size in sorted(sizes) for s in combinations(range(len(test.models)), size)]
    correct, union, contradiction = {}, {}, {}
    for split, votes in (("validation", validation), ("test", test)):
        found, values = equal_budgets(votes, accuracy, [k], sizes)
        row = {subset: i for i, subset in enumerate(found)}
        correct[split] = values[[row[subset] for subset in members], 0]
    for name, variant in READINGS.items():
        tables = outcomes(validation, k, variant)
        both = np.array([per_question(subset, *tables) for subset in members])
        union[name], contradiction[name] = both[:, 0], both[:, 1]
    return Subsets(members, validation.models, correct, union, contradiction)


def objective_table(
    subsets: Subsets,
    validation: Votes,
    test: Votes,
    k: int,
    lambdas: list[float],
    evaluation: EvaluationSettings,
    settings: MapSettings,
) -> pd.DataFrame:
    """The columns of selection.objective_quality, with the criterion 'members' (mean accuracy of the members), and

    over_best:  test accuracy of the chosen subset minus that of the best single model's self-consistency with as
                many samples in all, the best model by validation; over_best_se its standard error over questions.
    """
    singles = validation.accuracy_per_question()
    mean_of_members = np.array([singles[:, list(members)].mean(axis=1) for members in subsets.members])
    few = evaluation.model_copy(update={"bootstrap_resamples": settings.objective_resamples})
    table = objective_quality(subsets, lambdas, few, {MEMBERS: mean_of_members})
    row_of = {" ".join(subsets.models[m] for m in members): i for i, members in enumerate(subsets.members)}
    best, added = int(singles.mean(axis=0).argmax()), []
    for name in table["chosen"]:
        chosen = row_of[name]
        total = min(k * len(subsets.members[chosen]), int(test.pool[best]))
        gap = subsets.correct["test"][chosen] - self_consistency(test, total)[:, best]
        added.append((gap.mean(), gap.std(ddof=1) / np.sqrt(len(gap))))
    return table.assign(**dict(zip(("over_best", "over_best_se"), np.transpose(added))))


def winners_curse(
    subsets: Subsets, validation: Votes, test: Votes, k: int, evaluation: EvaluationSettings, settings: MapSettings
) -> pd.DataFrame:
    """One row a set of candidates: what choosing the most accurate of them on validation costs.

    candidates:  'models' (each alone, self-consistency of k samples), or the subsets of one size; number: how many.
    validation_accuracy, test_accuracy:  of the winner. regret: the best candidate's test accuracy minus the winner's.
    optimism:    how much better a winner looks than it is: the mean over bootstrap resamples of validation of the
                 winner's accuracy on the resample minus its accuracy on all of validation.
    """
    sizes = np.array([len(members) for members in subsets.members])
    correct = {"models": {"validation": self_consistency(validation, k).T, "test": self_consistency(test, k).T}}
    for size in sorted(set(sizes.tolist())):
        correct[f"subsets of {size}"] = {split: values[sizes == size] for split, values in subsets.correct.items()}
    weights = resampled_questions(len(validation.question_ids), settings.objective_resamples, evaluation.seed)
    rows = []
    for name, found in correct.items():
        accuracy = {split: values.mean(axis=1).round(DIGITS) for split, values in found.items()}
        resampled = (weights @ found["validation"].T).round(DIGITS)
        won = resampled.argmax(axis=1)
        winner = int(accuracy["validation"].argmax())
        rows.append(
            {
                "candidates": name,
                "number": len(accuracy["test"]),
                "validation_accuracy": accuracy["validation"][winner],
                "optimism": float((resampled.max(axis=1) - accuracy["validation"][won]).mean()),
                "test_accuracy": accuracy["test"][winner],
                "regret": accuracy["test"].max() - accuracy["test"][winner],
            }
        )
    return pd.DataFrame(rows)


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("objective_on_pools", description=__doc__)
    parser.add_argument("benchmark")


def run(args) -> Record:
    config, name = load_config(), args.benchmark
    validation, test, inputs = load_splits(name)
    k, lambdas = config.map.rule_samples, config.search.lambdas
    subsets = subsets_of_sizes(validation, test, k, config.map.sizes)
    table = objective_table(subsets, validation, test, k, lambdas, config.evaluation, config.map)
    curse = winners_curse(subsets, validation, test, k, config.evaluation, config.map)
    metrics = {}
    for row in table.to_dict("records"):
        label = row["criterion"] + ("" if np.isnan(row["lambda"]) else f"_{row['lambda']:g}")
        for key in ("rank_test", "loss", "over_best"):
            metrics[f"{label}/size_{row['sizes']}/{key}"] = float(row[key])
    for row in curse.to_dict("records"):
        for key in ("optimism", "regret"):
            metrics[f"chosen_of/{row['candidates'].replace(' ', '_')}/{key}"] = float(row[key])
    outputs = write_results(OBJECTIVE / name, {"objective": table, "winners_curse": curse}, metrics)
    params = {"benchmark": name, "samples": k, "lambdas": ",".join(map(str, lambdas))}
    params |= flat(config.map.model_dump(include={"sizes", "objective_resamples"})) | {"seed": config.evaluation.seed}
    return Record(f"objective_on_pools@{name}", params, metrics, inputs, outputs, outputs)
