"""The figures of section 4's verification, each as PNG, drawn from the report's tables."""

import textwrap
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.figures.common import HATCHES, SHADES, beside, legend_above, panels, reach, save_figures
from analysis.theory.report import TheoryReport, evidence_rows
from slmmux.theory.classes import CLASSES
from slmmux.theory.majority import majority

# Share of 1 that a model must reach somewhere to have a panel of its own.
LITTLE = 0.05
CURVES = (3, 5, 7, 9), (2, 4, 6, 8)


def write_figures(report: TheoryReport, folder: Path) -> list[Path]:
    """Draw every figure whose table the report has. Returns the files written."""
    tables = report.tables
    evidence = evidence_rows(report.findings)
    drawn: dict[str, Callable[[], Figure]] = {
        "verdicts": partial(verdicts, evidence, {found.claim: found.statement for found in report.findings}),
        "majority_curves": majority_curves,
    }
    for name, table, draw in (
        ("majority", "majority", measured_voting),
        ("shares", "shares", shares),
        ("approximation", "approximation", signed_errors),
        ("order", "approximation", measured_against_theory),
        ("reliability", "reliability", reliability),
        ("loss", "loss", loss),
    ):
        if len(tables.get(table, ())):
            drawn[name] = partial(draw, tables[table])
    return save_figures(drawn, folder)


# Outcome → colour and hatch, told apart without colour too.
OUTCOMES = {"hold": ("#0072B2", ""), "undecided": ("0.88", ""), "fail": ("#D55E00", "////")}


def verdicts(evidence: pd.DataFrame, statements: dict[str, str]) -> Figure:
    """Claims down, benchmarks across: the share of each benchmark's configurations that hold, are undecided or fail.

    evidence: evidence_rows. statements: claim → its sentence. Claims about a formula alone are left out.
    """
    rows = evidence[evidence["benchmark"] != ""]
    claims, benchmarks = (list(dict.fromkeys(rows[name])) for name in ("claim", "benchmark"))
    labels = [textwrap.fill(f"{claim}: {statements.get(claim, '')}".rstrip(": "), 76) for claim in claims]
    figure = Figure(figsize=(5.2 + 1.5 * len(benchmarks), 0.34 * len(claims) + 1.1))
    for ax, benchmark in zip(figure.subplots(1, len(benchmarks), sharey=True, squeeze=False)[0], benchmarks):
        of = rows[rows["benchmark"] == benchmark].set_index("claim").reindex(claims)[list(OUTCOMES)].astype(float)
        share = 100 * of.div(of.sum(axis=1), axis=0)
        left = np.zeros(len(claims))
        for outcome, (colour, hatch) in OUTCOMES.items():
            width = share[outcome].fillna(0).to_numpy()
            ax.barh(
                np.arange(len(claims)), width, left=left, color=colour, hatch=hatch, height=0.75, label=outcome,
                edgecolor="white", linewidth=0.5,
            )  # fmt: skip
            left += width
        for y in np.flatnonzero(left == 0):
            ax.text(50, y, "no configuration", ha="center", va="center", fontsize="x-small", color="0.35")
        ax.set(title=benchmark, xlim=(0, 100), xticks=(0, 50, 100))
        ax.set_yticks(np.arange(len(claims)), labels, fontsize="small")
        ax.set_ylim(len(claims) - 0.4, -0.6)
        ax.grid(visible=False)
    figure.supxlabel("share of the configurations, %", fontsize="small")
    legend_above(figure)
    return figure


def majority_curves() -> Figure:
    """A(N, p) against p, odd and even N, with the diagonal it is compared to (T1)."""
    p = np.linspace(0, 1, 201)
    figure = Figure(figsize=(7.2, 3.6))
    for ax, counts, title in zip(figure.subplots(1, 2, sharey=True), CURVES, ("odd N", "even N: ties count as won")):
        ax.plot(p, p, color="0.5", linestyle="-", marker="", linewidth=1, label="p")
        for samples in counts:
            ax.plot(p, majority(samples, p), markevery=20, label=f"N = {samples}")
        ax.axvline(0.5, color="0.7", linewidth=0.8)
        ax.set(title=title, xlabel="p, probability that one sample is right", xlim=(0, 1), ylim=(0, 1))
        ax.legend()
    figure.axes[0].set_ylabel("A(N, p)")
    return figure


def measured_voting(table: pd.DataFrame) -> Figure:
    """Measured self-consistency, mean of A(N, p) and its plug-in, by model and N (T1); bands end at 0 and 100 %.

    Models that are hardly ever right have no panel.
    """
    table = _ever_right(table, "measured")
    figure, grid = _grid(table, "models", sharey=False)
    for ax, cells in grid:
        n = cells["samples"]
        low, high = (100 * (cells["theory"] + cells[end]).clip(0, 1) for end in ("low", "high"))
        ax.fill_between(n, low, high, color="0.85", linewidth=0, label="interval of measured − A(N, p)")
        ax.plot(n, 100 * cells["measured"], label="self-consistency, measured")
        ax.plot(n, 100 * cells["theory"], label="mean A(N, p), unbiased")
        ax.plot(n, 100 * cells["plug_in"], label="mean A(N, h/n), plug-in")
        ax.set_ylim(bottom=max(0, ax.get_ylim()[0]))
        _whole_numbers(ax)
    _finish(figure, "samples N", "accuracy (%)")
    return figure


