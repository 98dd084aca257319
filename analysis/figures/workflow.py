"""The method on measured questions as a diagram: samples, votes, and the most confident model's answer."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle

from analysis.cases import tally

# Lengths in the diagram's own units.
QUESTION, ARROW, MODEL, SAMPLE, CONFIDENCE, ANSWER, ROW = 3.4, 0.8, 2.5, 1.55, 3.0, 2.4, 1.3
HEADING, TITLE, INCHES = 0.9, 0.8, 0.5
CHOSEN, PLAIN = "#0072B2", "0.75"


@dataclass(frozen=True)
class Case:
    """One question. title: what became of it. drawn: k samples of each model, as `analysis.cases.drawn_samples` gives
    them. question: what the left box says. winner: the model whose voted answer is taken."""

    title: str
    drawn: pd.DataFrame
    question: str
    reference: str
    winner: str


def workflow(shown: Sequence[Case], best: str) -> Figure:
    """The questions below each other, each from its samples to the answer. best: the best single model.

    A tick stands at samples whose answer is right; the samples that make a model's vote have a dark frame.
    """
    drawn = shown[0].drawn
    models = drawn["model"].nunique()
    k = len(drawn) // models
    left = QUESTION + ARROW
    shares = left + MODEL + k * SAMPLE + 0.3
    right = shares + CONFIDENCE + ARROW
    block, width = ROW * models + TITLE, right + ANSWER
    height = block * len(shown)
    figure = Figure(figsize=(INCHES * (width + 0.4), INCHES * (height + HEADING + 0.3)))
    figure.set_layout_engine("none")
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(-0.2, width + 0.2), ylim=(-0.1, height + HEADING + 0.2), aspect="equal")
    ax.axis("off")
    for x, text in (
        (QUESTION / 2, "question"),
        (left + MODEL + k * SAMPLE / 2, f"1. each model samples {k} answers"),
        (shares + CONFIDENCE / 2, "2. its most frequent answer,\nand that answer's share"),
        (right + ANSWER / 2, "3. the answer with\nthe largest share"),
    ):
        ax.text(x, height + HEADING / 2, text, ha="center", va="center", fontsize="small")
    for place, case in enumerate(shown):
        _case(ax, case, best, height - place * block, (left, shares, right), k)
    return figure


def _case(ax: Axes, case: Case, best: str, top_edge: float, columns: tuple[float, float, float], k: int) -> None:
    """One question's block, from `top_edge` down. columns: x of the models, of the shares and of the answer."""
    left, shares, right = columns
    drawn, counted = case.drawn, tally(case.drawn)
    models = drawn["model"].unique().tolist()
    ax.axhline(top_edge, color="0.85", linewidth=0.8)
    ax.text(0, top_edge - TITLE / 2, case.title, va="center", fontsize="medium", weight="bold")
    height = top_edge - TITLE
    middle = height - ROW * len(models) / 2
    _box(ax, 0, middle - 1.3, QUESTION, 2.6, "\n".join(textwrap.wrap(case.question, 26, max_lines=7)), PLAIN)
    for i, model in enumerate(models):
        y = height - ROW * (i + 0.5)
        votes = counted[counted["model"] == model]
        top = votes.loc[votes["votes"] == votes["votes"].max(), "answer"].tolist()
        share = float(votes["share"].max()) if top else 0.0
        color, weight = (CHOSEN, "bold") if model == case.winner else ("0.6", "normal")
        _arrow(ax, (QUESTION + 0.1, middle), (left - 0.1, y), "0.5")
        note = "\n(best single model)" if model == best else ""
        ax.text(left, y, f"{model}{note}", va="center", fontsize="x-small")
        for j, sample in enumerate(drawn[drawn["model"] == model].itertuples()):
            text = _short(sample.answer, 9) + (" ✓" if sample.correct else "")
            edge = "black" if sample.answer in top else PLAIN
            _box(ax, left + MODEL + j * SAMPLE, y - 0.4, SAMPLE - 0.12, 0.8, text, edge)
        vote = _short(top[0], 18) if len(top) == 1 else f"{len(top)} answers tie" if top else "no vote"
        ax.text(shares, y + 0.22, f"{vote}   {round(share * k)}/{k}", va="center", fontsize="small", weight=weight)
        for length, fill in ((CONFIDENCE, "0.93"), (CONFIDENCE * share, color)):
            ax.add_patch(Rectangle((shares, y - 0.3), length, 0.26, facecolor=fill))
        if model == case.winner:
            _arrow(ax, (shares + CONFIDENCE + 0.1, y), (right - 0.1, middle), CHOSEN)
            taken = _short(top[0], 14) if len(top) == 1 else "one of them\nat random"
            _box(ax, right, middle - 0.6, ANSWER, 1.2, taken, CHOSEN, weight="bold")
    ax.text(
        right + ANSWER / 2, middle - 0.9, f"right answer: {_short(case.reference, 20)}", ha="center", va="center",
        fontsize="x-small",
    )  # fmt: skip


def _box(ax: Axes, x: float, y: float, width: float, height: float, text: str, edge: str, weight="normal") -> None:
    style = "round,pad=0,rounding_size=0.12"
    ax.add_patch(FancyBboxPatch((x, y), width, height, boxstyle=style, facecolor="white", edgecolor=edge))
    middle = x + width / 2, y + height / 2
    # Dollar signs are dollars here, not formulas.
    size = "medium" if weight == "bold" else "x-small"
    ax.text(*middle, text, ha="center", va="center", fontsize=size, weight=weight, parse_math=False)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], color: str) -> None:
    ax.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": color, "linewidth": 1.0})


def _short(answer, most: int) -> str:
    if not isinstance(answer, str):
        return "unread"
    return answer if len(answer) <= most else f"{answer[: most - 1]}…"
