"""slmmux compare BENCHMARK: SLM-MUX and its rivals on the test split.

SLM-MUX and its rivals on the test split (section 5). Every choice is made on the validation split.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np
import pandas as pd

from slmmux.config import load_config
from slmmux.files import write_texts
from slmmux.orchestration import METHODS
from slmmux.orchestration.evaluate import evaluate
from slmmux.orchestration.evaluation import Evaluation
from slmmux.paths import COMPARE
from slmmux.result_files import csv_text, json_text
from slmmux.selection.subset_objective import rank_subsets
from slmmux.settings import EvaluationSettings
from slmmux.stages.study import load_splits
from slmmux.statistics import Difference, paired_bootstrap
from slmmux.statistics.power import questions_needed
from slmmux.tracking.record import Record
from slmmux.votes.votes import Votes

# What every row is compared with: key of the difference → (method, in words).
RIVALS = {
    "gain": ("single_best", "one sample of the best single model"),
    "gain_over_voting": ("self_consistency", "that model's self-consistency with as many samples as one model draws"),
    "gain_over_total": ("self_consistency_total", "that model's self-consistency with as many samples in all"),
}
# Those that run several models are measured with all of them and with the searched subset.
_SEVERAL = [name for name, method in METHODS.items() if not method.ONE_MODEL]
# Row name → (method, whether it runs on the searched subset of the models instead of all of them).
ROWS = {name: (name, False) for name in METHODS} | {f"{name}_searched": (name, True) for name in _SEVERAL}
# Row name → its label in every table and figure.
LABELS = {
    row: METHODS[name].LABEL + ("" if METHODS[name].ONE_MODEL else ", searched subset" if searched else ", all models")
    for row, (name, searched) in ROWS.items()
}
# Every key of a method in methods.json → what it says. Accuracies and differences are shares of 1.
KEYS = {
    "models": "the models that the method is given",
    "mode": "how the accuracy was computed: exact, over all draws; simulate; recorded, for a discussion held once",
    "simulation_se": "standard error that simulating adds to the accuracy; only where it was simulated",
    "note": "what bounds the row, such as a pool with too few samples; only where there is something to say",
    "accuracy": "probability of a right answer, mean over the test questions",
    "accuracy_se": "standard error of the accuracy over questions",
    "tokens_per_question": "tokens of all samples, a prompt counted once a model",
    "tokens_with_stopping": "expected tokens when models are asked one after the other until the rest cannot change "
    "the answer, or as the method itself stops; only where that is defined",
    "rounds": "expected number of models asked one after the other, likewise",
    "tie_probability": "how often a tie had to be broken",
}
for _key, (_, _words) in RIVALS.items():
    KEYS |= {
        _key: f"accuracy minus that of {_words}",
        f"{_key}_low": "lower limit of its interval, paired bootstrap over questions",
        f"{_key}_high": "upper limit",
        f"{_key}_needs": "questions that would see a true difference of this size with 80 % power; none for 0",
    }


@dataclass(frozen=True)
class Row:
    """One method on the test split. gains: key of RIVALS → its accuracy minus the rival's."""

    method: str
    models: tuple[str, ...]
    evaluation: Evaluation
    gains: dict[str, Difference]

    def metrics(self) -> dict[str, float]:
        """The numbers of KEYS that this row has."""
        e = self.evaluation
        values = {"accuracy": e.accuracy, "accuracy_se": e.accuracy_se}
        for key, gain in self.gains.items():
            values |= {key: gain.difference, f"{key}_low": gain.low, f"{key}_high": gain.high}
            spread = gain.se * sqrt(len(e.correct))
            needed = questions_needed(spread, gain.difference, gain.level) if isfinite(spread) else spread
            values |= {f"{key}_needs": needed} if isfinite(needed) else {}
        values |= {
            "tokens_per_question": float(e.tokens.mean()),
            "tie_probability": float(e.tie_probability.mean()),
        }
        if e.tokens_with_stopping is not None and e.rounds is not None:
            values |= {"tokens_with_stopping": float(e.tokens_with_stopping.mean()), "rounds": float(e.rounds.mean())}
        return values | ({} if e.simulation_se is None else {"simulation_se": e.simulation_se})

    def summary(self) -> dict:
        """As JSON: the keys of KEYS."""
        note = {"note": self.evaluation.note} if self.evaluation.note else {}
        return {"models": list(self.models), "mode": self.evaluation.mode} | note | self.metrics()


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
        """As JSON: plain numbers only; the keys of a method are those of KEYS."""
        return {
            "benchmark": self.benchmark,
            "samples": self.k,
            "questions": len(self.question_ids),
            "validation_accuracy": self.validation_accuracy,
            "test_accuracy": self.test_accuracy,
            "test_accuracy_se": self.test_accuracy_se,
            "searched_models": list(self.searched),
            "methods": {name: row.summary() for name, row in self.rows.items()},
        }