def shares(table: pd.DataFrame) -> Figure:
    """Shares of questions by the measured p, by model (T2)."""
    benchmarks = list(dict.fromkeys(table["benchmark"]))
    figure, axes = panels(len(benchmarks), width=3.5, sharey=True)
    for ax, name in zip(axes, benchmarks):
        cells = table[table["benchmark"] == name]
        models = list(dict.fromkeys(cells["models"]))
        width = 0.8 / len(CLASSES)
        for c, kind in enumerate(CLASSES):
            rows = cells[cells["class"] == kind].set_index("models").loc[models]
            x = beside(np.arange(len(models)), c, len(CLASSES), width)
            ax.bar(
                x, 100 * rows["share"], width, yerr=100 * reach(rows["share"], rows["low"], rows["high"]),
                color=SHADES[c], hatch=HATCHES[c], edgecolor="black", linewidth=0.5,
                error_kw={"linewidth": 0.9, "ecolor": "0.35"}, label=kind,
            )  # fmt: skip
        ax.set_xticks(np.arange(len(models)), [_broken(m) for m in models], fontsize="small")
        ax.set(title=name, ylabel="questions (%)")
        ax.grid(axis="x", visible=False)
    legend_above(figure)
    return figure


def signed_errors(table: pd.DataFrame) -> Figure:
    """Measured minus theory by number of models and N, for T3 and both forms of T4."""
    claims, benchmarks = list(dict.fromkeys(table["claim"])), list(dict.fromkeys(table["benchmark"]))
    figure = Figure(figsize=(3.2 * len(claims) + 0.4, 2.7 * len(benchmarks) + 0.5))
    axes = figure.subplots(len(benchmarks), len(claims), sharex=True, sharey=True, squeeze=False)
    titles = {"T3": "SLM-MUX − A(N, p_max)", "T4": "Forest − A(N·M, p̄)", "T4-as-written": "Forest − A(N, p̄)"}
    for row, name in zip(axes, benchmarks):
        for ax, claim in zip(row, claims):
            cells = table[(table["benchmark"] == name) & (table["claim"] == claim)]
            ax.axhline(0, color="0.4", linewidth=0.9)
            subsets = list(dict.fromkeys(cells["models"]))
            for i, models in enumerate(subsets):
                rows, size = cells[cells["models"] == models], models.count(" + ")
                x = rows["samples"] + 0.7 * ((i + 0.5) / len(subsets) - 0.5)
                ax.errorbar(
                    x, 100 * rows["estimate"], 100 * _reach(rows), linestyle="", elinewidth=0.6, capsize=0,
                    markersize=3, color=f"C{size - 1}", marker="os^DvPX"[size - 1], label=f"{size + 1} models",
                )  # fmt: skip
            ax.set_title(f"{name}: {titles[claim]}", fontsize="small")
            _whole_numbers(ax)
    _finish(figure, "samples per model N", "signed error (points)")
    return figure


def measured_against_theory(table: pd.DataFrame) -> Figure:
    """Each configuration's measured accuracy against the theory's: where the order is lost.

    Bars: measured minus the interval of measured - theory, so that one that crosses the diagonal decides nothing;
    cut off at 0 and 100 %.
    """
    claims, benchmarks = list(dict.fromkeys(table["claim"])), list(dict.fromkeys(table["benchmark"]))
    figure = Figure(figsize=(3.2 * len(claims) + 0.4, 3.0 * len(benchmarks) + 0.5))
    axes = figure.subplots(len(benchmarks), len(claims), squeeze=False)
    names = {"T3": "SLM-MUX, A(N, p_max)", "T4": "Forest, A(N·M, p̄)", "T4-as-written": "Forest, A(N, p̄)"}
    for row, name in zip(axes, benchmarks):
        for ax, claim in zip(row, claims):
            cells = table[(table["benchmark"] == name) & (table["claim"] == claim)]
            both = 100 * cells[["theory", "measured"]].to_numpy()
            span = [both.min(), both.max()]
            ax.plot(span, span, color="0.6", linestyle="-", marker="", linewidth=1)
            ends = (100 * (cells["measured"] - cells[end]).clip(0, 1) for end in ("high", "low"))
            ax.hlines(both[:, 1], *ends, color="0.75", linewidth=0.6, zorder=1)
            for parity, label in ((1, "odd N"), (0, "even N")):
                rows = both[(cells["samples"] % 2 == parity).to_numpy()]
                ax.plot(rows[:, 0], rows[:, 1], linestyle="", alpha=0.75, markersize=3.5, label=label)
            ax.set_title(f"{name}: {names[claim]}", fontsize="small")
    _finish(figure, "theory (%)", "measured accuracy (%)")
    return figure


