"""slmmux map BENCHMARK: what SLM-MUX gains on every pair and triple of models, and what tells it beforehand.

Exact accuracies on the test split of SLM-MUX, of the best member's self-consistency with as many samples and with as
many samples in all, and of Agent Forest. Beside them what validation tells of the subset, and rules of thumb that
predict the sign of a gain, with their errors on models they never saw.
"""

from collections.abc import Callable, Iterable
from itertools import combinations, repeat

import numpy as np
import pandas as pd

from slmmux.config import load_config
from slmmux.files import whole_file
from slmmux.orchestration import agent_forest
from slmmux.orchestration.evaluate import evaluate
from slmmux.orchestration.grid import equal_budgets
from slmmux.paths import GAIN_MAP
from slmmux.processes import in_processes
from slmmux.result_files import write_results
from slmmux.selection.pool_predictors import PREDICTORS, predictors
from slmmux.selection.rules_of_thumb import held_out_errors
from slmmux.settings import MapSettings
from slmmux.stages.study import flat, load_splits
from slmmux.theory.majority import self_consistency
from slmmux.tracking.record import Record
from slmmux.votes.votes import Votes

# Gain over the rival → its words.
GAINS = {
    "over_same_samples": "the best model's self-consistency, as many samples as one model",
    "over_same_total": "the best model's self-consistency, as many samples in all",
    "over_forest": "Agent Forest",
}
# Equal values must be equal on every machine: they are ranked, and compared with 0 and with limits.
DIGITS = 12
# Subsets whose Agent Forest is computed together; no number depends on it.
SHARE = 600
# Standard errors that a gain must be away from 0 to count as sure, at 95 %.
SURE = 1.96


def gain_map(
    validation: Votes, test: Votes, settings: MapSettings, each: Callable[..., Iterable[np.ndarray]] = map
) -> pd.DataFrame:
    """One row a subset of models and number of samples.

    models:  numbers of the members in the votes, joined by "+". size, samples: K and k.
    accuracy:  of SLM-MUX, expected over all draws. The best member, and the order of tied models, by validation.
    over_*, over_*_se:  SLM-MUX minus the rival (see GAINS), and its standard error over questions. As many samples in
                        all: min(K k, pool) of the best member. NaN for Agent Forest beyond settings.forest_states.
    gap, complementarity, ties, sure_when_wrong:  on validation, see selection.pool_predictors.

    Shares of 1, rounded to DIGITS. each: applies a function to parts of the subsets, as `map` does, perhaps several
    at a time. Raises InputError where k exceeds a pool.
    """
    accuracy = validation.accuracy()
    smallest = int(test.pool.min())
    needed = {min(factor * k, smallest) for size in settings.sizes for k in settings.samples for factor in (1, size)}
    alone = {k: self_consistency(test, k) for k in sorted(needed)}
    subsets_of = {size: np.array(list(combinations(range(len(test.models)), size))) for size in settings.sizes}
    forests = _forests(test, subsets_of, settings, each)
    parts = []
    for size, subsets in subsets_of.items():
        best = subsets[np.arange(len(subsets)), accuracy[subsets].argmax(axis=1)]
        for k in settings.samples:
            _, correct = equal_budgets(test, accuracy, [k], [size])
            mux, total = correct[:, 0], min(size * k, smallest)
            gaps = {
                "over_same_samples": mux - alone[k][:, best].T,
                "over_same_total": mux - alone[total][:, best].T,
            }
            if (size, k) in forests:
                gaps["over_forest"] = mux - forests[size, k]
            table = {"models": ["+".join(map(str, s)) for s in subsets.tolist()], "size": size, "samples": k}
            table["accuracy"] = mux.mean(axis=1)
            for name, gap in gaps.items():
                table[name] = gap.mean(axis=1)
                table[f"{name}_se"] = gap.std(axis=1, ddof=1) / np.sqrt(gap.shape[1])
            parts.append(pd.DataFrame(table | predictors(validation, subsets, k)))
    return pd.concat(parts, ignore_index=True).round(DIGITS)


def _forests(
    votes: Votes, subsets_of: dict[int, np.ndarray], settings: MapSettings, each: Callable[..., Iterable[np.ndarray]]
) -> dict[tuple[int, int], np.ndarray]:
    """(size, samples) -> (S, Q) float: P(Agent Forest is right), where its states are few enough."""
    shares = [
        (size, k, subsets[start : start + SHARE])
        for size, subsets in subsets_of.items()
        for k in settings.samples
        if (k + 1) ** size <= settings.forest_states
        for start in range(0, len(subsets), SHARE)
    ]
    # The longest first, so that several at a time end together.
    shares.sort(key=lambda share: -len(share[2]) * (share[1] + 1) ** share[0])
    sizes, samples, subsets = zip(*shares) if shares else ((), (), ())
    found: dict[tuple[int, int], list[tuple[int, np.ndarray]]] = {}
    for size, k, share, correct in zip(sizes, samples, subsets, each(_forest, repeat(votes), subsets, samples)):
        found.setdefault((size, k), []).append((share[0].tolist(), correct))
    # In the order of their first subsets.
    ordered = {key: [correct for _, correct in sorted(parts, key=lambda part: part[0])] for key, parts in found.items()}
    return {key: np.concatenate(parts) for key, parts in ordered.items()}


