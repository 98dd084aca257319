"""SLM-MUX on pools of published models against its rivals, and whether the paper's objective ranks such pools."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.figures.common import legend_above, panels, reach
from analysis.results import read_tables
from slmmux.config import Config
from slmmux.paths import OBJECTIVE, POOLS

RIVALS = {
    "same_total": "over the best model's self-consistency, as many samples in all",
    "agent_forest": "over Agent Forest",
}
KINDS = ("comparable", "mixed", "leader")
CRITERIA = {"direct": "exact accuracy on validation", "members": "mean accuracy of the models"}


def figures(config: Config) -> dict[str, Callable[[], Figure]]:
    """The figures of the published benchmarks, if there are any. Raises InputError as read_tables does."""
    if not config.published_names:
        return {}
    pools = read_tables(POOLS, config.published_names, ["comparisons"])
    ranked = read_tables(OBJECTIVE, config.published_names, ["objective"])
    k, level = config.evaluation.samples, config.evaluation.confidence
    return {
        "pools": lambda: pool_gains({name: found["comparisons"] for name, found in pools.items()}, k, level),
        "objective_on_pools": lambda: objective({name: found["objective"] for name, found in ranked.items()}),
    }


def pool_gains(tables: dict[str, pd.DataFrame], k: int, level: float) -> Figure:
    """A row a pool, comparable ones first: points that SLM-MUX gains over two rivals at k samples, with intervals."""
    every = pd.concat([table.assign(benchmark=name) for name, table in tables.items()], ignore_index=True)
    every = every[every["samples"] == k]
    rows = every.drop_duplicates(["benchmark", "pool"])
    kinds = [kind for kind in KINDS if kind in set(rows["kind"])]
    rows = sorted(rows.itertuples(), key=lambda row: kinds.index(row.kind))
    figure = Figure(figsize=(7.6, 0.3 * len(rows) + 1.6))
    ax = figure.subplots()
    height = {(row.benchmark, row.pool): -i - 0.8 * kinds.index(row.kind) for i, row in enumerate(rows)}
    for n, (rival, label) in enumerate(RIVALS.items()):
        here = every[every["rival"] == rival]
        y = [height[row.benchmark, row.pool] + 0.15 - 0.3 * n for row in here.itertuples()]
        bars = 100 * reach(here["gain"], here["gain_low"], here["gain_high"])
        ax.errorbar(100 * here["gain"], y, xerr=bars, linestyle="", elinewidth=0.9, label=label)
    ax.axvline(0, color="0.3", linewidth=1)
    labels = [f"{row.kind}: {row.pool}, {row.benchmark}" for row in rows]
    ax.set_yticks([height[row.benchmark, row.pool] for row in rows], labels, fontsize="small")
    ax.grid(axis="y", visible=False)
    ax.set_xlabel(f"gain of SLM-MUX at {k} samples a model, points ({100 * level:g} % interval)")
    legend_above(figure, columns=1)
    return figure


def objective(tables: dict[str, pd.DataFrame]) -> Figure:
    """A panel a benchmark: how well O(S) on validation ranks all subsets by accuracy on test, by lambda."""
    figure, axes = panels(len(tables), sharey=True, height=2.7)
    for ax, (name, table) in zip(axes, tables.items()):
        here = table[table["sizes"] == "all"]
        paper = here[here["criterion"] == "paper"]
        bars = reach(paper["rank_test"], paper["rank_test_low"], paper["rank_test_high"])
        ax.errorbar(paper["lambda"], paper["rank_test"], yerr=bars, label="O(S), the paper's")
        for n, (criterion, label) in enumerate(CRITERIA.items(), start=1):
            row = here[here["criterion"] == criterion].iloc[0]
            ax.axhline(row["rank_test"], color=f"C{n}", linestyle=("--", "-.")[n - 1], label=label)
        ax.axvline(1, color="0.6", linewidth=0.8, linestyle=":")
        ax.set_title(name)
        ax.set_xlabel("λ, weight of the contradiction")
        ax.set_xticks(np.unique(paper["lambda"]))
        ax.set_ylabel("rank correlation\nwith test accuracy")
    legend_above(figure)
    return figure
