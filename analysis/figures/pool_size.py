"""How far exhaustive search reaches, and what the samplers find beyond, by the number of simulated models."""

from collections.abc import Callable

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.common import beside, reach
from analysis.figures.search import SAMPLERS
from slmmux.config import Config
from slmmux.paths import POOL_SIZE

WAYS = {"budgets": "every budget", "subsets": "every subset, one k", "objective": "O(S), K = 2..5"}
# Times are measured in hundredths of a second.
SHORTEST = 0.01
# Longer than this is called never.
LIFETIME = 100 * 365 * 86400
# Between samplers around a pool, so that no bar covers another.
APART = 0.18


def figures(config: Config) -> dict[str, Callable[[], Figure]]:
    """The figure, where `make pool-size` has run."""
    files = [POOL_SIZE / f"{name}.csv" for name in ("exhaustive", "samplers")]
    if not all(file.exists() for file in files):
        return {}
    return {"pool_size": lambda: pool_size(*map(pd.read_csv, files))}


def pool_size(exhaustive: pd.DataFrame, samplers: pd.DataFrame) -> Figure:
    """Seconds of each way against the pool's size; what the samplers reach after the last trial, over seeds.

    exhaustive, samplers: the tables of `make pool-size`. Two measures, since a sampler that looks for the whole front
    can find much of it and still miss the most accurate budget. Pools stand at equal distances, so that no sampler's
    bar covers another's.
    """
    figure = Figure(figsize=(9.6, 7.2))
    grid = figure.add_gridspec(2, 2)
    cost, regret, share = (figure.add_subplot(place) for place in (grid[0, 0], grid[0, 1], grid[1, :]))
    last = samplers[samplers["trials"] == samplers["trials"].max()]
    trials, pools = last["trials"].iloc[0], sorted(set(last["models"]))
    place = {models: number for number, models in enumerate(pools)}
    for way, rows in exhaustive.groupby("way", sort=False):
        seconds, x = rows["seconds"].clip(lower=SHORTEST), rows["models"].map(place)
        (line,) = cost.plot(x, seconds, label=WAYS[way])
        projected = ~rows["measured"]
        cost.plot(
            x[projected], seconds[projected], linestyle="", mfc="white", mec=line.get_color(),
            marker=line.get_marker(), zorder=3,
        )  # fmt: skip
    study = last.groupby("models")["study_seconds"].max()
    cost.plot(study.index.map(place), study, label=f"a study of {trials} trials")
    cost.axhline(LIFETIME, color="0.4", linewidth=0.8, linestyle=":")
    cost.text(0, LIFETIME, "a lifetime", va="bottom", fontsize="small")
    cost.set(yscale="log", ylabel="seconds of one core (log)", title="Time of trying all (open: projected)")
    cost.legend(loc="upper left", bbox_to_anchor=(0, 0.93))
    _by_sampler(regret, last, "regret", place)
    regret.set(ylabel="points, lower is better", title=f"Accuracy below the best known, {trials} trials")
    # A little below zero, so that no mark is cut.
    regret.set_ylim(-4 * last["regret_high"].max(), None)
    _by_sampler(share, last, "hypervolume_share", place)
    share.set(ylabel="% of the best known, higher is better", title=f"Hypervolume of the front, {trials} trials")
    share.set_ylim(None, 101)
    share.legend(loc="lower right", ncols=2)
    for ax in (cost, regret, share):
        ax.set_xlabel("models in the pool")
        ax.set_xticks(range(len(pools)), [str(models) for models in pools])
        ax.grid(axis="x", visible=False)
    return figure


def _by_sampler(ax: Axes, rows: pd.DataFrame, name: str, place: dict[int, int]) -> None:
    """Means over seeds, with their range as bars, side by side at each pool."""
    found = list(rows.groupby("sampler", sort=False))
    for i, (sampler, of) in enumerate(found):
        bars = 100 * reach(of[name], of[f"{name}_low"], of[f"{name}_high"])
        x = beside(of["models"].map(place), i, len(found), APART)
        ax.errorbar(x, 100 * of[name], yerr=bars, linestyle="", elinewidth=1.1, label=SAMPLERS[sampler])
