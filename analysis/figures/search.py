"""Figures of the search and of test-time scaling, a panel a benchmark, from the tables of the two stages."""

from collections.abc import Callable

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, ScalarFormatter

from analysis.figures.common import beside, legend_above, panels, reach
from analysis.results import read_tables
from slmmux.config import Config
from slmmux.orchestration import METHODS
from slmmux.paths import SCALING, SEARCH

SAMPLERS = {"random": "random search", "nsgaii": "NSGA-II", "tpe": "TPE"}
CHOICES = {"objective": "chosen by O(S)", "budgets": "most accurate", "frugal": "frugal"}
MARKERS = {"objective": "*", "budgets": "P", "frugal": "X"}


def figures(config: Config) -> dict[str, Callable[[], Figure]]:
    """The figures by name. Raises InputError as read_tables does."""
    benchmarks = config.benchmark_names
    searched = read_tables(
        SEARCH, benchmarks, ("trials", "front", "progress", "objectives", "objective_quality", "choices")
    )
    scaled = read_tables(SCALING, benchmarks, ("by_models", "by_samples"))
    return {
        "pareto": lambda: pareto(searched),
        "search_progress": lambda: search_progress(searched),
        "objective_quality": lambda: objective_quality(searched),
        "objective_by_models": lambda: objective_by_models(searched),
        "accuracy_by_models": lambda: accuracy_by_models(scaled),
        "accuracy_by_samples": lambda: accuracy_by_samples(scaled),
    }


def pareto(tables: dict) -> Figure:
    """Validation accuracy against tokens: the true front, the study's trials, and what was chosen.

    One standard error as a band around the front and as bars on the choices. The trials have none, which would
    cover each other; they are as uncertain as the front near them.
    """

    def panel(ax: Axes, found: dict) -> None:
        trials, front, choices = found["trials"], found["front"], found["choices"]
        accuracy = 100 * trials["accuracy"]
        ax.plot(trials["tokens"], accuracy, "o", color="0.65", markersize=3, label="trials of the study")
        best = trials[trials["on_front"] == 1].sort_values("tokens")
        ax.plot(best["tokens"], 100 * best["accuracy"], "s", label="not dominated in the study", color="#D55E00")
        if len(front):
            ax.plot(
                front["tokens"], 100 * front["accuracy"], label="true Pareto front",
                drawstyle="steps-post", marker=".", linestyle="-", color="#0072B2",
            )  # fmt: skip
            low, high = (100 * (front["accuracy"] + sign * front["accuracy_se"]) for sign in (-1, 1))
            ax.fill_between(front["tokens"], low, high, step="post", color="#0072B2", alpha=0.15, linewidth=0)
        for row in choices.to_dict("records"):
            if row["choice"] in CHOICES:
                ax.errorbar(
                    [row["validation_tokens"]], [100 * row["validation_accuracy"]],
                    yerr=100 * row["validation_accuracy_se"], label=CHOICES[row["choice"]],
                    marker=MARKERS[row["choice"]], linestyle="", markersize=9, markeredgecolor="white",
                    color="black", elinewidth=0.9,
                )  # fmt: skip
        ax.set(xscale="log", xlabel="tokens per question", ylabel="validation accuracy, % ± SE")
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.xaxis.set_major_formatter(ScalarFormatter())
        ax.xaxis.set_minor_formatter(NullFormatter())

    return _by_benchmark(tables, panel, columns=3)


def search_progress(tables: dict) -> Figure:
    """Regret and share of the true hypervolume per number of trials: means, and the range over seeds."""
    figure = Figure(figsize=(8.4, 2.6 * len(tables) + 0.6))
    axes = figure.subplots(len(tables), 2, squeeze=False, sharex=True)
    for row, (benchmark, found) in zip(axes, tables.items()):
        for ax, name, label in (
            (row[0], "regret", "regret of accuracy, points"),
            (row[1], "hypervolume_share", "share of true hypervolume, %"),
        ):
            for sampler, rows in found["progress"].groupby("sampler", sort=False):
                (line,) = ax.plot(rows["trials"], 100 * rows[name], markevery=0.1, label=SAMPLERS[sampler])
                low, high = 100 * rows[f"{name}_low"], 100 * rows[f"{name}_high"]
                ax.fill_between(rows["trials"], low, high, color=line.get_color(), alpha=0.15, linewidth=0)
            ax.set(title=benchmark, ylabel=label, ylim=(0, None) if name == "regret" else (0, 103))
    for ax in axes[-1]:
        ax.set_xlabel("trials (line: mean over seeds, band: their range)")
    legend_above(figure)
    return figure


