"""The tables of the page on when orchestrating several models pays."""

from collections.abc import Sequence

import pandas as pd

from analysis.results import decision, percent, verdict, with_interval
from slmmux.stages.gain_map import GAINS
from slmmux.stages.pools import RIVALS

CLASSES = {"close": "comparable", "between": "between", "far": "one far ahead"}
RULES = {
    "always": "one answer for all sets",
    "gap": "the gap",
    "complementarity": "how often others are right where the best is wrong",
    "ties": "ties in confidence",
    "sure_when_wrong": "agreement on wrong answers",
    "linear": "all four, linearly",
}

Tables = dict[str, dict[str, pd.DataFrame]]


def pooled(maps: Tables, size: int, gap: str) -> pd.Series:
    """Means over all subsets of a size and class of gaps in all benchmarks; `subsets` their number."""
    rows = pd.concat([found["by_gap"] for found in maps.values()], ignore_index=True)
    rows = rows[(rows["size"] == size) & (rows["gap"] == gap)]
    values = rows.drop(columns=["size", "samples", "gap", "subsets"])
    mean = values.mul(rows["subsets"], axis=0).sum() / rows["subsets"].sum()
    return pd.concat([mean, pd.Series({"subsets": rows["subsets"].sum()})])


def gap_table(maps: Tables, size: int) -> str:
    """One row a benchmark and class of gaps, of subsets of that size: mean gains, and the share that gain."""
    names = [f"over {text}" for text in GAINS.values()]
    lines = [f"| benchmark | models | sets | {' | '.join(names)} |", "|---" * (3 + len(names)) + "|"]
    for benchmark, found in maps.items():
        of_size = found["by_gap"][found["by_gap"]["size"] == size]
        for row in of_size.to_dict("records"):
            cells = []
            for name in GAINS:
                up, sure, below = (
                    percent(row[f"{name}_{end}"], digits=0)
                    for end in ("positive", "surely_positive", "surely_negative")
                )
                cells.append(f"{percent(row[name], True)} ({up} %; surely {sure} % above, {below} % below)")
            start = f"{benchmark} | {CLASSES[row['gap']]} | {row['subsets']}"
            lines.append(f"| {start} | {' | '.join(cells)} |")
    return "\n".join(lines)


def mean_gap_table(maps: Tables, size: int) -> str:
    """One row a class of gaps: mean gains in points over the subsets of all benchmarks."""
    lines = [f"| models | sets | {' | '.join(f'over {text}' for text in GAINS.values())} |"]
    lines.append("|---" * (2 + len(GAINS)) + "|")
    for gap, words in CLASSES.items():
        row = pooled(maps, size, gap)
        if not row["subsets"]:
            lines.append(f"| {words} | 0 |{' – |' * len(GAINS)}")
            continue
        cells = [f"{percent(row[name], True)} ({percent(row[f'{name}_positive'], digits=0)} % gain)" for name in GAINS]
        lines.append(f"| {words} | {row['subsets']:.0f} | {' | '.join(cells)} |")
    return "\n".join(lines)


def pool_counts(tables: Tables, k: int) -> str:
    """One row a kind of pool: over each rival the mean gain, and in how many pools it is surely above or below."""
    rows = at_samples(tables, k)
    rivals = [name for name in RIVALS if (rows["rival"] == name).any()]
    heads = [f"over {RIVALS[name][1]}" for name in rivals]
    lines = [f"| kind | pools | {' | '.join(heads)} |", "|---" * (2 + len(heads)) + "|"]
    for kind, group in rows.groupby("kind", sort=False):
        cells = []
        for rival in rivals:
            of = group[group["rival"] == rival]
            said = [verdict(*limits) for limits in zip(of["gain_low"], of["gain_high"])]
            counts = ", ".join(f"{said.count(one)} {one}" for one in ("above", "undecided", "below") if one in said)
            cells.append(f"{percent(of['gain'].mean(), True)} ({counts})" if len(of) else "–")
        number = len(group.drop_duplicates(["benchmark", "pool"]))
        lines.append(f"| {kind} | {number} | {' | '.join(cells)} |")
    return "\n".join(lines)


def at_samples(tables: Tables, k: int) -> pd.DataFrame:
    """The comparisons of all benchmarks' pools at k samples a model."""
    rows = pd.concat([found["comparisons"].assign(benchmark=name) for name, found in tables.items()])
    return rows[rows["samples"] == k]


