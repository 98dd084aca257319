"""slmmux compare BENCHMARK: SLM-MUX and its rivals on the test split.

SLM-MUX and its rivals on the test split (section 5). Every choice is made on the validation split.
"""

import csv
import io
import json
from dataclasses import dataclass

import numpy as np

from slmmux.config import Evaluation as Settings
from slmmux.config import load_config
from slmmux.files import write_text
from slmmux.orchestration import METHODS
from slmmux.orchestration.evaluation import Evaluation
from slmmux.paths import COMPARE
from slmmux.selection.subset_objective import search
from slmmux.stages.study import load_splits
from slmmux.statistics import Difference, paired_bootstrap
from slmmux.tracking.record import Record
from slmmux.votes.votes import Votes

BASELINE = "single_best"
# Method → its label in every table and figure. Those that run the best single model:
SINGLE = {
    "single_best": "Best single model, one sample",
    "self_consistency": "Best single model, self-consistency",
}
# Those that run several, each measured with all models and with the searched subset:
SEVERAL = {
    "agent_forest": "Agent Forest",
    "slm_mux": "SLM-MUX",
    "oracle": "Oracle (union)",
}
# Row name → (method, whether it runs on the searched subset of the models instead of all of them).
ROWS = {name: (name, False) for name in SINGLE | SEVERAL} | {f"{name}_searched": (name, True) for name in SEVERAL}
LABELS = (
    SINGLE
    | {name: f"{label}, all models" for name, label in SEVERAL.items()}
    | {f"{name}_searched": f"{label}, searched subset" for name, label in SEVERAL.items()}
)


@dataclass(frozen=True)
class Row:
    """One method on the test split.

    gain: its accuracy minus that of the best single model's one sample. gain_over_voting: minus that of the
    best single model with self-consistency, which shows what more than one model adds.
    """

    method: str
    models: tuple[str, ...]
    evaluation: Evaluation
    gain: Difference
    gain_over_voting: Difference

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
            "tokens_per_question": float(e.tokens.mean()),
            "tie_probability": float(e.tie_probability.mean()),
        }
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
            "samples_per_model": self.k,
            "questions": len(self.question_ids),
            "validation_accuracy": self.validation_accuracy,
            "test_accuracy": self.test_accuracy,
            "test_accuracy_se": self.test_accuracy_se,
            "searched_models": list(self.searched),
            "methods": {
                name: {"models": list(row.models), "engine": row.evaluation.engine} | row.metrics()
                for name, row in self.rows.items()
            },
        }


def compare(validation: Votes, test: Votes, settings: Settings) -> Comparison:
    """Expected accuracy of every method at k samples a model, over all draws from the pools.

    The best single model, the order of tied models and the searched subset come from the validation
    votes. The searched subset is the best of any size K ≥ 2 under the paper's objective O(S) (section 2).
    Intervals of the gain: paired bootstrap over questions. Raises InputError where k exceeds a pool.
    """
    k = settings.samples_per_model
    singles = test.accuracy_per_question()
    accuracy = validation.accuracy_per_question().mean(axis=0)
    sizes = search(validation, k, range(2, len(validation.models) + 1)) if len(validation.models) > 1 else {}
    scores = [best[0] for best in sizes.values()]
    chosen = max(scores, key=lambda s: s.objective).models if scores else validation.models
    evaluations, used = {}, {}
    for name, (method, on_searched) in ROWS.items():
        models = list(chosen if on_searched else validation.models)
        votes = test.take_models(models)
        ranks = accuracy[[validation.models.index(m) for m in models]]
        evaluations[name] = METHODS[method].expected(votes, np.full(len(models), k), ranks)
        used[name] = _used(method, models, ranks)
    single, voting = evaluations[BASELINE], evaluations["self_consistency"]
    rows = {
        name: Row(ROWS[name][0], used[name], e, difference(e, single, settings), difference(e, voting, settings))
        for name, e in evaluations.items()
    }
    return Comparison(
        test.benchmark,
        k,
        test.question_ids,
        dict(zip(validation.models, map(float, accuracy))),
        dict(zip(test.models, map(float, singles.mean(axis=0)))),
        dict(zip(test.models, map(float, singles.std(axis=0, ddof=1) / np.sqrt(len(singles))))),
        tuple(chosen),
        rows,
    )


def _used(method: str, models: list[str], ranks: np.ndarray) -> tuple[str, ...]:
    if method in SINGLE:
        return (models[int(np.argmax(ranks))],)
    return tuple(models)


def difference(first: Evaluation, second: Evaluation, settings: Settings) -> Difference:
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
    write_text(summary, json.dumps(comparison.summary(), indent=1, allow_nan=False) + "\n")
    rows, text = question_rows(comparison), io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(per_question, text.getvalue())
    settings = config.evaluation
    params = {
        "benchmark": name,
        "models": ",".join(comparison.validation_accuracy),
        "samples_per_model": comparison.k,
        "searched_models": ",".join(comparison.searched),
        "confidence": settings.confidence,
        "bootstrap_resamples": settings.bootstrap_resamples,
        "seed": settings.seed,
    }
    metrics = {f"{m}/{key}": v for m, row in comparison.rows.items() for key, v in row.metrics().items()}
    # The headline of the run, so that the list of runs can be sorted by it.
    metrics |= comparison.rows["slm_mux_searched"].metrics()
    return Record(f"compare@{name}", params, metrics, inputs, [summary, per_question], [summary, per_question])
