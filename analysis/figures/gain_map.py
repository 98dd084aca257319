"""When orchestrating pays: what every pair and triple of published models gains, by the gap between its members."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.figures.common import legend_above, panels
from slmmux.config import Config
from slmmux.errors import InputError
from slmmux.paths import GAIN_MAP
from slmmux.settings import MapSettings
from slmmux.stages.gain_map import SURE

# Marker area of pairs and triples: there are eight times as many triples.
AREAS = {2: 14.0, 3: 4.0}
MARKERS = {2: "s", 3: "o"}
# Subsets averaged in one point of the line.
IN_LINE = 60
# Points of a line in the small picture, each the mean over at least so many subsets.
BINS, FEW = 8, 15


def read_map(benchmark: str) -> pd.DataFrame:
    """The map of one benchmark, shares of 1. Raises InputError where it is missing or broken."""
    path = GAIN_MAP / benchmark / "map.parquet"
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError):
        raise InputError(f"{path}: no map of gains; run `dvc repro`") from None


def figures(config: Config) -> dict[str, Callable[[], Figure]]:
    """The figures of the published benchmarks, if there are any. Raises InputError as read_map does."""
    if not config.published_names:
        return {}
    maps = {name: read_map(name) for name in config.published_names}
    return {
        "gain_lines": lambda: gain_lines(maps, config.map),
        "gain_by_gap": lambda: gain_by_gap(maps, config.map),
        "slm_mux_or_forest": lambda: slm_mux_or_forest(maps, config.map),
    }


def _shown(table: pd.DataFrame, settings: MapSettings) -> pd.DataFrame:
    return table[table["samples"] == settings.rule_samples]


def _line(ax, x: np.ndarray, y: np.ndarray) -> None:
    """The mean of neighbours along x, drawn where there are enough of them."""
    order = np.argsort(x, kind="stable")
    parts = np.array_split(order, max(1, len(order) // IN_LINE))
    ax.plot(
        [x[p].mean() for p in parts],
        [y[p].mean() for p in parts],
        "-",
        color="black",
        label="mean of neighbours",
    )


def _gaps(ax, settings: MapSettings) -> None:
    ax.axhline(0, color="0.3", linewidth=1)
    for limit in (settings.close_gap, settings.far_gap):
        ax.axvline(100 * limit, color="0.3", linewidth=0.9, linestyle=":")
    # Over the panel, where no mark lies.
    for x, words, side in ((0.0, "◂ comparable", "left"), (1.0, "one far ahead ▸", "right")):
        ax.text(x, 1.01, words, fontsize="x-small", va="bottom", ha=side, transform=ax.transAxes)


def gain_lines(maps: dict[str, pd.DataFrame], settings: MapSettings) -> Figure:
    """One panel that a telephone can show: the mean gain over the best model alone, by the gap, a line a benchmark.

    A point is the mean over one of at most BINS parts of the benchmark's pairs and triples, in the order of the gap.
    """
    figure = Figure(figsize=(4.8, 3.6))
    ax = figure.subplots()
    for name, table in maps.items():
        here = _shown(table, settings)
        x, y = 100 * here["gap"].to_numpy(), 100 * here["over_same_total"].to_numpy()
        parts = np.array_split(np.argsort(x, kind="stable"), min(BINS, max(1, len(x) // FEW)))
        ax.plot([x[p].mean() for p in parts], [y[p].mean() for p in parts], label=name)
    near, far = 100 * settings.close_gap, 100 * settings.far_gap
    right = max(ax.get_xlim()[1], far + 1)
    ax.axvspan(0, near, color="0.9", zorder=0)
    ax.axvspan(far, right, color="0.9", zorder=0)
    ax.axhline(0, color="0.3", linewidth=1)
    low, high = ax.get_ylim()
    ax.set(xlim=(0, right), ylim=(low, high + 0.12 * (high - low)))
    for x, words in ((0.02 * right, "comparable"), (far + 0.02 * right, "one model far ahead")):
        ax.text(x, ax.get_ylim()[1], words, va="top", fontsize="small")
    ax.set(xlabel="best model ahead of the others, points", ylabel="SLM-MUX minus best model alone, points")
    ax.legend(loc="lower left")
    return figure


def gain_by_gap(maps: dict[str, pd.DataFrame], settings: MapSettings) -> Figure:
    """A panel a benchmark: points gained over the best member's self-consistency with as many samples in all.

    Every mark is a subset of models; across, how far its best member is ahead of the others on validation; colour,
    how often another member is right where the best one is wrong, by rank among as many models.
    """
    figure, axes = panels(len(maps), height=3.1)
    drawn = None
    for ax, (name, table) in zip(axes, maps.items()):
        here = _shown(table, settings)
        here = here.assign(colour=here.groupby("size")["complementarity"].rank(pct=True))
        for size, group in sorted(here.groupby("size"), reverse=True):
            drawn = ax.scatter(
                100 * group["gap"],
                100 * group["over_same_total"],
                c=group["colour"],
                s=AREAS[size],
                marker=MARKERS[size],
                cmap="viridis",
                vmin=0,
                vmax=1,
                linewidths=0,
                alpha=0.8,
                label=f"{size} models",
                rasterized=True,
            )
        _line(ax, 100 * here["gap"].to_numpy(), 100 * here["over_same_total"].to_numpy())
        _gaps(ax, settings)
        ax.set_title(name, pad=16)
        ax.set_xlabel("best model ahead of the others, points")
        ax.set_ylabel("SLM-MUX minus best model alone,\nas many samples in all, points")
    if drawn is not None:
        bar = figure.colorbar(drawn, ax=axes, shrink=0.8)
        bar.set_label("how often others are right where the best is wrong")
        bar.set_ticks([0.05, 0.95], labels=["rarely", "often"])
        if bar.solids is not None:
            bar.solids.set_alpha(1)
    legend_above(figure)
    return figure


def slm_mux_or_forest(maps: dict[str, pd.DataFrame], settings: MapSettings) -> Figure:
    """A panel a benchmark: SLM-MUX minus Agent Forest in points, by the gap; pairs and triples of models.

    Which of the two surely wins is told by colour, and by the side of the zero line that a mark lies on.
    """
    figure, axes = panels(len(maps), height=3.1)
    for ax, (name, table) in zip(axes, maps.items()):
        here = _shown(table, settings).dropna(subset=["over_forest"])
        sure = np.sign(here["over_forest"]) * (here["over_forest"].abs() > SURE * here["over_forest_se"])
        for sign, colour, label in (
            (0, "0.75", "undecided"),
            (1, "#0072B2", "SLM-MUX is better"),
            (-1, "#D55E00", "Agent Forest is better"),
        ):
            for size in sorted(set(here["size"]), reverse=True):
                group = here[(sure == sign) & (here["size"] == size)]
                ax.scatter(
                    100 * group["gap"],
                    100 * group["over_forest"],
                    color=colour,
                    s=AREAS[size],
                    marker=MARKERS[size],
                    linewidths=0,
                    label=label if size == max(AREAS) else None,
                    rasterized=True,
                )
        _gaps(ax, settings)
        ax.set_title(name, pad=16)
        ax.set_xlabel("best model ahead of the others, points")
        ax.set_ylabel("SLM-MUX minus Agent Forest, points")
    legend_above(figure)
    return figure