def pool_rows(tables: Tables, samples: Sequence[int]) -> str:
    """One row a pool and number of samples: SLM-MUX, and its gain over each rival with interval and verdict."""
    rivals = [name for name in RIVALS if any((t["comparisons"]["rival"] == name).any() for t in tables.values())]
    heads = [f"minus {RIVALS[name][1]}" for name in rivals]
    lines = [f"| pool | kind | samples | SLM-MUX, % | {' | '.join(heads)} |", "|---" * (4 + len(heads)) + "|"]
    for benchmark, found in tables.items():
        shown = found["comparisons"][found["comparisons"]["samples"].isin(samples)]
        for (pool, k), group in shown.groupby(["pool", "samples"], sort=False):
            rows = group.set_index("rival")
            first = rows.iloc[0]
            cells = [_cell(rows.loc[name]) if name in rows.index else "–" for name in rivals]
            start = f"{benchmark}, {pool} | {first['kind']} | {k}"
            accuracy = f"{percent(first['accuracy'])} ± {percent(first['accuracy_se'])}"
            lines.append(f"| {start} | {accuracy} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(row: pd.Series) -> str:
    note = f", all {row['rival_samples']} samples" if row["capped"] else ""
    limits = row["gain_low"], row["gain_high"]
    said = decision(*limits, row["gain_needs"], row["questions"])
    return f"{with_interval(row['gain'], *limits)} {f'**{said}**' if said == 'below' else f'*{said}*'}{note}"


def rule_table(maps: Tables, sizes: Sequence[int], gains: Sequence[str]) -> str:
    """One row a benchmark, size and gain of these: the error of each rule of thumb on models it never saw."""
    several = len(sizes) > 1 or len(gains) > 1
    heads = ["benchmark", *(("models", "gain over") if several else ()), *RULES.values(), "the rule by the gap"]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for benchmark, found in maps.items():
        for (size, gain), group in found["rules"].groupby(["size", "gain"], sort=False):
            if size not in sizes or gain not in gains:
                continue
            rows = group.set_index("rule")
            errors = [percent(rows.loc[name, "held_out_error"], digits=0) for name in RULES]
            limit, side = 100 * rows.loc["gap", "limit"], rows.loc["gap", "side"]
            rule = "always" if limit < 0 else f"{side} {limit:.1f} points"
            start = [benchmark, *((str(size), GAINS[gain]) if several else ())]
            lines.append(f"| {' | '.join([*start, *errors, rule])} |")
    return "\n".join(lines)


def objective_rows(tables: Tables) -> str:
    """One row a benchmark and criterion, over subsets of all sizes: rank correlation, and its choice's regret."""
    lines = [
        "| benchmark | sets are ranked by | rank correlation with test accuracy | regret, points | "
        "over the best model's self-consistency, points ± SE |",
        "|---|---|---|---|---|",
    ]
    names = {"direct": "exact accuracy of SLM-MUX", "members": "mean accuracy of the models"}
    for benchmark, found in tables.items():
        table = found["objective"]
        for row in table[(table["sizes"] == "all") & (table["criterion"] != "iclr_package")].to_dict("records"):
            name = names.get(row["criterion"]) or f"the paper's O(S), λ = {row['lambda']:g}"
            rank = f"{row['rank_test']:.2f} [{row['rank_test_low']:.2f}, {row['rank_test_high']:.2f}]"
            over = f"{percent(row['over_best'], True)} ± {percent(row['over_best_se'])}"
            lines.append(f"| {benchmark} | {name} | {rank} | {percent(row['loss'])} | {over} |")
    return "\n".join(lines)


def curse_table(tables: Tables) -> str:
    """One row a benchmark and set of candidates: what choosing the best of them on validation costs."""
    lines = [
        "| benchmark | candidates | how many | winner, validation % | of that, owed to choosing | test % | regret |",
        "|---|---|---|---|---|---|---|",
    ]
    for benchmark, found in tables.items():
        for row in found["winners_curse"].to_dict("records"):
            cells = [percent(row[key]) for key in ("validation_accuracy", "optimism", "test_accuracy", "regret")]
            lines.append(f"| {benchmark} | {row['candidates']} | {row['number']} | {' | '.join(cells)} |")
    return "\n".join(lines)