def _forest(votes: Votes, subsets: np.ndarray, k: int) -> np.ndarray:
    """(S, Q) float: P(Agent Forest is right); all subsets at once where all pools are of one size."""
    if (votes.pool == votes.pool[0]).all():
        return agent_forest.evaluate_subsets(votes, subsets, k)
    names = np.array(votes.models)
    return np.array([evaluate(votes, k, "agent_forest", models=names[subset].tolist()).correct for subset in subsets])


def members(table: pd.DataFrame) -> np.ndarray:
    """(rows, size) int: the model numbers of the rows of one size."""
    return np.array([text.split("+") for text in table["models"]], dtype=int)


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """One row a size, number of samples and gain: its mean, the share of subsets above 0, and surely above or below."""
    rows = []
    for (size, k), group in table.groupby(["size", "samples"]):
        for name in GAINS:
            gain, se = group[name], group[f"{name}_se"]
            if gain.isna().all():
                continue
            row = {"size": size, "samples": k, "gain": name, "subsets": len(group), "mean": gain.mean()}
            row |= {"positive": (gain > 0).mean(), "surely_positive": (gain > SURE * se).mean()}
            row |= {"surely_negative": (gain < -SURE * se).mean(), "smallest": gain.min(), "largest": gain.max()}
            row |= {f"rank_{predictor}": gain.corr(group[predictor], "spearman") for predictor in PREDICTORS}
            rows.append(row)
    return pd.DataFrame(rows)


def by_gap(table: pd.DataFrame, settings: MapSettings) -> pd.DataFrame:
    """One row a size and class of gaps, at settings.rule_samples samples a model: the answer in short.

    gap:  'close' up to settings.close_gap, 'far' from settings.far_gap on, else 'between'; without an empty class.
    over_*, over_*_positive, over_*_surely_positive, over_*_surely_negative:  mean gain, and shares of the subsets.
    """
    here = table[table["samples"] == settings.rule_samples]
    close, far = here["gap"] <= settings.close_gap, here["gap"] >= settings.far_gap
    rows = []
    for size in settings.sizes:
        for name, chosen in (("close", close), ("between", ~close & ~far), ("far", far)):
            group = here[chosen & (here["size"] == size)]
            if group.empty:
                continue
            row = {"size": size, "samples": settings.rule_samples, "gap": name, "subsets": len(group)}
            for gain in GAINS:
                known = group[group[gain].notna()]
                row[gain] = known[gain].mean()
                row[f"{gain}_positive"] = (known[gain] > 0).mean()
                row[f"{gain}_surely_positive"] = (known[gain] > SURE * known[f"{gain}_se"]).mean()
                row[f"{gain}_surely_negative"] = (known[gain] < -SURE * known[f"{gain}_se"]).mean()
            rows.append(row)
    return pd.DataFrame(rows)


def rules(table: pd.DataFrame, k: int) -> pd.DataFrame:
    """One row a size, gain and rule, for k samples a model; see selection.rules_of_thumb.held_out_errors.

    Without a size of which there are no two subsets that share no model: nothing could be held out.
    """
    parts = [pd.DataFrame(columns=["rule", "limit", "side", "error", "held_out_error", "held_out_loss"])]
    for size, group in table[table["samples"] == k].groupby("size"):
        if members(group).max() + 1 < 2 * size:
            continue
        features = {name: group[name].to_numpy() for name in PREDICTORS}
        for name in (name for name in GAINS if group[name].notna().all()):
            found = held_out_errors(features, group[name].to_numpy(), members(group))
            parts.append(found.assign(size=size, samples=k, gain=name, subsets=len(group)))
    return pd.concat(parts[1:] or parts, ignore_index=True)


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("map", description=__doc__)
    parser.add_argument("benchmark")


def run(args) -> Record:
    config, name = load_config(), args.benchmark
    validation, test, inputs = load_splits(name)
    table = gain_map(validation, test, config.map, in_processes)
    rule = rules(table, config.map.rule_samples)
    file = GAIN_MAP / name / "map.parquet"
    with whole_file(file) as temporary:
        numbers = table.select_dtypes("float").columns
        # Enough digits to draw, few enough that the file stays small and sums of floats do not show.
        table.assign(**table[numbers].round(5).astype("float32")).to_parquet(temporary, index=False, compression="zstd")
    totals, gaps = summary(table), by_gap(table, config.map)
    shown = totals[totals["samples"] == config.map.rule_samples]
    metrics = {
        f"size_{row['size']}/{row['gain']}/{key}": float(row[key])
        for row in shown.to_dict("records")
        for key in ("mean", "positive", "surely_positive", "surely_negative")
    }
    metrics |= {
        f"size_{row['size']}/{row['gain']}/{row['rule']}/held_out_error": float(row["held_out_error"])
        for row in rule.to_dict("records")
    }
    models = pd.DataFrame({"number": range(len(test.models)), "model": test.models})
    models["accuracy"] = validation.accuracy()
    outputs = [
        file,
        *write_results(GAIN_MAP / name, {"models": models, "summary": totals, "by_gap": gaps, "rules": rule}, metrics),
    ]
    params = {"benchmark": name, "models": len(test.models)} | flat(config.map.model_dump())
    return Record(f"map@{name}", params, metrics, inputs, outputs, outputs[1:])
