"""Figures of the search and of test-time scaling, a panel a benchmark, from the tables of the two stages."""

from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, ScalarFormatter

from slmmux.errors import InputError
from slmmux.files import whole_file

STYLE = Path(__file__).parent / "style.mplstyle"
SAMPLERS = {"random": "random search", "nsgaii": "NSGA-II", "tpe": "TPE"}
CHOICES = {"objective": "chosen by O(S)", "budgets": "most accurate", "frugal": "frugal"}
MARKERS = {"objective": "*", "budgets": "P", "frugal": "X"}
METHODS = {"slm_mux": "SLM-MUX", "agent_forest": "Agent Forest"}


def read_tables(folder: Path, benchmarks: Sequence[str], names: Sequence[str]) -> dict[str, dict[str, pd.DataFrame]]:
    """benchmark → table name → table. Raises InputError where one is missing or is no table."""
    found: dict[str, dict[str, pd.DataFrame]] = {}
    for benchmark in benchmarks:
        found[benchmark] = {}
        for name in names:
            path = folder / benchmark / f"{name}.csv"
            try:
                found[benchmark][name] = pd.read_csv(path)
            except FileNotFoundError:
                raise InputError(f"{path}: no such file; run `dvc repro`") from None
            except ValueError:
                raise InputError(f"{path}: not a table of this study; run `dvc repro`") from None
    return found


def write_figures(search: Path, scaling: Path, benchmarks: Sequence[str], out: Path) -> list[Path]:
    """Draw all figures into `out`, each as PNG and SVG, and return the files."""
    searched = read_tables(
        search, benchmarks, ("trials", "front", "progress", "objectives", "objective_quality", "choices")
    )
    scaled = read_tables(scaling, benchmarks, ("by_models", "by_samples"))
    written = []
    with matplotlib.style.context(STYLE):
        for name, draw, tables in (
            ("pareto", pareto, searched),
            ("search_progress", search_progress, searched),
            ("objective_quality", objective_quality, searched),
            ("objective_by_models", objective_by_models, searched),
            ("accuracy_by_models", accuracy_by_models, scaled),
            ("accuracy_by_samples", accuracy_by_samples, scaled),
        ):
            figure = draw(tables)
            # No date and no version, so that the same tables give the same file.
            for kind, metadata in (("png", {"Software": None}), ("svg", {"Date": None})):
                path = out / f"{name}.{kind}"
                with whole_file(path) as temporary:
                    figure.savefig(temporary, format=kind, metadata=metadata)
                written.append(path)
    return written


def pareto(tables: dict) -> Figure:
    """Validation accuracy against tokens: the true front, the study's trials, and what was chosen."""

    def panel(ax: Axes, found: dict) -> None:
        trials, front, choices = found["trials"], found["front"], found["choices"]
        ax.plot(
            trials["tokens"], 100 * trials["accuracy"], "o", color="0.65", markersize=3, label="trials of the study"
        )
        best = trials[trials["on_front"] == 1].sort_values("tokens")
        ax.plot(best["tokens"], 100 * best["accuracy"], "s", label="not dominated in the study", color="#D55E00")
        if len(front):
            line = {"drawstyle": "steps-post", "marker": "", "linestyle": "-", "color": "#0072B2"}
            ax.plot(front["tokens"], 100 * front["accuracy"], label="true Pareto front", **line)
        for row in choices.to_dict("records"):
            if row["choice"] in CHOICES:
                style = {"linestyle": "", "markersize": 9, "markeredgecolor": "white", "color": "black"}
                spot = [row["validation_tokens"]], [100 * row["validation_accuracy"]]
                ax.plot(*spot, marker=MARKERS[row["choice"]], label=CHOICES[row["choice"]], **style)
        ax.set(xscale="log", xlabel="tokens per question", ylabel="validation accuracy, %")
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.xaxis.set_major_formatter(ScalarFormatter())
        ax.xaxis.set_minor_formatter(NullFormatter())

    return _panels(tables, panel)


def search_progress(tables: dict) -> Figure:
    """Regret and share of the true hypervolume per number of trials: means, and the range over seeds."""
    figure = Figure(figsize=(3.9 * len(tables) + 0.6, 5.6))
    axes = figure.subplots(2, len(tables), squeeze=False, sharex=True)
    for column, (benchmark, found) in enumerate(tables.items()):
        for ax, name, label in (
            (axes[0][column], "regret", "regret of accuracy, points"),
            (axes[1][column], "hypervolume_share", "share of the true hypervolume, %"),
        ):
            for sampler, rows in found["progress"].groupby("sampler", sort=False):
                (line,) = ax.plot(rows["trials"], 100 * rows[name], markevery=0.1, label=SAMPLERS[sampler])
                low, high = 100 * rows[f"{name}_low"], 100 * rows[f"{name}_high"]
                ax.fill_between(rows["trials"], low, high, color=line.get_color(), alpha=0.15, linewidth=0)
            ax.set(ylabel=label, ylim=(0, None) if name == "regret" else (None, 101))
        axes[0][column].set_title(benchmark)
        axes[1][column].set_xlabel("trials")
    _legend(axes[0][0])
    return figure


