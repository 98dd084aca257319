"""Who answers what, as stacked bars over k, with the paper's pie as one more bar."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.common import across, beside, legend_above
from analysis.paper.numbers import paper_table
from analysis.results import read_tables
from slmmux.config import Config
from slmmux.paths import ATTRIBUTION
from slmmux.stages.attribution import AGREED

# One fill a model, the same in every panel: neighbours are apart in colour, and in lightness when printed grey.
FILLS = ("#F0E442", "#56B4E9", "#0072B2", "#E69F00", "#222222", "#CC79A7")
NOBODY = "white"
# Smaller parts have no error bar, which would hide them.
SMALL = 0.01


def figures(config: Config) -> dict[str, Callable[[], Figure]]:
    """The figure of all benchmarks. Raises InputError as read_tables does."""
    tables = {
        name: found["attribution"]
        for name, found in read_tables(ATTRIBUTION, config.benchmark_names, ["attribution"]).items()
    }
    return {"attribution": lambda: attribution(tables, config.model_names)}


def attribution(tables: dict[str, pd.DataFrame], models: list[str]) -> Figure:
    """A panel a benchmark, a bar a k: questions on which all models agree, and whose answer is taken on the rest.

    tables: benchmark → `attribution.csv`. models: those of the study, in order, which gives each its fill. Error
    bars: one standard error over questions of the share up to that edge. The paper's bar has none, since it
    publishes none; its three models are drawn in grey, being others than ours.
    """
    columns = across(len(tables))
    rows = -(-len(tables) // columns)
    figure = Figure(figsize=(3.1 * columns + 1.5, 2.9 * rows + 0.6))
    grid = figure.add_gridspec(rows, columns + 1, width_ratios=[*[1] * columns, 0.28])
    fills = {AGREED: NOBODY} | {model: FILLS[i % len(FILLS)] for i, model in enumerate(models)}
    for i, (name, table) in enumerate(tables.items()):
        ax = figure.add_subplot(grid[i // columns, i % columns])
        for by in table["answered_by"].unique():
            part = table[table["answered_by"] == by]
            share, up_to = 100 * part["share"], 100 * part["up_to"]
            ax.bar(
                part["samples"], share, 0.8, bottom=up_to - share, color=fills[by], edgecolor="black",
                linewidth=0.5, label=by,
            )  # fmt: skip
        edges = table["answered_by"].unique()[:-1]
        for i, by in enumerate(edges):
            part = table[(table["answered_by"] == by) & (table["share"] >= SMALL)]
            # Side by side: near edges have bars that would cover each other.
            ax.errorbar(
                beside(part["samples"], i, len(edges), 0.16), 100 * part["up_to"], 100 * part["up_to_se"],
                linestyle="", marker="", color="black", elinewidth=0.8, capsize=1.5,
            )  # fmt: skip
        ax.set(title=name, xlabel="k, samples per model", ylabel="questions, % ± SE", ylim=(0, 100))
        ax.set_xticks(table["samples"].unique())
        ax.grid(visible=False)
    _papers(figure.add_subplot(grid[0, columns]))
    legend_above(figure, columns=4)
    return figure


def _papers(ax: Axes) -> None:
    table = paper_table("attribution")
    bottoms = np.cumsum([0, *table["share"]])
    greys = ("white", "0.6", "0.8", "0.35")
    for (_, row), bottom, grey in zip(table.iterrows(), bottoms, greys):
        ax.bar([0], [row["share"]], 0.8, bottom=bottom, color=grey, edgecolor="black", linewidth=0.5)
        if row["share"] > 5:
            label = f"{row['answered_by'].replace(' ', chr(10))}\n{row['share']} %"
            ax.text(0, bottom + row["share"] / 2, label, ha="center", va="center", fontsize="x-small")
        else:
            ax.annotate(
                f"{row['answered_by']} {row['share']} %", (0, bottom + row["share"]), (0, 2), fontsize="x-small",
                textcoords="offset points", ha="center", va="bottom", annotation_clip=False,
            )  # fmt: skip
    ax.set_title("paper\n" + f"{table['benchmark'][0]}, k = {table['samples'][0]}", fontsize="small", pad=14)
    ax.set(ylim=(0, 100), xlim=(-0.55, 0.55), xticks=[])
    ax.tick_params(labelleft=False)
    ax.grid(visible=False)
