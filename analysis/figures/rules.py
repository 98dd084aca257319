"""Every rule on every pool of models: means by kind of pool, and every cell."""

import textwrap
from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analysis.figures.common import legend_above, reach
from analysis.results import percent, verdict
from slmmux.config import Config
from slmmux.errors import InputError
from slmmux.paths import RULES
from slmmux.stages.rules import BOUND, LABELS, RIVALS

KINDS = {"comparable": "comparable models", "mixed": "mixed", "leader": "one model leads"}
TITLES = {
    "over_slm_mux": "minus SLM-MUX",
    "over_same_total": "minus the best model alone, as many samples in all",
}
# Points at which the colour is full.
FULL = 5.0
MEAN = "mean"


def read_rules(name: str) -> pd.DataFrame:
    """A table of the stage `rules`. Raises InputError where it is missing or broken."""
    path = RULES / f"{name}.csv"
    try:
        return pd.read_csv(path)
    except (OSError, ValueError):
        raise InputError(f"{path}: no table of rules; run `dvc repro`") from None


def figures(config: Config) -> dict[str, Callable[[], Figure]]:
    """The pictures of rules and pools. Raises InputError as read_rules does."""
    table, means = read_rules("rules"), read_rules("kinds")
    return {"rules": lambda: rules_by_pools(table, means), "means": lambda: means_by_kind(means)}


def means_by_kind(means: pd.DataFrame) -> Figure:
    """A panel a rival; a row a rule, a mark a kind of pools: the mean difference in points, with its interval.

    Without the oracle, which lies far to the right.
    """
    kinds = [kind for kind in KINDS if kind in set(means["kind"])]
    rules = [name for name in LABELS if name in set(means["rule"]) and name != BOUND][::-1]
    figure = Figure(figsize=(7.2, 0.33 * len(rules) + 1.2))
    for axis, key in zip(figure.subplots(1, len(RIVALS), sharey=True), RIVALS):
        for n, kind in enumerate(kinds):
            rows = means[means["kind"] == kind].set_index("rule").loc[rules]
            height = np.arange(len(rules)) + 0.15 - 0.3 * n
            bars = 100 * reach(rows[key], rows[f"{key}_low"], rows[f"{key}_high"])
            axis.errorbar(100 * rows[key], height, xerr=bars, linestyle="", elinewidth=0.9, label=KINDS[kind])
        axis.axvline(0, color="0.3", linewidth=1)
        axis.set_title(textwrap.fill(TITLES[key], 34), fontsize="small")
        axis.set_xlabel("mean difference, points")
        axis.set_yticks(range(len(rules)), [textwrap.fill(LABELS[rule], 38) for rule in rules], fontsize="small")
        axis.set_ylim(-0.6, len(rules) - 0.4)
        axis.grid(axis="y", visible=False)
    legend_above(figure)
    return figure


def rules_by_pools(table: pd.DataFrame, means: pd.DataFrame) -> Figure:
    """A panel a rival; a row a rule, a column a pool: the difference in points, framed and bold where it is sure.

    means: the same per kind of pools; it stands at the end of the kind.
    """
    table = pd.concat([table, means.assign(benchmark="", pool=MEAN)], ignore_index=True)
    kinds = [kind for kind in KINDS if kind in set(table["kind"])]
    pools = table.drop_duplicates(["kind", "benchmark", "pool"])
    pools = pd.concat([pools[pools["kind"] == kind] for kind in kinds])
    columns = list(zip(pools["kind"], pools["benchmark"], pools["pool"]))
    rules = [name for name in LABELS if name in set(table["rule"])]
    cells = table.set_index(["rule", "kind", "benchmark", "pool"])
    figure = Figure(figsize=(4.6 + 0.42 * len(columns), 0.3 * len(RIVALS) * len(rules) + 3))
    axes = figure.subplots(len(RIVALS), 1, sharex=True)
    for axis, key in zip(axes, RIVALS):
        values = np.array([[cells.loc[(rule, *column), key] for column in columns] for rule in rules])
        axis.imshow(100 * values, cmap="RdBu", vmin=-FULL, vmax=FULL, aspect="auto")
        for y, rule in enumerate(rules):
            for x, column in enumerate(columns):
                row = cells.loc[(rule, *column)]
                said = verdict(row[f"{key}_low"], row[f"{key}_high"])
                sure = rule != BOUND and said != "undecided"
                axis.text(
                    x, y, percent(row[key], sign=True).replace("-", "−"), ha="center", va="center", fontsize=7,
                    fontweight="bold" if sure else "normal",
                    color="white" if abs(100 * row[key]) > 0.6 * FULL else "black",
                )  # fmt: skip
                if sure:
                    axis.add_patch(Rectangle((x - 0.46, y - 0.44), 0.92, 0.88, fill=False, linewidth=1.2))
        axis.set_yticks(range(len(rules)), [LABELS[rule] for rule in rules], fontsize="small")
        axis.grid(visible=False)
        edges = np.cumsum([(pools["kind"] == kind).sum() for kind in kinds])
        for edge in edges:
            axis.axvline(edge - 0.5, color="black", linewidth=1.5)
            axis.axvline(edge - 1.5, color="black", linewidth=0.7)
        for kind, start, end in zip(kinds, [0, *edges[:-1]], edges):
            axis.text((start + end - 1) / 2, -0.7, KINDS[kind], ha="center", va="bottom", fontsize="small")
        axis.set_title(TITLES[key], pad=20, loc="left", fontweight="bold")
    axes[-1].set_xticks(
        range(len(columns)), [f"{pool}, {name}" if name else pool for _, name, pool in columns], rotation=90, fontsize=8
    )
    colours, frames = "blue is better, red is worse", "in a frame: the interval, corrected for all cells, excludes 0"
    figure.supxlabel(f"points of accuracy; {colours}; {frames}", fontsize="medium")
    return figure
