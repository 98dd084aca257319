"""slmmux scaling BENCHMARK: accuracy against the number of models and against samples per model.

Test-time scaling (section 3): more model types, and more samples per model. Measured on the test split.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from slmmux.config import load_config
from slmmux.errors import InputError
from slmmux.orchestration.evaluate import evaluate
from slmmux.paths import SCALING
from slmmux.result_files import write_results
from slmmux.selection.subset_objective import rank_subsets
from slmmux.settings import ScalingSettings
from slmmux.stages.study import flat, load_splits
from slmmux.tracking.record import Record
from slmmux.votes.votes import Votes


@dataclass(frozen=True)
class Scaling:
    """Accuracies are shares of 1, over all draws from the pools; _se over questions.

    by_models:   a row a K: the subset with the largest O(S) on validation, its test accuracy under SLM-MUX,
                 union accuracy, tokens per question, and O(S) with its parts on validation.
    by_samples:  a row a pair, method and k: SLM-MUX on every pair, Agent Forest on the last, as in the paper; and
                 the best model of the first pair alone, with k samples and with as many as both models draw. mode:
                 'exact', or 'simulate' where a method has no affordable law.
    """

    by_models: pd.DataFrame
    by_samples: pd.DataFrame

    def metrics(self) -> dict[str, float]:
        """'models_K/..' and 'pair_P/method/..': where each curve peaks, and how high."""
        found = {}
        for row in self.by_models.to_dict("records"):
            for name in ("accuracy", "accuracy_se", "union_accuracy", "tokens_per_question"):
                found[f"models_{row['size']}/{name}"] = float(row[name])
        for (pair, method), rows in self.by_samples.groupby(["pair", "method"], sort=False):
            best = rows.loc[rows["accuracy"].idxmax()]
            found[f"pair_{pair}/{method}/best_samples"] = float(best["samples"])
            found[f"pair_{pair}/{method}/accuracy"] = float(best["accuracy"])
            found[f"pair_{pair}/{method}/accuracy_se"] = float(best["accuracy_se"])
        return {name: value for name, value in found.items() if np.isfinite(value)}

    def curves(self) -> dict[str, dict[int, float]]:
        """By number of models: 'models/..'; by samples per model: 'pair_P/method'."""
        sizes = self.by_models["size"].tolist()
        curves = {
            f"models/{name}": dict(zip(sizes, self.by_models[name].tolist())) for name in ("accuracy", "union_accuracy")
        }
        for (pair, method), rows in self.by_samples.groupby(["pair", "method"], sort=False):
            curves[f"pair_{pair}/{method}"] = dict(zip(rows["samples"].tolist(), rows["accuracy"].tolist()))
        return curves


def scaling(validation: Votes, test: Votes, k: int, settings: ScalingSettings) -> Scaling:
    """Subsets and pairs are those of the paper's search at k samples a model, on the validation votes.

    Sizes beyond the number of models and samples beyond a pair's pools are left out. A single model is one
    "subset" of size 1; a pool of one model has no pairs. Raises InputError where k exceeds a pool or
    nothing is left to measure.
    """
    accuracy = dict(zip(validation.models, validation.accuracy()))
    ranked = rank_subsets(validation, k, settings.sizes)
    rows = []
    for size, scores in ranked.items():
        best = scores[0]
        mux, union = (evaluate(test, k, name, accuracy, models=best.models) for name in ("slm_mux", "oracle"))
        rows.append(
            {
                "size": size,
                "models": " ".join(best.models),
                "accuracy": mux.accuracy,
                "accuracy_se": mux.accuracy_se,
                "union_accuracy": union.accuracy,
                "union_accuracy_se": union.accuracy_se,
                "tokens_per_question": float(mux.tokens.mean()),
                "validation_union_accuracy": best.union_accuracy,
                "validation_contradiction": best.contradiction,
                "validation_objective": best.objective,
            }
        )
    return Scaling(pd.DataFrame(rows), _by_samples(validation, test, k, accuracy, settings))


def _by_samples(validation: Votes, test: Votes, k: int, accuracy: dict[str, float], settings: ScalingSettings):
    pairs = rank_subsets(validation, k, [2])[2][: settings.pairs] if len(validation.models) > 1 else []
    rows = []
    for number, pair in enumerate(pairs, start=1):
        pool = int(test.take_models(list(pair.models)).pool.min())
        samples = sorted({s for s in settings.samples if s <= pool})
        if not samples:
            raise InputError(f"scaling.samples: none of them fits a pool of {pool} samples")
        methods = ["slm_mux"] if pair is not pairs[-1] else ["slm_mux", "agent_forest"]
        for method in methods if number > 1 else [*methods, "self_consistency", "self_consistency_total"]:
            for s in samples:
                found = evaluate(test, s, method, accuracy, models=pair.models)
                rows.append(
                    {
                        "pair": number,
                        "models": " ".join(pair.models),
                        "method": method,
                        "mode": found.mode,
                        "samples": s,
                        "accuracy": found.accuracy,
                        "accuracy_se": found.accuracy_se,
                        "tokens_per_question": float(found.tokens.mean()),
                    }
                )
    columns = ["pair", "models", "method", "mode", "samples", "accuracy", "accuracy_se", "tokens_per_question"]
    return pd.DataFrame(rows, columns=columns)


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("scaling", description=__doc__)
    parser.add_argument("benchmark")


def run(args) -> Record:
    config, name = load_config(), args.benchmark
    validation, test, inputs = load_splits(name)
    k = config.evaluation.samples
    found = scaling(validation, test, k, config.scaling)
    tables = {"by_models": found.by_models, "by_samples": found.by_samples}
    outputs = write_results(SCALING / name, tables, found.metrics())
    params = {"benchmark": name, "models": ",".join(validation.models), "samples": k}
    params |= flat(config.scaling.model_dump())
    largest = found.by_models.iloc[-1]
    # The headline of the run: all the models it may use.
    metrics = found.metrics() | {key: float(largest[key]) for key in ("accuracy", "accuracy_se", "tokens_per_question")}
    told = {
        f"models_{row['size']}": {"method": "SLM-MUX, by models", "models": str(row["models"]).replace(" ", ",")}
        for row in found.by_models.to_dict("records")
    }
    return Record(f"scaling@{name}", params, metrics, inputs, outputs, outputs, found.curves(), configurations=told)
