"""The method on measured questions as a diagram: samples, votes, and the most confident model's answer."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle

from analysis.cases import tally

# Lengths in the diagram's own units. Narrow, so that a telephone shows the letters.
MODEL, SAMPLE, SHARE, ROW = 3.6, 1.75, 3.3, 1.1
HEADING, TITLE, LINE, TAKEN, INCHES = 0.8, 0.9, 0.4, 1.0, 0.46
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
    shares = MODEL + k * SAMPLE + 0.2
    width = shares + SHARE
    asked = [textwrap.wrap(f"Question: {case.question}", round(7.6 * width), max_lines=3) for case in shown]
    words = LINE * max(map(len, asked))
    block = TITLE + words + ROW * models + TAKEN
    height = block * len(shown)
    figure = Figure(figsize=(INCHES * (width + 0.4), INCHES * (height + HEADING + 0.3)))
    figure.set_layout_engine("none")
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(-0.2, width + 0.2), ylim=(-0.1, height + HEADING + 0.2), aspect="equal")
    ax.axis("off")
    for x, text in (
        (MODEL + k * SAMPLE / 2, f"1. each model samples {k} answers"),
        (shares + SHARE / 2, "2. its most frequent answer,\nand that answer's share"),
    ):
        ax.text(x, height + HEADING / 2, text, ha="center", va="center", fontsize="small")
    for place, case in enumerate(shown):
        edge = height - place * block
        ax.text(0, edge - TITLE, "\n".join(asked[place]), va="top", fontsize="small", parse_math=False)
        _case(ax, case, best, edge, edge - TITLE - words, shares, k)
    return figure


def _case(ax: Axes, case: Case, best: str, top_edge: float, height: float, shares: float, k: int) -> None:
    """One question's block, from `top_edge` down, its models from `height` down. shares: x at which they begin."""
    drawn, counted = case.drawn, tally(case.drawn)
    models = drawn["model"].unique().tolist()
    ax.axhline(top_edge, color="0.85", linewidth=0.8)
    ax.text(0, top_edge - TITLE / 2, case.title, va="center", fontsize="small", weight="bold")
    for i, model in enumerate(models):
        y = height - ROW * (i + 0.5)
        votes = counted[counted["model"] == model]
        top = votes.loc[votes["votes"] == votes["votes"].max(), "answer"].tolist()
        share = float(votes["share"].max()) if top else 0.0
        color, weight = (CHOSEN, "bold") if model == case.winner else ("0.6", "normal")
        note = "\n(best single model)" if model == best else ""
        ax.text(0, y, f"{model}{note}", va="center", fontsize="small", weight=weight)
        for j, sample in enumerate(drawn[drawn["model"] == model].itertuples()):
            text = _short(sample.answer, 9) + (" ✓" if sample.correct else "")
            edge = "black" if sample.answer in top else PLAIN
            _box(ax, MODEL + j * SAMPLE, y - 0.4, SAMPLE - 0.12, 0.8, text, edge)
        vote = _short(top[0], 18) if len(top) == 1 else f"{len(top)} answers tie" if top else "no vote"
        ax.text(
            shares, y + 0.2, f"{vote}   {round(share * k)}/{k}", va="center", fontsize="small", weight=weight,
            parse_math=False,
        )  # fmt: skip
        for length, fill in ((SHARE, "0.93"), (SHARE * share, color)):
            ax.add_patch(Rectangle((shares, y - 0.35), length, 0.26, facecolor=fill))
        if model == case.winner:
            taken = _short(top[0], 20) if len(top) == 1 else "one of them at random"
    y = height - ROW * len(models) - TAKEN / 2
    words = f"3. Taken, as its share is largest: {taken}. Right answer: {_short(case.reference, 20)}."
    ax.text(0, y, words, va="center", fontsize="small", weight="bold", color=CHOSEN, parse_math=False)


def _box(ax: Axes, x: float, y: float, width: float, height: float, text: str, edge: str) -> None:
    style = "round,pad=0,rounding_size=0.12"
    ax.add_patch(FancyBboxPatch((x, y), width, height, boxstyle=style, facecolor="white", edgecolor=edge))
    middle = x + width / 2, y + height / 2
    # Dollar signs are dollars here, not formulas.
    ax.text(*middle, text, ha="center", va="center", fontsize="small", parse_math=False)


def _short(answer, most: int) -> str:
    if not isinstance(answer, str):
        return "unread"
    return answer if len(answer) <= most else f"{answer[: most - 1]}…"
