"""Figures of test-time scaling: accuracy against the number of models and of samples, a panel a benchmark."""

from collections.abc import Callable

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.common import beside, by_benchmark, whole_numbers
from analysis.results import read_tables
from slmmux.config import Config
from slmmux.orchestration import METHODS
from slmmux.paths import SCALING

# Of one model, with as many samples as one of the pair draws, and as both draw.
ALONE = {"self_consistency": ("0.45", ":", "D"), "self_consistency_total": ("black", "-", "v")}
# Of pairs: method and, for SLM-MUX, the pair's place; further pairs share the look of the second.
FIRST, FURTHER, FOREST = ("#0072B2", "-", "o"), ("#56B4E9", "--", "s"), ("#D55E00", "-.", "^")


def figures(config: Config) -> dict[str, Callable[[], Figure]]:
    """The figures by name. Raises InputError as read_tables does."""
    scaled = read_tables(SCALING, config.benchmark_names, ("by_models", "by_samples"))
    return {
        "accuracy_by_models": lambda: accuracy_by_models(scaled),
        "accuracy_by_samples": lambda: accuracy_by_samples(scaled),
    }


def accuracy_by_models(tables: dict) -> Figure:
    """Test accuracy of SLM-MUX and of the union of votes, of the best subset of each K, bars of one SE."""
    lines = {"accuracy": METHODS["slm_mux"].LABEL, "union_accuracy": METHODS["oracle"].LABEL}

    def panel(ax: Axes, found: dict) -> None:
        rows = found["by_models"]
        for i, (name, label) in enumerate(lines.items()):
            x = beside(rows["size"], i, len(lines), 0.04)
            ax.errorbar(x, 100 * rows[name], yerr=100 * rows[f"{name}_se"], label=label)
        whole_numbers(ax, xlabel="K, models", ylabel="test accuracy, % ± SE")

    return by_benchmark(tables, panel)


def accuracy_by_samples(tables: dict) -> Figure:
    """Test accuracy against samples per model: the best pairs, Agent Forest, and one model's self-consistency.

    Points have no bars, which would cover each other: the methods share their questions, so that a bar says nothing
    of a difference. The largest standard error stands in the panel. "As many samples in all" ends at the model's
    whole pool.
    """

    def panel(ax: Axes, found: dict) -> None:
        table = found["by_samples"]
        for (pair, method), rows in table.groupby(["pair", "method"], sort=False):
            label = METHODS[method].LABEL + ("" if method in ALONE else f", pair {pair}")
            shared = FOREST if method == "agent_forest" else FIRST if pair == 1 else FURTHER
            color, style, marker = ALONE.get(method) or shared
            ax.plot(
                rows["samples"], 100 * rows["accuracy"], color=color, linestyle=style, marker=marker, label=label
            )  # fmt: skip
            guessed = rows[rows["mode"] == "simulate"]
            ax.plot(
                guessed["samples"], 100 * guessed["accuracy"], linestyle="", marker=marker, mfc="white",
                mec=color, zorder=3,
            )  # fmt: skip
        note = f"standard error up to {100 * table['accuracy_se'].max():.1f} points"
        note += ";\nopen: simulated" if (table["mode"] == "simulate").any() else ";\nexact over all draws"
        ax.text(0.98, 0.04, note, transform=ax.transAxes, ha="right", fontsize="small")
        whole_numbers(ax, xlabel="k, samples per model", ylabel="test accuracy, %")

    def title(benchmark: str, found: dict) -> str:
        pairs = found["by_samples"].groupby("pair")["models"].first()
        # A line a model, so that no title reaches the next panel.
        names = (f"pair {pair}: {models.replace(' ', chr(10) + '  + ')}" for pair, models in pairs.items())
        return "\n".join([benchmark, *names])

    figure = by_benchmark(tables, panel, columns=2, title=title)
    # Room for the titles.
    figure.set_figheight(figure.get_figheight() + 0.7)
    return figure