def compare(validation: Votes, test: Votes, settings: EvaluationSettings) -> Comparison:
    """Expected accuracy of every method at k samples a model, over all draws from the pools.

    The best single model, the order of tied models and the searched subset come from the validation
    votes. The searched subset is the best of any size K ≥ 2 under the paper's objective O(S) (section 2).
    Intervals of the gain: paired bootstrap over questions. Raises InputError where k exceeds a pool.
    """
    k = settings.samples
    singles = test.accuracy_per_question()
    accuracies = dict(zip(validation.models, map(float, validation.accuracy())))
    sizes = rank_subsets(validation, k, range(2, len(validation.models) + 1)) if len(validation.models) > 1 else {}
    scores = [best[0] for best in sizes.values()]
    chosen = max(scores, key=lambda s: s.objective).models if scores else validation.models
    evaluations, used = {}, {}
    for name, (method, on_searched) in ROWS.items():
        models = chosen if on_searched else validation.models
        evaluations[name] = evaluate(test, k, method, accuracies, validation=validation, models=models)
        used[name] = (max(models, key=accuracies.__getitem__),) if METHODS[method].ONE_MODEL else tuple(models)
    rows = {
        name: Row(ROWS[name][0], used[name], e, gains(e, rivals_of(evaluations, ROWS[name][1]), settings))
        for name, e in evaluations.items()
    }
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


def configurations(rows: dict[str, Row], k: int) -> dict[str, dict[str, str]]:
    """What each row is: its method's label, its models and their samples, as parameters of a run."""
    drawn = {"single_best": lambda models: 1, "self_consistency_total": lambda models: k * models}
    return {
        name: {
            "method": LABELS.get(name, row.method),
            "models": ",".join(row.models),
            "samples": str(drawn.get(row.method, lambda models: k)(len(row.models))),
        }
        for name, row in rows.items()
    }


def difference(first: Evaluation, second: Evaluation, settings: EvaluationSettings) -> Difference:
    return paired_bootstrap(first, second, settings.confidence, settings.bootstrap_resamples, settings.seed)


def rivals_of(evaluations: Mapping[str, Evaluation], searched: bool = False) -> dict[str, Evaluation]:
    """Key of RIVALS → the rival's evaluation: that with the searched subset's samples for a row on that subset."""
    rows = {key: f"{name}_searched" if searched else name for key, (name, _) in RIVALS.items()}
    return {key: evaluations[row if row in evaluations else RIVALS[key][0]] for key, row in rows.items()}


def gains(
    evaluation: Evaluation, rivals: Mapping[str, Evaluation], settings: EvaluationSettings
) -> dict[str, Difference]:
    return {key: difference(evaluation, rival, settings) for key, rival in rivals.items()}


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
    rows = pd.DataFrame(question_rows(comparison))
    write_texts({summary: json_text(comparison.summary()), per_question: csv_text(rows)})
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
    outputs = [summary, per_question]
    told = configurations(comparison.rows, comparison.k)
    return Record(f"compare@{name}", params, metrics, inputs, outputs, outputs, configurations=told)
