"""slmmux compare BENCHMARK: SLM-MUX and its rivals on the test split.

SLM-MUX and its rivals on the test split (section 5). Every choice is made on the validation split.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from slmmux.config import EvaluationSettings, load_config
from slmmux.files import write_text
from slmmux.orchestration import METHODS
from slmmux.orchestration.evaluate import evaluate
from slmmux.orchestration.evaluation import Evaluation
from slmmux.paths import COMPARE
from slmmux.result_files import csv_text, write_json
from slmmux.selection.subset_objective import rank_subsets
from slmmux.stages.study import load_splits
from slmmux.statistics import Difference, paired_bootstrap
from slmmux.tracking.record import Record
from slmmux.votes.votes import Votes

BASELINE = "single_best"
# Those that run several models are measured with all of them and with the searched subset.
_SEVERAL = [name for name, method in METHODS.items() if not method.ONE_MODEL]
# Row name → (method, whether it runs on the searched subset of the models instead of all of them).
ROWS = {name: (name, False) for name in METHODS} | {f"{name}_searched": (name, True) for name in _SEVERAL}
# Row name → its label in every table and figure.
LABELS = {
    row: METHODS[name].LABEL + ("" if METHODS[name].ONE_MODEL else ", searched subset" if searched else ", all models")
    for row, (name, searched) in ROWS.items()
}


@dataclass(frozen=True)
class Row:
    """One method on the test split.

    gain: its accuracy minus that of the best single model's one sample. gain_over_voting: minus that of the
    best single model with self-consistency, which shows what more than one model adds. gain_over_total: minus that
    of the best single model with as many samples as all these models draw together (as its pool has, if fewer; the
    evaluation's note of row 'self_consistency_total' says so); None where nothing was drawn from the pools.
    """

    method: str
    models: tuple[str, ...]
    evaluation: Evaluation
    gain: Difference
    gain_over_voting: Difference
    gain_over_total: Difference | None = None

    def metrics(self) -> dict[str, float]:
        e, g, v = self.evaluation, self.gain, self.gain_over_voting
        values = {
            "accuracy": e.accuracy,
            "accuracy_se": e.accuracy_se,
            "gain": g.difference,
            "gain_low": g.low,
            "gain_high": g.high,
            "gain_over_voting": v.difference,
            "gain_over_voting_low": v.low,
            "gain_over_voting_high": v.high,
        }
        if self.gain_over_total is not None:
            t = self.gain_over_total
            values |= {"gain_over_total": t.difference, "gain_over_total_low": t.low, "gain_over_total_high": t.high}
        values |= {
            "tokens_per_question": float(e.tokens.mean()),
            "tie_probability": float(e.tie_probability.mean()),
        }
        if e.tokens_with_stopping is not None and e.rounds is not None:
            values |= {"tokens_with_stopping": float(e.tokens_with_stopping.mean()), "rounds": float(e.rounds.mean())}
        return values | ({} if e.simulation_se is None else {"simulation_se": e.simulation_se})


@dataclass(frozen=True)
class Comparison:
    """All methods on one benchmark. `searched` is the chosen subset.

    validation_accuracy, test_accuracy: of one sample, per model; test_accuracy_se: its standard error over questions.
    """

    benchmark: str
    k: int
    question_ids: tuple[str, ...]
    validation_accuracy: dict[str, float]
    test_accuracy: dict[str, float]
    test_accuracy_se: dict[str, float]
    searched: tuple[str, ...]
    rows: dict[str, Row]

    def summary(self) -> dict:
        """As JSON: plain numbers only."""
        return {
            "benchmark": self.benchmark,
            "samples": self.k,
            "questions": len(self.question_ids),
            "validation_accuracy": self.validation_accuracy,
            "test_accuracy": self.test_accuracy,
            "test_accuracy_se": self.test_accuracy_se,
            "searched_models": list(self.searched),
            "methods": {
                name: {"models": list(row.models), "mode": row.evaluation.mode, "note": row.evaluation.note}
                | row.metrics()
                for name, row in self.rows.items()
            },
        }


def compare(validation: Votes, test: Votes, settings: EvaluationSettings) -> Comparison:
    """Expected accuracy of every method at k samples a model, over all draws from the pools.

    The best single model, the order of tied models and the searched subset come from the validation
    votes. The searched subset is the best of any size K ≥ 2 under the paper's objective O(S) (section 2).
    Intervals of the gain: paired bootstrap over questions. Raises InputError where k exceeds a pool.
    """
    k = settings.samples
    singles = test.accuracy_per_question()
    accuracies = dict(zip(validation.models, map(float, validation.accuracy_per_question().mean(axis=0))))
    sizes = rank_subsets(validation, k, range(2, len(validation.models) + 1)) if len(validation.models) > 1 else {}
    scores = [best[0] for best in sizes.values()]
    chosen = max(scores, key=lambda s: s.objective).models if scores else validation.models
    evaluations, used = {}, {}
    for name, (method, on_searched) in ROWS.items():
        models = chosen if on_searched else validation.models
        evaluations[name] = evaluate(test, k, method, accuracies, validation=validation, models=models)
        used[name] = (max(models, key=accuracies.__getitem__),) if METHODS[method].ONE_MODEL else tuple(models)
    single, voting = evaluations[BASELINE], evaluations["self_consistency"]
    rows = {}
    for name, e in evaluations.items():
        total = evaluations["self_consistency_total_searched" if ROWS[name][1] else "self_consistency_total"]
        gaps = (difference(e, rival, settings) for rival in (single, voting, total))
        rows[name] = Row(ROWS[name][0], used[name], e, *gaps)
    return Comparison(
        test.benchmark,
        k,
        test.question_ids,
        accuracies,
        dict(zip(test.models, map(float, singles.mean(axis=0)))),
        dict(zip(test.models, map(float, singles.std(axis=0, ddof=1) / np.sqrt(len(singles))))),
        tuple(chosen),
        rows,
    )


def difference(first: Evaluation, second: Evaluation, settings: EvaluationSettings) -> Difference:
    return paired_bootstrap(first, second, settings.confidence, settings.bootstrap_resamples, settings.seed)


def question_rows(comparison: Comparison) -> list[dict]:
    """One row a question: the probability that each method answers it right. For whoever doubts a claim."""
    return [
        {"question_id": question} | {name: float(row.evaluation.correct[i]) for name, row in comparison.rows.items()}
        for i, question in enumerate(comparison.question_ids)
    ]


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("compare", description=__doc__)
    parser.add_argument("benchmark")


def run(args) -> Record:
    config, name = load_config(), args.benchmark
    validation, test, inputs = load_splits(name)
    comparison = compare(validation, test, config.evaluation)
    summary, per_question = COMPARE / name / "methods.json", COMPARE / name / "questions.csv"
    write_json(summary, comparison.summary())
    write_text(per_question, csv_text(pd.DataFrame(question_rows(comparison))))
    settings = config.evaluation
    params = {
        "benchmark": name,
        "models": ",".join(comparison.validation_accuracy),
        "samples": comparison.k,
        "searched_models": ",".join(comparison.searched),
        "confidence": settings.confidence,
        "bootstrap_resamples": settings.bootstrap_resamples,
        "seed": settings.seed,
    }
    metrics = {f"{m}/{key}": v for m, row in comparison.rows.items() for key, v in row.metrics().items()}
    # The headline of the run, so that the list of runs can be sorted by it.
    metrics |= comparison.rows["slm_mux_searched"].metrics()
    return Record(f"compare@{name}", params, metrics, inputs, [summary, per_question], [summary, per_question])
