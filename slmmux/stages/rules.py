"""slmmux rules: every rule on every pool of models, own and published, against SLM-MUX and the best model alone.

What a rule learns it learns on validation; everything is measured on the test questions, with one family of intervals
over all rules and pools.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import repeat

import numpy as np
import pandas as pd

from slmmux.config import Config, load_config
from slmmux.orchestration import METHODS
from slmmux.orchestration.evaluate import evaluate
from slmmux.orchestration.evaluation import Evaluation
from slmmux.orchestration.stopping import inside_models
from slmmux.paths import RULES
from slmmux.processes import in_processes
from slmmux.released_code import algorithm_1
from slmmux.result_files import write_tables
from slmmux.selection.subset_objective import rank_subsets
from slmmux.settings import EvaluationSettings
from slmmux.stages.pools import Pool, pool_of
from slmmux.stages.study import load_splits
from slmmux.statistics.power import power_of
from slmmux.theory.intervals import critical_value, resampled_questions
from slmmux.tracking.record import Record
from slmmux.votes.votes import Votes

EARLY_EXIT = "released_early_exit"
# A bound, not a rule that could be used.
BOUND = "oracle"
# Rule → label: every method, and the early exit of the authors' scripts.
LABELS = {name: method.LABEL for name, method in METHODS.items() if name != BOUND}
LABELS |= {EARLY_EXIT: "SLM-MUX, early exit of the released scripts", BOUND: METHODS[BOUND].LABEL}
# What every rule is compared with: prefix of its columns → method.
RIVALS = {"over_slm_mux": "slm_mux", "over_same_total": "self_consistency_total"}


def with_costs(votes: Votes) -> Votes:
    """The same votes, with one token a sample where token counts are unknown: then tokens are numbers of samples."""
    if not np.isnan(votes.prompt_tokens).any() and not np.isnan(votes.completion_tokens).any():
        return votes
    return replace(
        votes,
        prompt_tokens=np.zeros_like(votes.prompt_tokens),
        completion_tokens=np.ones_like(votes.completion_tokens),
    )


def evaluate_rules(pool: Pool, k: int) -> dict[str, Evaluation]:
    """Rule → its evaluation on the test questions, each model drawing k samples."""
    validation, test = with_costs(pool.validation), with_costs(pool.test)
    found = {name: evaluate(test, k, name, pool.accuracy, validation=validation) for name in METHODS}
    budget = np.full(len(test.models), k)
    early_exit = algorithm_1.Algorithm1Variant(early_exit=True)
    found[EARLY_EXIT] = algorithm_1.evaluate(test, budget, pool.accuracy, early_exit)
    return {name: found[name] for name in LABELS}


@dataclass(frozen=True)
class Measured:
    """A pool of a benchmark, of a kind (see Pool.kind), and the evaluation of every rule on it."""

    benchmark: str
    pool: Pool
    kind: str
    rules: dict[str, Evaluation]

    def gaps(self) -> np.ndarray:
        """(Q, rivals * rules): P(rule is right) - P(rival is right), the rivals one after the other."""
        correct = np.array([found.correct for found in self.rules.values()]).T
        return np.hstack([correct - self.rules[rival].correct[:, None] for rival in RIVALS.values()])


@dataclass(frozen=True)
class Family:
    """Differences in accuracy and one interval for each, which hold together: estimate -/+ c se.

    c is the quantile of the largest |resampled - estimate| / se of all of them (max-t), so that the chance that any
    interval misses is 1 - level.
    """

    estimate: np.ndarray
    low: np.ndarray
    high: np.ndarray


def family(measured: list[Measured], settings: EvaluationSettings) -> tuple[list[Family], dict[str, Family]]:
    """Per pool, and per kind the mean over its pools: each (rivals * rules,), in the order of Measured.gaps.

    The questions of a benchmark are resampled together for all of its pools. Benchmarks with equally many questions
    get the same resamples, so that sources with the same questions keep their dependence.
    """
    estimates, replicates = [], []
    for found in measured:
        gaps = found.gaps()
        weights = resampled_questions(len(gaps), settings.bootstrap_resamples, [settings.seed, len(gaps)])
        estimates.append(gaps.mean(axis=0))
        replicates.append(weights @ gaps)
    kinds = list(dict.fromkeys(found.kind for found in measured))
    for kind in kinds:
        of = [i for i, found in enumerate(measured) if found.kind == kind]
        estimates.append(np.mean([estimates[i] for i in of], axis=0))
        replicates.append(np.mean([replicates[i] for i in of], axis=0))
    estimate, replicate = np.array(estimates), np.stack(replicates, axis=1)
    se = replicate.std(axis=0)
    # The bound is no rule and does not widen the family.
    rules = np.tile([name != BOUND for name in measured[0].rules], len(RIVALS))
    # Rounded, since a matrix product adds in an order that depends on the processor.
    judged = replicate[..., rules].reshape(len(replicate), -1)
    critical = round(critical_value(estimate[:, rules].ravel(), judged, se[:, rules].ravel(), settings.confidence), 9)
    families = [Family(*row) for row in zip(estimate, estimate - critical * se, estimate + critical * se)]
    return families[: len(measured)], dict(zip(kinds, families[len(measured) :]))


def rule_table(measured: list[Measured], families: list[Family], settings: EvaluationSettings) -> pd.DataFrame:
    """One row a pool and rule, shares of 1.

    accuracy_se: over questions. over_slm_mux, over_same_total: difference from SLM-MUX and from the best model's
    self-consistency with as many samples in all; .._low, .._high: simultaneous over all rows; .._needs: questions that
    would see a true difference of this size (of one comparison alone), empty for 0. cost: what is spent, stopping
    early where the rule can, as a share of SLM-MUX without stopping, in `unit`. rounds: models asked one after the
    other, empty where they are asked at once. mode, simulation_se, note: as in an evaluation.
    """
    rows = []
    for found, intervals in zip(measured, families):
        full = found.rules["slm_mux"].tokens.mean()
        unit = "samples" if np.isnan(found.pool.test.completion_tokens).any() else "tokens"
        for i, (name, e) in enumerate(found.rules.items()):
            row: dict = {"benchmark": found.benchmark, "pool": found.pool.name, "kind": found.kind, "rule": name}
            row |= {"accuracy": e.accuracy, "accuracy_se": e.accuracy_se}
            for n, (key, rival) in enumerate(RIVALS.items()):
                place = n * len(found.rules) + i
                row |= {key: intervals.estimate[place]}
                row |= {f"{key}_low": intervals.low[place], f"{key}_high": intervals.high[place]}
                needed = power_of(e.correct - found.rules[rival].correct, settings.confidence).needed
                row[f"{key}_needs"] = needed if np.isfinite(needed) else np.nan
            spent = e.tokens if e.tokens_with_stopping is None else e.tokens_with_stopping
            row |= {"cost": spent.mean() / full, "unit": unit}
            row |= {"rounds": np.nan if e.rounds is None else e.rounds.mean()}
            rows.append(row | {"mode": e.mode, "simulation_se": e.simulation_se, "note": e.note})
    return pd.DataFrame(rows)


def kind_table(measured: list[Measured], families: Mapping[str, Family]) -> pd.DataFrame:
    """One row a kind of pool and rule: means over the pools of that kind, with intervals of the same family."""
    rows = []
    for kind, intervals in families.items():
        pools = sum(found.kind == kind for found in measured)
        for i, name in enumerate(measured[0].rules):
            row: dict = {"kind": kind, "pools": pools, "rule": name}
            for n, key in enumerate(RIVALS):
                place = n * len(measured[0].rules) + i
                row |= {key: intervals.estimate[place]}
                row |= {f"{key}_low": intervals.low[place], f"{key}_high": intervals.high[place]}
            rows.append(row)
    return pd.DataFrame(rows)


def pool_table(measured: list[Measured], k: int) -> pd.DataFrame:
    """One row a pool: what lossless stopping leaves of the cost, and what consistency can reach at most.

    lossless, lossless_inside: cost of SLM-MUX that stops across models, and inside them too, as a share of the full
    one in `unit`; rounds: models asked. slm_mux, ceiling, ceiling_at_most, oracle: accuracies. `ceiling` is the best
    choice by top counts as validation teaches it, `ceiling_at_most` as the test questions themselves would teach it:
    no choice by top counts does better on them.
    """
    rows = []
    for found in measured:
        test, mux = with_costs(found.pool.test), found.rules["slm_mux"]
        stopped = mux.tokens if mux.tokens_with_stopping is None else mux.tokens_with_stopping
        inside = inside_models(test, np.full(len(test.models), k), found.pool.accuracy)
        rows.append(
            {
                "benchmark": found.benchmark,
                "pool": found.pool.name,
                "kind": found.kind,
                "questions": len(test.question_ids),
                "models": " ".join(test.models),
                "unit": "samples" if np.isnan(found.pool.test.completion_tokens).any() else "tokens",
                "lossless": stopped.mean() / mux.tokens.mean(),
                "lossless_inside": inside.tokens.mean() / mux.tokens.mean(),
                "rounds": inside.rounds.mean(),
                "slm_mux": mux.accuracy,
                "ceiling": found.rules["reachable_ceiling"].accuracy,
                "ceiling_at_most": evaluate(test, k, "reachable_ceiling", validation=test).accuracy,
                "oracle": found.rules[BOUND].accuracy,
            }
        )
    return pd.DataFrame(rows)


def pools_of(benchmark: str, config: Config, validation: Votes, test: Votes) -> list[Pool]:
    """The named pools of a published source; of an own benchmark all models, and the searched subset if it is less."""
    if benchmark in config.published:
        teams = config.pools_of(benchmark)
    else:
        teams, k = {"all": list(validation.models)}, config.evaluation.samples
        if len(validation.models) > 2:
            sizes = rank_subsets(validation, k, range(2, len(validation.models) + 1)).values()
            chosen = max((scores[0] for scores in sizes), key=lambda score: score.objective).models
            teams |= {"searched": list(chosen)} if len(chosen) < len(validation.models) else {}
    return [pool_of(name, models, validation, test) for name, models in teams.items()]


def add_parser(subparsers) -> None:
    subparsers.add_parser("rules", description=__doc__)


def run(args) -> Record:
    config = load_config()
    k, found, inputs = config.evaluation.samples, [], []
    names = [*config.benchmark_names, *config.published_names]
    for name in names:
        validation, test, files = load_splits(name)
        inputs += files
        pools = pools_of(name, config, validation, test)
        found += [(name, pool) for pool in pools if len(pool.test.models) > 1]
    rules = in_processes(evaluate_rules, [pool for _, pool in found], repeat(k))
    measured = [Measured(name, pool, pool.kind(config.pools), r) for (name, pool), r in zip(found, rules)]
    families, kinds = family(measured, config.evaluation)
    tables = {
        "rules": rule_table(measured, families, config.evaluation),
        "kinds": kind_table(measured, kinds),
        "pools": pool_table(measured, k),
    }
    outputs = write_tables(RULES, tables)
    params: dict[str, str | int | float] = {
        "benchmarks": ",".join(names),
        "samples": k,
        "confidence": config.evaluation.confidence,
    }
    metrics = {
        f"{kind}/{row['rule']}/{key}": float(row[key])
        for kind, group in tables["kinds"].groupby("kind", sort=False)
        for row in group.to_dict("records")
        for key in RIVALS
    }
    return Record("rules", params | {"seed": config.evaluation.seed}, metrics, inputs, outputs, outputs)
