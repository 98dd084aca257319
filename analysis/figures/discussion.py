"""Methods whose models talk beside those whose models do not: small models here, larger ones in the paper."""

import textwrap
from collections.abc import Callable, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.common import legend_above
from analysis.paper.numbers import DISCUSSION_METHODS, METHOD_NAMES, paper_table
from analysis.results import read_results
from slmmux.config import Config
from slmmux.paths import COMPARE_DISCUSSIONS

SHOWN = (*DISCUSSION_METHODS, "single_best", "self_consistency", "agent_forest", "slm_mux")
PAPER_MODELS = ("Mixtral 8x7B", "Llama 3.1 8B", "Gemma 2 27B")
# Kind of method → colour and marker.
LOOKS = {"models talk": ("#D55E00", "s"), "models do not talk": ("0.4", "D"), "SLM-MUX": ("#0072B2", "o")}
ACROSS = 4


def figures(config: Config) -> dict[str, Callable[[], Figure]]:
    """The figure of the benchmarks with discussions, if there are any. Raises InputError as read_results does."""
    results = read_results(COMPARE_DISCUSSIONS, config.discussion.benchmark_names)
    return {"discussion": lambda: discussion(results)} if results else {}


def discussion(results: dict[str, dict]) -> Figure:
    """Accuracy of every method with one standard error, a panel a benchmark: ours, then those of the paper's Table 1.

    results: benchmark → `methods.json` of `slmmux compare_discussions`. The dotted line is the best single model. A
    discussion was held once, so its error is that of one run; the other methods of ours are expected over all draws.
    """
    published = paper_table("table1").groupby("benchmark", sort=False)
    columns = min(len(results) + len(published), ACROSS)
    rows = -(-(len(results) + len(published)) // columns)
    figure = Figure(figsize=(2.3 * columns + 1.9, 3.3 * rows))
    axes = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    for ax, (name, result) in zip(axes, results.items()):
        found = 100 * pd.DataFrame(result["methods"]).T[["accuracy", "accuracy_se"]].astype(float)
        _panel(ax, found, f"here: {name}, {result['questions']} questions", result["models"])
    for ax, (name, found) in zip(axes[len(results) :], published):
        _panel(ax, found.set_index("method")[["accuracy", "accuracy_se"]], f"paper: {name}", PAPER_MODELS)
    for unused in axes[len(results) + len(published) :]:
        unused.remove()
    legend_above(figure)
    return figure


def _panel(ax: Axes, rows: pd.DataFrame, name: str, models: Sequence[str]) -> None:
    """rows: by method, accuracy and accuracy_se in %."""
    for y, method in enumerate(reversed(SHOWN)):
        if method not in rows.index:
            ax.text(
                rows["accuracy"].mean(), y, "not published", va="center", ha="center", fontsize="small", color="0.4",
                backgroundcolor="white",
            )  # fmt: skip
            continue
        kind = (
            "models talk"
            if method in DISCUSSION_METHODS
            else "SLM-MUX"
            if method == "slm_mux"
            else "models do not talk"
        )
        color, marker = LOOKS[kind]
        value, error = rows.loc[method, ["accuracy", "accuracy_se"]]
        ax.errorbar(
            [value], [y], xerr=error, color=color, marker=marker, linestyle="", markersize=6, elinewidth=1.1, label=kind
        )
    ax.axvline(rows.loc["single_best", "accuracy"], color="black", linewidth=0.8, linestyle=":")
    ax.set_yticks(range(len(SHOWN)), [METHOD_NAMES[method] for method in reversed(SHOWN)])
    # Spaces that do not break keep the words of a name together.
    listed = textwrap.wrap(", ".join(model.replace(" ", "\u00a0") for model in models), 34)
    ax.set_title("\n".join([name, *listed]), fontsize="small")
    ax.set_xlabel("accuracy, % ± SE")
    ax.set_ylim(-0.5, len(SHOWN) - 0.5)
