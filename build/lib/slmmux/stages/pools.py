"""slmmux pools BENCHMARK: the paper's claims on pools of comparable models and on pools with a leader.

SLM-MUX on every pool of the configuration, against one sample of the pool's best model, against that model's
self-consistency with as many samples, with as many samples in all and (where tokens are known) for as many tokens,
against Agent Forest, and against pooled votes whose ties go to the best supporter.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from slmmux.config import load_config
from slmmux.orchestration.evaluate import evaluate
from slmmux.orchestration.evaluation import Evaluation
from slmmux.paths import POOLS
from slmmux.result_files import write_results
from slmmux.settings import EvaluationSettings, PoolsSettings
from slmmux.stages.study import flat, load_splits
from slmmux.statistics.power import power_of
from slmmux.theory.intervals import intervals, resampled_questions
from slmmux.tracking.record import Record
from slmmux.votes.votes import Votes

# Rival → (method, label). Those of one model run the pool's best model on validation.
RIVALS = {
    "one_sample": ("single_best", "one sample of the best model"),
    "same_samples": (
        "self_consistency",
        "self-consistency of the best model, as many samples as one model of the pool",
    ),
    "same_total": ("self_consistency", "self-consistency of the best model, as many samples as the pool"),
    "same_tokens": ("self_consistency", "self-consistency of the best model, as many tokens as the pool"),
    "agent_forest": ("agent_forest", "Agent Forest"),
    "best_supporter": ("best_supporter", "Agent Forest, ties to the best supporter"),
}


@dataclass(frozen=True)
class Pool:
    """A pool of models with its votes. accuracy: of one sample on validation, (M,) shares of 1."""

    name: str
    validation: Votes
    test: Votes
    accuracy: np.ndarray

    def kind(self, settings: PoolsSettings) -> str:
        """'comparable', 'leader' (one model far ahead) or 'mixed', by the accuracies on validation."""
        ordered = np.sort(self.accuracy)[::-1]
        if ordered[0] - ordered[-1] <= settings.comparable_spread:
            return "comparable"
        return "leader" if ordered[0] - ordered[1] >= settings.leader_gap else "mixed"

    def rival_samples(self, k: int) -> dict[str, int]:
        """Rival → samples it draws of each of its models; the best model's pool bounds them."""
        models, best = len(self.accuracy), int(self.accuracy.argmax())
        pool = int(min(self.validation.pool[best], self.test.pool[best]))
        samples = {name: k for name in RIVALS} | {"one_sample": 1, "same_total": min(models * k, pool)}
        votes = self.validation
        spent = float((votes.prompt_tokens + k * votes.completion_tokens).sum(axis=1).mean())
        if np.isnan(spent):
            del samples["same_tokens"]
        else:
            prompt, one = votes.prompt_tokens[:, best].mean(), votes.completion_tokens[:, best].mean()
            samples["same_tokens"] = int(min(max(1, (spent - prompt) // one), pool))
        return samples

    def evaluate(self, method: str, samples: int, votes: Votes | None = None) -> Evaluation:
        return evaluate(votes or self.test, samples, method, self.accuracy)


def pool_of(name: str, models: list[str], validation: Votes, test: Votes) -> Pool:
    """Raises InputError on a model without votes."""
    validation = validation.take_models(models)
    return Pool(name, validation, test.take_models(models), validation.accuracy())


def pool_table(pools: list[Pool], settings: PoolsSettings) -> pd.DataFrame:
    """One row a pool: what is known of it before the test split is looked at, accuracies as shares of 1."""
    return pd.DataFrame(
        [
            {
                "pool": pool.name,
                "kind": pool.kind(settings),
                "size": len(pool.accuracy),
                "models": " ".join(pool.test.models),
                "best": pool.test.models[int(pool.accuracy.argmax())],
                "best_accuracy": pool.accuracy.max(),
                "second_accuracy": np.sort(pool.accuracy)[-2],
                "last_accuracy": pool.accuracy.min(),
            }
            for pool in pools
        ]
    )


def comparisons(pools: list[Pool], evaluation: EvaluationSettings, settings: PoolsSettings) -> pd.DataFrame:
    """One row a pool, number of samples and rival: accuracies on the test split, and SLM-MUX minus the rival.

    rival_samples: of each of the rival's models. capped: the best model's samples ran out before it drew as many as
    the pool. low, high: paired bootstrap over questions, the same questions for all rows. mode: how the rival was
    evaluated. gain_needs: questions that would see a true gain of this size with 80 % power, empty for 0; questions:
    those measured. The best model and all orders come from validation. Raises InputError where k exceeds a pool.
    """
    rows, gaps = [], []
    for pool in pools:
        for k in settings.samples:
            mux = pool.evaluate("slm_mux", k)
            for rival, samples in pool.rival_samples(k).items():
                other = pool.evaluate(RIVALS[rival][0], samples)
                gaps.append(mux.correct - other.correct)
                rows.append(
                    {
                        "pool": pool.name,
                        "kind": pool.kind(settings),
                        "samples": k,
                        "rival": rival,
                        "rival_samples": samples,
                        "capped": rival == "same_total" and samples < k * len(pool.accuracy),
                        "accuracy": mux.accuracy,
                        "accuracy_se": mux.accuracy_se,
                        "rival_accuracy": other.accuracy,
                        "rival_accuracy_se": other.accuracy_se,
                        "mode": other.mode,
                    }
                )
    gap = np.array(gaps).T
    weights = resampled_questions(len(gap), evaluation.bootstrap_resamples, evaluation.seed)
    found = intervals(gap.mean(axis=0), weights @ gap, evaluation.confidence)
    needed = [power_of(values, evaluation.confidence).needed for values in gaps]
    table = pd.DataFrame(rows).assign(questions=len(gap), gain_needs=np.where(np.isfinite(needed), needed, np.nan))
    return table.assign(gain=found.estimate, gain_low=found.low, gain_high=found.high)


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("pools", description=__doc__)
    parser.add_argument("benchmark")


def run(args) -> Record:
    config, name = load_config(), args.benchmark
    validation, test, inputs = load_splits(name)
    teams = config.pools_of(name)
    pools = [pool_of(team, models, validation, test) for team, models in teams.items()]
    table = comparisons(pools, config.evaluation, config.pools)
    shown = table[table["samples"] == config.evaluation.samples]
    metrics = {
        f"{row['pool']}/{row['rival']}/{key}": float(row[key])
        for row in shown.to_dict("records")
        for key in ("accuracy", "rival_accuracy", "gain", "gain_low", "gain_high")
    }
    tables = {"pools": pool_table(pools, config.pools), "comparisons": table}
    outputs = write_results(POOLS / name, tables, metrics)
    params = {"benchmark": name, "pools": ",".join(teams)} | flat(config.pools.model_dump(exclude={"teams"}))
    params |= {"confidence": config.evaluation.confidence, "seed": config.evaluation.seed}
    return Record(f"pools@{name}", params, metrics, inputs, outputs, outputs)
