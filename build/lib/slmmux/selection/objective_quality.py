"""How good the paper's search objective is (section 2): does it rank subsets as their accuracy does?

Over all subsets of two or more models that draw k samples each: rank correlation between O(S) on the
validation split and SLM-MUX's exact accuracy on validation and on test, for each variant and lambda; and
the same for the direct search, which ranks by exact accuracy on validation.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from slmmux.orchestration.grid import equal_budgets
from slmmux.selection.budget_objectives import DIGITS
from slmmux.selection.subset_objective import ICLR_PACKAGE, PAPER, ObjectiveVariant, outcomes, per_question
from slmmux.settings import EvaluationSettings
from slmmux.votes.votes import Votes

READINGS = {"paper": PAPER, "iclr_package": ICLR_PACKAGE}
DIRECT = "direct"
MEASURES = ("rank_validation", "rank_test", "loss")
QUALITY_COLUMNS = ["criterion", "lambda", "sizes", "subsets"]
QUALITY_COLUMNS += [f"{name}{end}" for name in MEASURES for end in ("", "_low", "_high")]
QUALITY_COLUMNS += ["chosen", "validation_accuracy", "test_accuracy"]


@dataclass(frozen=True)
class Subsets:
    """All subsets of two or more models, (S) of them, with what each question gives for them.

    correct:   {split: (S, Q) float}, SLM-MUX's probability of being right, for 'validation' and 'test'.
    union, contradiction: {variant: (S, Q) float} on validation, before any weight or ratio.
    """

    members: list[tuple[int, ...]]
    models: tuple[str, ...]
    correct: dict[str, np.ndarray]
    union: dict[str, np.ndarray]
    contradiction: dict[str, np.ndarray]


def all_subsets(validation: Votes, test: Votes, k: int) -> Subsets:
    """Raises InputError where k exceeds a pool."""
    accuracy = validation.accuracy()
    correct = {}
    for split, votes in (("validation", validation), ("test", test)):
        members, values = equal_budgets(votes, accuracy, [k])
        several = [i for i, subset in enumerate(members) if len(subset) > 1]
        correct[split] = values[several, 0]
    members = [members[i] for i in several]
    union, contradiction = {}, {}
    for name, variant in READINGS.items():
        tables = outcomes(validation, k, variant)
        both = np.array([per_question(subset, *tables) for subset in members])
        union[name], contradiction[name] = both[:, 0], both[:, 1]
    return Subsets(members, validation.models, correct, union, contradiction)


def objective_quality(
    subsets: Subsets,
    lambdas: list[float],
    settings: EvaluationSettings,
    more: Mapping[str, np.ndarray] | None = None,
) -> pd.DataFrame:
    """One row a criterion and subset size.

    more: further criteria by name, (S, Q) float on validation; a subset's value is the mean over the questions.

    Columns: criterion ('paper', 'iclr_package', 'direct' or one of `more`), lambda (NaN without one), sizes ('all' or
    K), subsets (how many), and with intervals _low, _high at settings.confidence from a paired bootstrap over
    the questions of both splits (seeded):

    rank_validation, rank_test:  Spearman correlation of the criterion with accuracy; NaN where either is
                                 constant. Sizes with fewer than three subsets have no row.
    loss:                        test accuracy of the best subset on test, minus that of the chosen one.

    and chosen (its models), validation_accuracy, test_accuracy of the chosen subset.
    """
    weights = {
        split: _weights(values.shape[1], settings, i)
        for i, (split, values) in enumerate(sorted(subsets.correct.items()))
    }
    accuracy = {split: _means(weights[split], values) for split, values in subsets.correct.items()}
    criteria = {(DIRECT, np.nan): accuracy["validation"]}
    for name, values in (more or {}).items():
        criteria[name, np.nan] = _means(weights["validation"], values)
    for name, variant in READINGS.items():
        union = _means(weights["validation"], subsets.union[name])
        contradiction = _means(weights["validation"], subsets.contradiction[name])
        for lambda_ in lambdas:
            criteria[name, lambda_] = _objective(union, contradiction, replace(variant, lambda_=float(lambda_)))
    sizes = np.array([len(subset) for subset in subsets.members])
    groups = {"all": np.ones(len(sizes), dtype=bool)} | {str(k): sizes == k for k in sorted(set(sizes.tolist()))}
    groups = {label: group for label, group in groups.items() if group.sum() >= 3}
    # The same for all criteria.
    ranks = {
        label: {split: _centred_ranks(table[:, group]) for split, table in accuracy.items()}
        for label, group in groups.items()
    }
    rows = []
    for (name, lambda_), values in criteria.items():
        for label, group in groups.items():
            row = {"criterion": name, "lambda": lambda_, "sizes": label, "subsets": int(group.sum())}
            row |= _row(values[:, group], accuracy["test"][:, group], ranks[label], settings)
            best = np.flatnonzero(group)[int(values[0, group].argmax())]
            row["chosen"] = " ".join(subsets.models[m] for m in subsets.members[best])
            rows.append(row | {f"{split}_accuracy": float(table[0, best]) for split, table in accuracy.items()})
    return pd.DataFrame(rows, columns=QUALITY_COLUMNS)


def _objective(union: np.ndarray, contradiction: np.ndarray, variant: ObjectiveVariant) -> np.ndarray:
    if variant.contradiction_over == "union_correct":
        contradiction = np.divide(contradiction, union, out=np.zeros_like(union), where=union > 0)
    return (union - variant.lambda_ * contradiction).round(DIGITS)


def _weights(questions: int, settings: EvaluationSettings, stream: int) -> np.ndarray:
    """(1 + resamples, Q): the measured questions first, then how often each resample draws each question."""
    rng = np.random.default_rng([settings.seed, stream])
    drawn = rng.multinomial(questions, np.full(questions, 1 / questions), settings.bootstrap_resamples)
    return np.concatenate([np.ones((1, questions)), drawn]) / questions


def _means(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(1 + resamples, S) means over questions. Rounded, so that equal subsets tie on every machine."""
    return (weights @ values.T).round(DIGITS)


def _row(
    values: np.ndarray, test: np.ndarray, ranks: dict[str, np.ndarray], settings: EvaluationSettings
) -> dict[str, float]:
    """values, test: (1 + resamples, S) of the criterion and of test accuracy; ranks: of accuracy, by split."""
    picked, own = values.argmax(axis=1), _centred_ranks(values)
    found = {f"rank_{split}": _correlation(own, table) for split, table in ranks.items()}
    found["loss"] = test.max(axis=1) - np.take_along_axis(test, picked[:, None], axis=1)[:, 0]
    row = {}
    for name, series in found.items():
        known = series[1:][~np.isnan(series[1:])]
        row[name] = float(series[0])
        tails = [(1 - settings.confidence) / 2, (1 + settings.confidence) / 2]
        row[f"{name}_low"], row[f"{name}_high"] = np.quantile(known, tails) if known.size else (np.nan, np.nan)
    return row


def _centred_ranks(table: np.ndarray) -> np.ndarray:
    """(R, S) ranks within each row minus their mean, tied values sharing a rank."""
    return pd.DataFrame(table).rank(axis=1).to_numpy() - (table.shape[1] + 1) / 2


def _correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(R,) correlation, row by row of two centred (R, S) tables: Spearman's of what they are the ranks of."""
    scale = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return np.divide((a * b).sum(axis=1), scale, out=np.full(len(a), np.nan), where=scale > 0)
