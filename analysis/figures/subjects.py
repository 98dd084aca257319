"""The best pair of models and its members, by subject."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.figures.common import beside, legend_above
from analysis.results import read_tables
from slmmux.config import Config
from slmmux.paths import SUBJECTS

MARKERS = ("s", "^", "o")
COLORS = ("#D55E00", "#009E73", "#0072B2")


def figures(config: Config) -> dict[str, Callable[[], Figure]]:
    """The figure of the benchmarks with subjects, if there are any. Raises InputError as read_tables does."""
    read = read_tables(SUBJECTS, config.benchmark_names, ["subjects"])
    with_subjects = {name: found["subjects"] for name, found in read.items() if len(found["subjects"])}
    return {"subjects": lambda: subjects(with_subjects)} if with_subjects else {}


def subjects(tables: dict[str, pd.DataFrame]) -> Figure:
    """Dots with bars of one standard error: SLM-MUX of the best pair, and each member's own voted answer.

    tables: benchmark → `subjects.csv`, those with subjects only. The paper draws a radar. Dots on a common axis
    show the same and more: a radar has no room for error bars, which are the message where a subject has few
    questions, and the area it encloses depends on the order of the spokes. Subjects are ordered by the accuracy
    of SLM-MUX. The paper's values by subject are not published as numbers.
    """
    sizes = [table["subject"].nunique() for table in tables.values()]
    figure = Figure(figsize=(7.0, 0.36 * sum(sizes) + 0.9 * len(tables) + 0.5))
    axes = figure.subplots(len(tables), 1, squeeze=False, height_ratios=sizes)[:, 0]
    for ax, (name, table) in zip(axes, tables.items()):
        mux = table[table["method"] == "slm_mux"].sort_values("accuracy", kind="stable")
        order = mux["subject"].tolist()
        members = table.loc[table["method"] == "self_consistency", "models"].unique().tolist()
        lines = {f"{member}, self-consistency": table[table["models"] == member] for member in members}
        lines["SLM-MUX of the two"] = mux
        for i, (label, rows) in enumerate(lines.items()):
            rows = rows.set_index("subject").loc[order]
            y = beside(np.arange(len(order)), len(lines) - 1 - i, len(lines), 0.22)
            ax.errorbar(
                100 * rows["accuracy"], y, xerr=100 * rows["accuracy_se"], linestyle="", marker=MARKERS[i],
                color=COLORS[i], elinewidth=0.9, label=label,
            )  # fmt: skip
        counts = mux.set_index("subject")["questions"]
        ax.set_yticks(np.arange(len(order)), [f"{subject} ({counts[subject]})" for subject in order])
        ax.set(title=f"{name} (questions of each subject)", xlabel="test accuracy, % ± SE", xlim=(-2, 102))
        ax.set_ylim(-0.6, len(order) - 0.4)
    legend_above(figure, columns=1 if len(tables) > 1 else None)
    return figure
