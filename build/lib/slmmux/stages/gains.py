"""slmmux gains BENCHMARK: what searched pairs gain over their best model and over Agent Forest.

What searched pairs gain: the comparisons of the paper's Tables 2, 3 and 4, as paired differences.
"""

from dataclasses import dataclass
from math import hypot

import pandas as pd

from slmmux.config import load_config
from slmmux.errors import InputError
from slmmux.orchestration.evaluate import evaluate
from slmmux.orchestration.evaluation import Evaluation
from slmmux.paths import GAINS
from slmmux.result_files import write_tables
from slmmux.selection.subset_objective import rank_subsets
from slmmux.settings import EvaluationSettings, ScalingSettings
from slmmux.stages.compare import difference
from slmmux.stages.study import load_splits
from slmmux.tracking.record import Record
from slmmux.votes.votes import Votes

COLUMNS = ["comparison", "group", "models", "samples", "rival_samples", "accuracy", "accuracy_se"]
COLUMNS += ["rival_accuracy", "rival_accuracy_se", "gain", "gain_low", "gain_high", "mode", "simulation_se"]


@dataclass(frozen=True)
class _Pair:
    """Two models' votes on both splits, and their validation accuracies."""

    validation: Votes
    test: Votes
    validation_accuracy: dict[str, float]

    def on(self, votes: Votes, method: str, samples: int) -> Evaluation:
        return evaluate(votes, samples, method, self.validation_accuracy)

    def best_of(self, samples: list[int], method: str) -> int:
        """The number of samples with the highest validation accuracy, the fewest of equal ones."""
        return max(samples, key=lambda k: self.on(self.validation, method, k).accuracy)


def gains(validation: Votes, test: Votes, evaluation: EvaluationSettings, settings: ScalingSettings) -> pd.DataFrame:
    """SLM-MUX's accuracy on the test split minus a rival's, for the best pairs under O(S) on validation.

    comparison    'searched_pairs' (Table 2): k samples a model, against one sample of the pair's best model.
                  'forest_fewest', 'forest_best' (Table 3): the last pair against Agent Forest, both at the
                  fewest of settings.samples, and each at its best number.
                  'best_samples' (Table 4): at its best number, against one sample of the pair's best model.
    group         the pair's number, from 1 on.
    samples, rival_samples    samples per model. The best number has the highest validation accuracy.
    gain_low, gain_high       paired bootstrap over questions.
    mode          'exact', or 'simulate' where either of the two is simulated.
    simulation_se standard error over draws of the simulated difference; 0 where exact.

    Accuracies are expected over draws, shares of 1. One model has no pairs and no rows. Raises InputError where
    k exceeds a pool or no number of samples fits one.
    """
    if len(validation.models) < 2:
        return pd.DataFrame(columns=COLUMNS)
    k, rows = evaluation.samples, []
    accuracy = dict(zip(validation.models, validation.accuracy()))
    scores = rank_subsets(validation, k, [2])[2][: settings.pairs]
    for group, score in enumerate(scores, start=1):
        models = list(score.models)
        pair = _Pair(validation.take_models(models), test.take_models(models), accuracy)
        pool = int(min(pair.validation.pool.min(), pair.test.pool.min()))
        fitting = sorted({samples for samples in settings.samples if samples <= pool})
        if not fitting:
            raise InputError(f"scaling.samples: none of them fits a pool of {pool} samples")
        best = pair.best_of(fitting, "slm_mux")
        compared = [("searched_pairs", k, "single_best", 1), ("best_samples", best, "single_best", 1)]
        if group == len(scores):
            fewest, forest_best = fitting[0], pair.best_of(fitting, "agent_forest")
            compared.append(("forest_fewest", fewest, "agent_forest", fewest))
            compared.append(("forest_best", best, "agent_forest", forest_best))
        for comparison, samples, rival, rival_samples in compared:
            first, second = pair.on(pair.test, "slm_mux", samples), pair.on(pair.test, rival, rival_samples)
            gap = difference(first, second, evaluation)
            row = comparison, group, " ".join(models), samples, rival_samples, first.accuracy, first.accuracy_se
            how = "simulate" if "simulate" in (first.mode, second.mode) else "exact"
            error = hypot(first.simulation_se or 0.0, second.simulation_se or 0.0)
            rows.append((*row, second.accuracy, second.accuracy_se, gap.difference, gap.low, gap.high, how, error))
    return pd.DataFrame(rows, columns=COLUMNS)


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("gains", description=__doc__)
    parser.add_argument("benchmark")


def run(args) -> Record:
    config, name = load_config(), args.benchmark
    validation, test, inputs = load_splits(name)
    table = gains(validation, test, config.evaluation, config.scaling)
    outputs = write_tables(GAINS / name, {"gains": table})
    metrics = {
        f"{row['comparison']}/pair_{row['group']}/{key}": float(row[key])
        for row in table.to_dict("records")
        for key in ("gain", "gain_low", "gain_high")
    }
    settings = config.evaluation
    params = {
        "benchmark": name,
        "models": ",".join(test.models),
        "samples": settings.samples,
        "samples_tried": ",".join(map(str, config.scaling.samples)),
        "pairs": config.scaling.pairs,
        "confidence": settings.confidence,
        "bootstrap_resamples": settings.bootstrap_resamples,
        "seed": settings.seed,
    }
    return Record(f"gains@{name}", params, metrics, inputs, outputs, outputs)
