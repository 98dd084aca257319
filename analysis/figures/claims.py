"""The paper's claims about its Table 1 as a forest plot: what was measured here beside what the paper printed."""

from statistics import NormalDist

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.common import beside, reach
from analysis.paper.numbers import METHOD_NAMES

SIGNS = {"above": ">", "below": "<"}


def claims(ours: pd.DataFrame, paper: pd.DataFrame, level: float) -> Figure:
    """A row a claim, ours on the left and the paper's on the right; right of zero is what the claim says.

    ours: `claims_table`; paper: `paper_claims`, whose intervals of `level` are difference ± z se, as of independent
    runs. A claim that something is below counts the other way round.
    """
    stated = ours.drop_duplicates(["first", "second"])[["first", "claimed", "second"]].reset_index(drop=True)
    names = [f"{METHOD_NAMES[r.first]}\n{SIGNS[r.claimed]} {METHOD_NAMES[r.second]}" for r in stated.itertuples()]
    z = NormalDist().inv_cdf((1 + level) / 2)
    printed = paper.assign(low=paper["difference"] - z * paper["se"], high=paper["difference"] + z * paper["se"])
    printed = printed.merge(stated, on=["first", "second"])
    figure = Figure(figsize=(10.4, 0.5 * len(stated) + 1.3))
    left, right = figure.subplots(1, 2, sharey=True)
    for ax, table, title in ((left, ours, "measured here"), (right, printed, "the paper's Table 1")):
        _panel(ax, table, stated)
        ax.set(title=title, xlabel=f"points as claimed, {100 * level:g} % interval")
        ax.axvline(0, color="0.3", linewidth=1)
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.5 / len(stated) - 0.06), ncols=3)
    left.set_yticks(range(len(stated)), names, fontsize="small")
    left.set_ylim(len(stated) - 0.4, -0.6)
    return figure


def _panel(ax: Axes, table: pd.DataFrame, stated: pd.DataFrame) -> None:
    places = {(r.first, r.second): place for place, r in enumerate(stated.itertuples())}
    benchmarks = list(dict.fromkeys(table["benchmark"]))
    sign = table["claimed"].map({"above": 1, "below": -1})
    table = table.assign(
        value=sign * table["difference"],
        low=table["low"].where(sign > 0, -table["high"]),
        high=table["high"].where(sign > 0, -table["low"]),
        y=[places[key] for key in zip(table["first"], table["second"])],
    )
    for i, name in enumerate(benchmarks):
        rows = table[table["benchmark"] == name]
        bars = reach(rows["value"], rows["low"], rows["high"])
        y = beside(rows["y"], i, len(benchmarks), 0.22)
        ax.errorbar(rows["value"], y, xerr=bars, linestyle="", elinewidth=0.9, label=name)
    for place in range(len(stated) - 1):
        ax.axhline(place + 0.5, color="0.9", linewidth=0.6)
    ax.grid(axis="y", visible=False)
