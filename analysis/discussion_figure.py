"""Methods whose models talk beside those whose models do not: small models here, larger ones in the paper."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.claims import TALKING
from analysis.claims_text import METHODS, PAPER_NAMES, paper_table1

SHOWN = (*TALKING, "single_best", "self_consistency", "agent_forest", "slm_mux")
# (fill, hatch) of methods that talk, of the others, and of SLM-MUX.
TALK, QUIET, MUX = ("#56B4E9", "//"), ("0.8", ""), ("#0072B2", "")


def discussion(results: dict[str, dict]) -> Figure:
    """Bars of accuracy with one standard error: ours on the left, the paper's Table 1 on the right.

    results: benchmark → its `methods.json` of `slmmux discussion`. A benchmark that both have stands in one row.
    The dotted line is the best single model. A discussion was held once, so its error is that of one run; the
    other methods of ours are expected over all draws.
    """
    paper = paper_table1()
    published = {name: rows.set_index("method") for name, rows in paper.groupby("benchmark", sort=False)}
    ours = list(results)
    # The paper's benchmarks: beside ours of the same name, the others where there is room.
    beside_ours = [PAPER_NAMES.get(name) if PAPER_NAMES.get(name) in published else None for name in ours]
    others = [name for name in published if name not in beside_ours]
    right = [name or (others.pop(0) if others else None) for name in beside_ours] + others
    figure = Figure(figsize=(9.4, 2.3 * len(right) + 0.5))
    axes = figure.subplots(len(right), 2, squeeze=False, sharey=True)
    for i, (ax, other) in enumerate(zip(axes, right)):
        if i < len(ours):
            result = results[ours[i]]
            rows = 100 * pd.DataFrame(result["methods"]).T[["accuracy", "accuracy_se"]].astype(float)
            models = ", ".join(result["models"])
            _bars(ax[0], rows, f"here: {ours[i]}, {result['questions']} questions\n{models}")
        else:
            ax[0].set_visible(False)
        if other:
            models = "Mixtral 8x7B, Llama 3.1 8B, Gemma 2 27B"
            _bars(ax[1], published[other][["accuracy", "accuracy_se"]], f"paper: {other}\n{models}")
            # Where there is no panel on the left, the names go here.
            ax[1].tick_params(labelleft=i >= len(ours))
        else:
            ax[1].set_visible(False)
    return figure


def _bars(ax: Axes, rows: pd.DataFrame, title: str) -> None:
    """rows: by method, accuracy and accuracy_se in %."""
    for y, method in enumerate(reversed(SHOWN)):
        if method not in rows.index:
            ax.text(0, y, " not published", va="center", fontsize="x-small", color="0.4")
            continue
        color, hatch = TALK if method in TALKING else MUX if method == "slm_mux" else QUIET
        value, error = rows.loc[method, ["accuracy", "accuracy_se"]]
        ax.barh(
            y, value, 0.75, xerr=error, color=color, hatch=hatch, edgecolor="black", linewidth=0.5,
            error_kw={"linewidth": 0.9},
        )  # fmt: skip
    ax.axvline(rows.loc["single_best", "accuracy"], color="black", linewidth=0.8, linestyle=":")
    ax.set_yticks(range(len(SHOWN)), [METHODS[method] for method in reversed(SHOWN)])
    ax.set_title(title, fontsize="small")
    ax.set_xlabel("accuracy, % ± SE")
    ax.set_xlim(left=0)
    ax.grid(axis="y", visible=False)
