"""How far exhaustive search reaches, and what the samplers find beyond, by the number of simulated models."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullFormatter, ScalarFormatter

from analysis.figures.common import reach
from analysis.figures.search import SAMPLERS
from slmmux.config import Config
from slmmux.paths import POOL_SIZE

WAYS = {"budgets": "every budget", "subsets": "every subset, one k", "objective": "O(S), K = 2..5"}
# Times are measured in hundredths of a second.
SHORTEST = 0.01
# Factor between samplers around a pool's size, so that no bar covers another.
APART = 1.05


def figures(config: Config) -> dict[str, Callable[[], Figure]]:
    """The figure, where `make pool-size` has run."""
    files = [POOL_SIZE / f"{name}.csv" for name in ("exhaustive", "samplers")]
    if not all(file.exists() for file in files):
        return {}
    return {"pool_size": lambda: pool_size(*map(pd.read_csv, files))}


def pool_size(exhaustive: pd.DataFrame, samplers: pd.DataFrame) -> Figure:
    """Seconds of each way against the pool's size; what the samplers reach after the last trial, over seeds.

    exhaustive, samplers: the tables of `make pool-size`. Two measures, since a sampler that looks for the whole front
    can find much of it and still miss the most accurate budget.
    """
    figure = Figure(figsize=(11.5, 3.7))
    cost, regret, share = figure.subplots(1, 3)
    last = samplers[samplers["trials"] == samplers["trials"].max()]
    trials = last["trials"].iloc[0]
    for way, rows in exhaustive.groupby("way", sort=False):
        seconds = rows["seconds"].clip(lower=SHORTEST)
        (line,) = cost.plot(rows["models"], seconds, label=WAYS[way])
        projected = ~rows["measured"]
        cost.plot(
            rows["models"][projected], seconds[projected], linestyle="", mfc="white", mec=line.get_color(),
            marker=line.get_marker(), zorder=3,
        )  # fmt: skip
    tpe = last[last["sampler"] == "tpe"]
    cost.plot(tpe["models"], tpe["study_seconds"], label=f"{SAMPLERS['tpe']}, {trials} trials")
    cost.set(yscale="log", ylabel="seconds of one core (log; open: projected)", title="What trying all costs")
    cost.legend()
    _by_sampler(regret, last, "regret")
    regret.set(ylabel=f"points below the best, {trials} trials", title="Regret of accuracy", ylim=(0, None))
    _by_sampler(share, last, "hypervolume_share")
    share.set(ylabel="share of the best, %", title="Hypervolume of the front", ylim=(None, 100))
    share.legend(loc="lower left")
    for ax in (cost, regret, share):
        ax.set(xscale="log", xlabel="models in the pool (log)")
        ax.xaxis.set_major_locator(FixedLocator(sorted(set(last["models"]))))
        ax.xaxis.set_major_formatter(ScalarFormatter())
        ax.xaxis.set_minor_formatter(NullFormatter())
    return figure


def _by_sampler(ax: Axes, rows: pd.DataFrame, name: str) -> None:
    """Means over seeds, with their range as bars."""
    found = list(rows.groupby("sampler", sort=False))
    for i, (sampler, of) in enumerate(found):
        x = of["models"] * APART ** (i - (len(found) - 1) / 2)
        bars = 100 * reach(of[name], of[f"{name}_low"], of[f"{name}_high"])
        ax.errorbar(np.asarray(x), 100 * of[name], yerr=bars, elinewidth=0.9, label=SAMPLERS[sampler])
