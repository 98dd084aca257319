"""Figures of the search, a panel a benchmark, from the tables of its stage."""

from collections.abc import Callable

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.figures.common import beside, by_benchmark, legend_above, reach, whole_numbers
from analysis.results import read_tables, single_model_points
from slmmux.config import Config
from slmmux.paths import SEARCH

SAMPLERS = {"random": "random search", "nsgaii": "NSGA-II", "tpe": "TPE", "ascent": "ascent"}
# Choice → label, marker and its size: open, and of different sizes where two choices are the same budget.
CHOICES = {
    "objective": ("chosen by O(S), equal budgets", "D", 8),
    "budgets": ("most accurate of all budgets", "^", 10),
    "frugal": ("cheapest close to that", "o", 7),
}


def figures(config: Config) -> dict[str, Callable[[], Figure]]:
    """The figures by name. Raises InputError as read_tables does."""
    benchmarks = config.benchmark_names
    searched = read_tables(
        SEARCH, benchmarks, ("trials", "front", "progress", "objectives", "objective_quality", "choices")
    )
    return {
        "pareto": lambda: pareto(searched),
        "search_progress": lambda: search_progress(searched),
        "objective_quality": lambda: objective_quality(searched),
        "objective_by_models": lambda: objective_by_models(searched),
    }


def pareto(tables: dict) -> Figure:
    """Validation accuracy against tokens: the true front, the study's trials, and what was chosen.

    One standard error as a band around the front and as bars on the choices. The trials have none, which would
    cover each other; they are as uncertain as the front near them. The study also tries the budget of no samples at
    all, which is left out.
    """

    def panel(ax: Axes, found: dict) -> None:
        trials, front, choices = found["trials"], found["front"], found["choices"]
        sampled = trials.columns[trials.columns.get_loc("trial") + 1 : trials.columns.get_loc("accuracy")]
        trials = trials[trials[list(sampled)].sum(axis=1) > 0]
        ax.plot(
            trials["tokens"], 100 * trials["accuracy"], linestyle="", marker=".", color="0.7", markersize=4, zorder=1,
            label="trials of the study",
        )  # fmt: skip
        best = trials[trials["on_front"] == 1].sort_values("tokens")
        ax.plot(
            best["tokens"], 100 * best["accuracy"], linestyle="", marker="s", mfc="none", mec="#D55E00", markersize=6,
            label="not dominated in the study",
        )  # fmt: skip
        if len(front):
            ax.plot(
                front["tokens"], 100 * front["accuracy"], label="true Pareto front",
                drawstyle="steps-post", marker=".", markersize=5, linestyle="-", color="#0072B2",
            )  # fmt: skip
            low, high = (100 * (front["accuracy"] + sign * front["accuracy_se"]) for sign in (-1, 1))
            ax.fill_between(front["tokens"], low, high, step="post", color="#0072B2", alpha=0.15, linewidth=0)
        for row in choices.to_dict("records"):
            if row["choice"] in CHOICES:
                label, marker, size = CHOICES[row["choice"]]
                ax.errorbar(
                    [row["validation_tokens"]], [100 * row["validation_accuracy"]],
                    yerr=100 * row["validation_accuracy_se"], label=label, marker=marker, linestyle="",
                    markersize=size, mfc="none", markeredgewidth=1.4, color="black", elinewidth=0.9,
                )  # fmt: skip
        one, of = single_model_points(front)
        note = f"{one} of {of} points of the front use one model" if of else "front not computed"
        ax.text(0.98, 0.04, note, transform=ax.transAxes, ha="right", fontsize="small")
        ax.set(xlabel="tokens per question", ylabel="validation accuracy, % ± SE", ylim=(0, None))
        ax.xaxis.set_major_locator(MaxNLocator(5))

    return by_benchmark(tables, panel, columns=3)


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
    """Rank correlation of O(S) with exact accuracy against lambda, beside the direct search's.

    A title says how many subsets are ranked: with four of them a correlation has few possible values.
    """

    def panel(ax: Axes, found: dict) -> None:
        quality = found["objective_quality"]
        of_all = quality[quality["sizes"].astype(str) == "all"]
        if of_all.empty:
            return
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
        ax.axhline(0, color="0.4", linewidth=0.8)
        lowest = min(0, of_all[[f"rank_{name}_low" for name in labels]].min(axis=None))
        ax.set(xlabel="λ, weight of the contradiction", ylabel="rank correlation with accuracy")
        ax.set_ylim(lowest - 0.05, 1.05)

    def title(benchmark: str, found: dict) -> str:
        quality = found["objective_quality"]
        of_all = quality.loc[quality["sizes"].astype(str) == "all", "subsets"]
        # A pool of two models has one subset of several: there is nothing to rank.
        return f"{benchmark}: ranks of {of_all.iloc[0]} subsets" if len(of_all) else f"{benchmark}: nothing to rank"

    return by_benchmark(tables, panel, title=title)


def objective_by_models(tables: dict) -> Figure:
    """Union accuracy, contradiction and O(S) of the best subset against K, on validation, bars of one SE."""
    lines = {"union_accuracy": "union accuracy", "objective": "O(S), λ = 1", "contradiction": "contradiction"}

    def panel(ax: Axes, found: dict) -> None:
        rows = found["objectives"]
        best = rows[rows["variant"] == "paper"].groupby("size").first()
        for i, (name, label) in enumerate(lines.items()):
            x = beside(best.index, i, len(lines), 0.04)
            ax.errorbar(x, 100 * best[name], yerr=100 * best[f"{name}_se"], label=label)
        whole_numbers(ax, xlabel="K, models", ylabel="validation questions, % ± SE")
        ax.axhline(0, color="0.4", linewidth=0.8)

    return by_benchmark(tables, panel)
