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
# How far below the best accuracy the Pareto picture reaches, a share of 1.
SHOWN = 0.2


def figures(config: Config) -> dict[str, Callable[[], Figure]]:
    """The figures by name. Raises InputError as read_tables does."""
    benchmarks = config.benchmark_names
    searched = read_tables(
        SEARCH,
        benchmarks,
        ("trials", "front", "front_with_stopping", "progress", "objectives", "objective_quality", "choices"),
    )
    return {
        "pareto": lambda: pareto(searched),
        "search_progress": lambda: search_progress(searched),
        "objective_quality": lambda: objective_quality(searched),
        "objective_by_models": lambda: objective_by_models(searched),
    }


def pareto(tables: dict) -> Figure:
    """Validation accuracy against expected tokens where asking stops without changing the answer.

    The front at that price with a band of one standard error, the front where every sample is drawn, the trials of the
    study, and what was chosen, with bars of one standard error. Trials have no bars, which would cover each other.
    Drawn are budgets at most SHOWN below the best accuracy; how many trials lie lower is said.
    """

    def panel(ax: Axes, found: dict) -> None:
        trials, front, choices = found["trials"], found["front_with_stopping"], found["choices"]
        sampled = trials.columns[trials.columns.get_loc("trial") + 1 : trials.columns.get_loc("accuracy")]
        trials = trials[trials[list(sampled)].sum(axis=1) > 0]
        best = max([*front["accuracy"], *trials["accuracy"]], default=1.0)
        shown, front = (table[table["accuracy"] >= best - SHOWN] for table in (trials, front))
        ax.plot(
            shown["tokens_with_stopping"], 100 * shown["accuracy"], linestyle="", marker=".", color="0.6",
            markersize=5, zorder=1, label="trials of the study",
        )  # fmt: skip
        drawn = found["front"][found["front"]["accuracy"] >= best - SHOWN]
        if len(drawn):
            ax.plot(
                drawn["tokens"], 100 * drawn["accuracy"], label="front where every sample is drawn",
                drawstyle="steps-post", marker="", linestyle="--", linewidth=1.1, color="0.25",
            )  # fmt: skip
        if len(front):
            ax.plot(
                front["tokens"], 100 * front["accuracy"], label="front with stopping, ± SE",
                drawstyle="steps-post", marker=".", markersize=6, linestyle="-", color="#0072B2",
            )  # fmt: skip
            low, high = (100 * (front["accuracy"] + sign * front["accuracy_se"]) for sign in (-1, 1))
            ax.fill_between(front["tokens"], low, high, step="post", color="#0072B2", alpha=0.12, linewidth=0)
        for row in choices.to_dict("records"):
            if row["choice"] in CHOICES:
                label, marker, size = CHOICES[row["choice"]]
                ax.errorbar(
                    [row["validation_tokens_with_stopping"]], [100 * row["validation_accuracy"]],
                    yerr=100 * row["validation_accuracy_se"], label=label, marker=marker, linestyle="",
                    markersize=size, mfc="none", markeredgewidth=1.4, color="black", elinewidth=0.9,
                )  # fmt: skip
        if lower := len(trials) - len(shown):
            note = f"{lower} of {len(trials)} trials lie below {100 * (best - SHOWN):.0f} %"
            ax.text(0.98, 0.03, note, transform=ax.transAxes, ha="right", fontsize="small", backgroundcolor="white")
        ax.set(xlabel="expected tokens per question, with stopping", ylabel="validation accuracy, % ± SE")
        ax.set_ylim(100 * (best - SHOWN), None)
        ax.xaxis.set_major_locator(MaxNLocator(5))

    def title(benchmark: str, found: dict) -> str:
        one, of = single_model_points(found["front_with_stopping"])
        return f"{benchmark}\n" + (f"{one} of {of} points of the front use one model" if of else "front not computed")

    return by_benchmark(tables, panel, columns=3, title=title)


def search_progress(tables: dict) -> Figure:
    """Regret and share of the true hypervolume per number of trials, means over seeds.

    The first trials are the same for every sampler, so that lines lie on each other: each is thinner than the one below
    it, and all are seen. What the seeds differ by stands in progress.csv.
    """
    figure = Figure(figsize=(3.1 * len(tables) + 0.6, 5.0))
    axes = figure.subplots(2, len(tables), squeeze=False, sharex=True)
    for column, (benchmark, found) in zip(axes.T, tables.items()):
        samplers = list(found["progress"].groupby("sampler", sort=False))
        for ax, name, label in (
            (column[0], "regret", "points below the best budget"),
            (column[1], "hypervolume_share", "share of the front found, %"),
        ):
            for place, (sampler, rows) in enumerate(samplers):
                ax.plot(
                    rows["trials"], 100 * rows[name], marker="", linestyle="-", label=SAMPLERS[sampler],
                    linewidth=1.2 + 1.8 * (len(samplers) - 1 - place),
                )  # fmt: skip
            ax.set_ylabel(label)
        column[0].set_title(benchmark)
        column[0].set_ylim(0, None)
        column[1].set(xlabel="trials; the first are the same for all", ylim=(None, 101))
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
