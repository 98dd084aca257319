"""The paper's claims as a forest plot: own benchmarks, pools of published models, and the paper's Table 1."""

from statistics import NormalDist
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.common import reach
from analysis.paper.numbers import METHOD_NAMES

WIDTH = 36  # characters of a line of a label
IN_ROW = 7  # intervals that a row of the usual height can hold
SIGNS = {"above": ">", "below": "<"}


def claims(ours: pd.DataFrame, paper: pd.DataFrame, level: float) -> Figure:
    """A row a claim; own benchmarks on the left, pools of published models in the middle, the paper's on the right.

    Right of zero is what the claim says; a claim that something is below counts the other way round.

    ours: `claims_table`; paper: `paper_claims`, whose intervals of `level` are difference ± z se, as of independent
    runs.
    """
    stated = ours.drop_duplicates(["first", "second"])[["first", "claimed", "second"]].reset_index(drop=True)
    names = [
        f"{METHOD_NAMES[r.first]}\n{fill(f'{SIGNS[r.claimed]} {METHOD_NAMES[r.second]}', WIDTH)}"
        for r in stated.itertuples()
    ]
    z = NormalDist().inv_cdf((1 + level) / 2)
    printed = paper.assign(low=paper["difference"] - z * paper["se"], high=paper["difference"] + z * paper["se"])
    printed = printed.merge(stated, on=["first", "second"])
    own, pools = ours[ours["kind"] == "own"], ours[ours["kind"] != "own"]
    shown = [(own, "own benchmarks", "benchmark")]
    if len(pools):
        shown.append((pools, "pools of published models", "kind"))
    shown.append((printed, "the paper's Table 1", "benchmark"))
    # A claim on many pools has a higher row, so that no interval covers another.
    counts = pd.concat([table.value_counts(["first", "second"]) for table, _, _ in shown], axis=1).max(axis=1)
    heights = [max(1.0, counts[r.first, r.second] / IN_ROW) for r in stated.itertuples()]
    edges = np.cumsum([0.0, *heights])
    rows = {
        (r.first, r.second): (edge + height / 2, height) for r, edge, height in zip(stated.itertuples(), edges, heights)
    }
    figure = Figure(figsize=(2.5 * len(shown) + 2.3, 0.46 * edges[-1] + 1.3))
    axes = figure.subplots(1, len(shown), sharey=True)
    for ax, (table, title, series) in zip(axes, shown):
        _panel(ax, table, rows, series)
        for edge in edges[1:-1]:
            ax.axhline(edge, color="0.9", linewidth=0.6)
        ax.set(title=title, xlabel=f"points, {100 * level:g} % interval")
        ax.axvline(0, color="0.3", linewidth=1)
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -1.1 / edges[-1]), ncols=2)
    axes[0].set_yticks([centre for centre, _ in rows.values()], names, fontsize="small")
    axes[0].set_ylim(edges[-1] + 0.1, -0.1)
    return figure


def _panel(ax: Axes, table: pd.DataFrame, rows: dict[tuple[str, str], tuple[float, float]], series: str) -> None:
    """The differences of one table; the values of its column `series` have a colour and a mark each.

    rows: (first, second) of a claim → centre and height of its row.
    """
    labels = list(dict.fromkeys(table[series]))
    sign = table["claimed"].map({"above": 1, "below": -1})
    table = table.assign(
        value=sign * table["difference"],
        low=table["low"].where(sign > 0, -table["high"]),
        high=table["high"].where(sign > 0, -table["low"]),
        y=[rows[key][0] for key in zip(table["first"], table["second"])],
        height=[rows[key][1] for key in zip(table["first"], table["second"])],
    )
    # Of one claim, all rows of the same label stand one below the other.
    table = table.sort_values(
        ["y", series], key=lambda column: column.map(labels.index) if column.name == series else column
    )
    place, of = table.groupby("y").cumcount(), table.groupby("y")["y"].transform("size")
    table["y"] += (place - (of - 1) / 2) * (0.8 * table["height"] / of.clip(lower=3))
    for name in labels:
        of_name = table[table[series] == name]
        bars = reach(of_name["value"], of_name["low"], of_name["high"])
        ax.errorbar(of_name["value"], of_name["y"], xerr=bars, linestyle="", elinewidth=0.9, markersize=4, label=name)
    ax.grid(axis="y", visible=False)