def objective_quality(tables: dict) -> Figure:
    """Rank correlation of O(S) with exact accuracy against lambda, beside the direct search's."""

    def panel(ax: Axes, found: dict) -> None:
        quality = found["objective_quality"]
        of_all = quality[quality["sizes"].astype(str) == "all"]
        direct = of_all[of_all["criterion"] == "direct"]
        rows = of_all[of_all["criterion"] == "paper"]
        labels = {"validation": "O(S), validation", "test": "O(S), test"}
        for i, (name, label) in enumerate(labels.items()):
            rank, low, high = (rows[f"rank_{name}{end}"] for end in ("", "_low", "_high"))
            x = beside(rows["lambda"], i, len(labels), 0.04 * rows["lambda"].max())
            ax.errorbar(x, rank, yerr=reach(rank, low, high), label=label)
        for row in direct.to_dict("records"):
            band = row["rank_test_low"], row["rank_test_high"]
            ax.axhline(row["rank_test"], color="0.35", linewidth=1, linestyle="-", label="direct search, test")
            ax.axhspan(*band, color="0.9", zorder=0, label="its interval")
        ax.set(xlabel="λ, weight of the contradiction", ylabel="rank correlation with accuracy", ylim=(-1.05, 1.05))

    return _by_benchmark(tables, panel)


def objective_by_models(tables: dict) -> Figure:
    """Union accuracy, contradiction and O(S) of the best subset against K, on validation, bars of one SE."""
    lines = {"union_accuracy": "union accuracy", "objective": "O(S), λ = 1", "contradiction": "contradiction"}

    def panel(ax: Axes, found: dict) -> None:
        rows = found["objectives"]
        best = rows[rows["variant"] == "paper"].groupby("size").first()
        for i, (name, label) in enumerate(lines.items()):
            x = beside(best.index, i, len(lines), 0.04)
            ax.errorbar(x, 100 * best[name], yerr=100 * best[f"{name}_se"], label=label)
        _whole(ax, xlabel="K, models", ylabel="validation questions, % ± SE", ylim=(0, None))

    return _by_benchmark(tables, panel)


def accuracy_by_models(tables: dict) -> Figure:
    """Test accuracy of SLM-MUX and union accuracy of the best subset against K, bars of one SE."""
    lines = {"accuracy": "SLM-MUX", "union_accuracy": "union accuracy"}

    def panel(ax: Axes, found: dict) -> None:
        rows = found["by_models"]
        for i, (name, label) in enumerate(lines.items()):
            x = beside(rows["size"], i, len(lines), 0.04)
            ax.errorbar(x, 100 * rows[name], yerr=100 * rows[f"{name}_se"], label=label)
        _whole(ax, xlabel="K, models", ylabel="test accuracy, % ± SE")

    return _by_benchmark(tables, panel)


def accuracy_by_samples(tables: dict) -> Figure:
    """Test accuracy of the best pairs and of Agent Forest against samples per model, bands of one SE."""

    def panel(ax: Axes, found: dict) -> None:
        for (pair, method), rows in found["by_samples"].groupby(["pair", "method"], sort=False):
            label = f"{METHODS[method].LABEL}, pair {pair}"
            (line,) = ax.plot(rows["samples"], 100 * rows["accuracy"], label=label)
            low, high = (100 * (rows["accuracy"] + sign * rows["accuracy_se"]) for sign in (-1, 1))
            ax.fill_between(rows["samples"], low, high, color=line.get_color(), alpha=0.12, linewidth=0)
            for edge in (low, high):
                ax.plot(rows["samples"], edge, color=line.get_color(), linewidth=0.5, linestyle="-", marker="")
        _whole(ax, xlabel="samples per model", ylabel="test accuracy, % (band: ± SE)")

    return _by_benchmark(tables, panel)


def _by_benchmark(tables: dict, panel: Callable[[Axes, dict], None], columns: int | None = None) -> Figure:
    figure, axes = panels(len(tables))
    for ax, (benchmark, found) in zip(axes, tables.items()):
        panel(ax, found)
        ax.set_title(benchmark)
    legend_above(figure, columns)
    return figure


def _whole(ax: Axes, **settings) -> None:
    ax.set(**settings)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
