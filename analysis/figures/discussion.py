"""Methods whose models talk beside those whose models do not: small models here, larger ones in the paper."""

import textwrap
from collections.abc import Callable, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.paper.numbers import BENCHMARK_NAMES, DISCUSSION_METHODS, METHOD_NAMES, paper_table
from analysis.results import read_results
from slmmux.config import Config
from slmmux.paths import COMPARE_DISCUSSIONS

SHOWN = (*DISCUSSION_METHODS, "single_best", "self_consistency", "agent_forest", "slm_mux")
PAPER_MODELS = ("Mixtral 8x7B", "Llama 3.1 8B", "Gemma 2 27B")
# (fill, hatch) of methods that talk, of the others, and of SLM-MUX.
TALK, QUIET, MUX = ("#56B4E9", "//"), ("0.8", ""), ("#0072B2", "")


def figures(config: Config) -> dict[str, Callable[[], Figure]]:
    """The figure of the benchmarks with discussions, if there are any. Raises InputError as read_results does."""
    results = read_results(COMPARE_DISCUSSIONS, config.discussion.benchmark_names)
    return {"discussion": lambda: discussion(results)} if results else {}


def discussion(results: dict[str, dict]) -> Figure:
    """Bars of accuracy with one standard error: ours above, the paper's Table 1 below.

    results: benchmark → `methods.json` of `slmmux compare_discussions`. What the paper has of the same benchmark
    stands below ours. The dotted line is the best single model. A discussion was held once, so its error is that of one
    run; the other methods of ours are expected over all draws.
    """
    paper = paper_table("table1")
    published = {name: rows.set_index("method") for name, rows in paper.groupby("benchmark", sort=False)}
    ours = list(results)
    same = [BENCHMARK_NAMES.get(name) for name in ours]
    others = [name for name in published if name not in same]
    below = [name if name in published else others.pop(0) if others else None for name in same] + others
    figure = Figure(figsize=(2.7 * len(below) + 1.9, 5.6))
    axes = figure.subplots(2, len(below), squeeze=False, sharey=True)
    for ax, name in zip(axes[0], ours):
        rows = 100 * pd.DataFrame(results[name]["methods"]).T[["accuracy", "accuracy_se"]].astype(float)
        _bars(ax, rows, f"here: {name}, {results[name]['questions']} questions", results[name]["models"])
    for ax, shown in zip(axes[1], below):
        if shown:
            _bars(ax, published[shown][["accuracy", "accuracy_se"]], f"paper: {shown}", PAPER_MODELS)
    for ax in (*axes[0, len(ours) :], *(ax for ax, name in zip(axes[1], below) if not name)):
        ax.set_visible(False)
    return figure


def _bars(ax: Axes, rows: pd.DataFrame, name: str, models: Sequence[str]) -> None:
    """rows: by method, accuracy and accuracy_se in %."""
    for y, method in enumerate(reversed(SHOWN)):
        if method not in rows.index:
            ax.text(0, y, " not published", va="center", fontsize="x-small", color="0.4")
            continue
        color, hatch = TALK if method in DISCUSSION_METHODS else MUX if method == "slm_mux" else QUIET
        value, error = rows.loc[method, ["accuracy", "accuracy_se"]]
        ax.barh(
            y, value, 0.75, xerr=error, color=color, hatch=hatch, edgecolor="black", linewidth=0.5,
            error_kw={"linewidth": 0.9},
        )  # fmt: skip
    ax.axvline(rows.loc["single_best", "accuracy"], color="black", linewidth=0.8, linestyle=":")
    ax.set_yticks(range(len(SHOWN)), [METHOD_NAMES[method] for method in reversed(SHOWN)])
    # Spaces that do not break keep the words of a name together.
    listed = textwrap.wrap(", ".join(model.replace(" ", "\u00a0") for model in models), 38)
    ax.set_title("\n".join([name, *listed]), fontsize="small")
    ax.set_xlabel("accuracy, % ± SE")
    ax.set_xlim(left=0)
    ax.grid(axis="y", visible=False)