def reliability(table: pd.DataFrame) -> Figure:
    """Accuracy at each confidence level, with the diagonal of a calibrated model, for three k of each benchmark.

    Models that are hardly ever right have no panel.
    """
    table = _ever_right(table, "estimate")
    figure, grid = _grid(table[table["samples"] > 1], "models", sharey=True)
    for ax, cells in grid:
        ax.plot([0, 100], [0, 100], color="0.6", linestyle="-", marker="", linewidth=1)
        ks = sorted(set(cells["samples"]))
        # The same k once, where there are less than three.
        shown = {k: which for which, k in (("largest", ks[-1]), ("middle", ks[len(ks) // 2]), ("smallest", ks[0]))}
        for k, which in sorted(shown.items()):
            rows = cells[(cells["samples"] == k) & cells["estimate"].notna()]
            spot = 100 * rows["confidence"], 100 * rows["estimate"]
            ax.errorbar(*spot, 100 * _reach(rows), elinewidth=0.8, label=f"{which} k")
        names = cells["benchmark"].iloc[0], cells["models"].iloc[0]
        ax.set_title(f"{names[0]}\n{names[1]}, k = {', '.join(map(str, sorted(shown)))}", fontsize="small")
    _finish(figure, "confidence s (% of k samples)", "right (%)")
    return figure


def loss(table: pd.DataFrame) -> Figure:
    """SLM-MUX's loss against the union of the drawn samples and the parts it is the sum of, for all models together.

    Lines with bands: in a stack the interval of a part would stand on the uncertain edge of the one below.
    """
    sizes = table["models"].str.count(r" \+ ")
    table = table[sizes == sizes.groupby(table["benchmark"]).transform("max")]
    benchmarks = list(dict.fromkeys(table["benchmark"]))
    figure, axes = panels(len(benchmarks))
    kinds = {"total": "union − SLM-MUX", "never_voted": "never voted", "contradiction": "contradiction"}
    for ax, name in zip(axes, benchmarks):
        cells = table[table["benchmark"] == name]
        for part, label in {**kinds, "tie_lost": "tie lost"}.items():
            rows = cells[cells["part"] == part].sort_values("samples")
            (line,) = ax.plot(rows["samples"], 100 * rows["estimate"], label=label)
            low, high = 100 * rows["low"], 100 * rows["high"]
            ax.fill_between(rows["samples"], low, high, color=line.get_color(), alpha=0.15, linewidth=0)
        ax.set(title=name, xlabel="samples per model k", ylabel="loss (points)", ylim=(0, None))
        _whole_numbers(ax)
    legend_above(figure)
    return figure


def _whole_numbers(ax: Axes) -> None:
    """Ticks at whole numbers alone, otherwise as matplotlib chooses them."""
    ax.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 2.5, 5, 10], integer=True))


def _grid(table: pd.DataFrame, column: str, sharey: bool):
    """A figure of panels, benchmarks down and their models across, and (axes, that panel's rows) for each."""
    names = {name: list(dict.fromkeys(rows[column])) for name, rows in table.groupby("benchmark", sort=False)}
    widest = max(map(len, names.values()))
    figure = Figure(figsize=(2.4 * widest + 0.4, 2.4 * len(names) + 0.6))
    axes = figure.subplots(len(names), widest, sharex=True, sharey=sharey, squeeze=False)
    found = []
    for row, (benchmark, models) in enumerate(names.items()):
        for ax, model in zip(axes[row], models):
            ax.set_title(f"{benchmark}\n{model}", fontsize="small")
            # The last of its column, if the rows below have fewer models.
            ax.tick_params(labelbottom=all(len(other) < len(models) for other in list(names.values())[row + 1 :]))
            found.append((ax, table[(table["benchmark"] == benchmark) & (table[column] == model)]))
        for unused in axes[row, len(models) :]:
            unused.remove()
    return figure, found


def _ever_right(table: pd.DataFrame, accuracy: str) -> pd.DataFrame:
    """Without the models that never pass LITTLE on a benchmark: their panels would show a line at zero."""
    return table[table.groupby(["benchmark", "models"])[accuracy].transform("max") > LITTLE]


def _finish(figure: Figure, x: str, y: str) -> None:
    figure.supxlabel(x, fontsize="medium")
    figure.supylabel(y, fontsize="medium")
    legend_above(figure)


def _reach(rows: pd.DataFrame) -> np.ndarray:
    return reach(rows["estimate"], rows["low"], rows["high"])


def _broken(name: str) -> str:
    """A long model name, a line a part."""
    return name.replace("-", "-\n") if len(name) > 10 else name