def objective_quality(tables: dict) -> Figure:
    """Rank correlation of O(S) with exact accuracy against lambda, beside the direct search's."""

    def panel(ax: Axes, found: dict) -> None:
        quality = found["objective_quality"]
        of_all = quality[quality["sizes"].astype(str) == "all"]
        direct = of_all[of_all["criterion"] == "direct"]
        rows = of_all[of_all["criterion"] == "paper"]
        for shift, (name, label) in zip((-1, 1), {"validation": "O(S), validation", "test": "O(S), test"}.items()):
            rank, low, high = (rows[f"rank_{name}{end}"] for end in ("", "_low", "_high"))
            # Side by side, so that the bars do not cover each other.
            x = rows["lambda"] + 0.02 * shift * rows["lambda"].max()
            bars = np.clip([rank - low, high - rank], 0, None)
            ax.errorbar(x, rank, yerr=bars, label=label)
        for row in direct.to_dict("records"):
            ax.axhspan(row["rank_test_low"], row["rank_test_high"], color="0.9", zorder=0)
            ax.axhline(row["rank_test"], color="0.35", linewidth=1, linestyle="-", label="direct search, test")
        ax.set(xlabel="λ, weight of the contradiction", ylabel="rank correlation with accuracy", ylim=(None, 1.03))

    return _panels(tables, panel)


def objective_by_models(tables: dict) -> Figure:
    """Union accuracy, contradiction and O(S) of the best subset against K, on validation."""

    def panel(ax: Axes, found: dict) -> None:
        rows = found["objectives"]
        best = rows[rows["reading"] == "paper"].groupby("size").first()
        for name, label in (
            ("union_accuracy", "union accuracy"),
            ("objective", "O(S), λ = 1"),
            ("contradiction", "contradiction"),
        ):
            ax.plot(best.index, 100 * best[name], label=label)
        _whole(ax, xlabel="K, models", ylabel="validation questions, %", ylim=(0, None))

    return _panels(tables, panel)


def accuracy_by_models(tables: dict) -> Figure:
    """Test accuracy of SLM-MUX and union accuracy of the best subset against K, bars of one SE."""

    def panel(ax: Axes, found: dict) -> None:
        rows = found["by_models"]
        for name, label in (("accuracy", "SLM-MUX"), ("union_accuracy", "union accuracy")):
            ax.errorbar(rows["size"], 100 * rows[name], yerr=100 * rows[f"{name}_se"], label=label)
        _whole(ax, xlabel="K, models", ylabel="test accuracy, % ± SE")

    return _panels(tables, panel)


def accuracy_by_samples(tables: dict) -> Figure:
    """Test accuracy of the best pairs and of Agent Forest against samples per model, bands of one SE."""

    def panel(ax: Axes, found: dict) -> None:
        for (pair, method), rows in found["by_samples"].groupby(["pair", "method"], sort=False):
            label = f"{METHODS[method]}, pair {pair}"
            (line,) = ax.plot(rows["samples"], 100 * rows["accuracy"], label=label)
            low, high = (100 * (rows["accuracy"] + sign * rows["accuracy_se"]) for sign in (-1, 1))
            ax.fill_between(rows["samples"], low, high, color=line.get_color(), alpha=0.15, linewidth=0)
        _whole(ax, xlabel="samples per model", ylabel="test accuracy, % (band: ± SE)")

    return _panels(tables, panel)


def _panels(tables: dict, panel: Callable[[Axes, dict], None]) -> Figure:
    figure = Figure(figsize=(3.9 * len(tables) + 0.6, 3.5))
    axes = figure.subplots(1, len(tables), squeeze=False)[0]
    for ax, (benchmark, found) in zip(axes, tables.items()):
        panel(ax, found)
        ax.set_title(benchmark)
    _legend(axes[0])
    return figure


def _legend(ax: Axes) -> None:
    """Where there is something to explain: a pool too large for the grid has no lines."""
    if ax.get_legend_handles_labels()[0]:
        ax.legend()


def _whole(ax: Axes, **settings) -> None:
    ax.set(**settings)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
