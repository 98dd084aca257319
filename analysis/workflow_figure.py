"""The method on one measured question as a diagram: samples, votes, and the most confident model's answer."""

import textwrap

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle

from analysis.cases import tally

# Widths in the diagram's own units: question, arrow, model, one sample, confidence, arrow, answer.
QUESTION, ARROW, MODEL, SAMPLE, CONFIDENCE, ANSWER = 3.2, 0.8, 2.4, 1.5, 3.0, 2.2
ROW, LONGEST = 1.5, 13
CHOSEN, PLAIN = "#0072B2", "0.75"


def workflow(drawn: pd.DataFrame, question: str, reference: str, winner: str) -> Figure:
    """drawn: k samples of each model on one question, as `analysis.cases.drawn_samples` gives them.

    question: what the left box says. winner: the model whose voted answer is taken. A tick stands at samples
    whose answer is right.
    """
    models = drawn["model"].unique().tolist()
    k = len(drawn) // len(models)
    votes = tally(drawn).groupby("model", sort=False).first()
    left = QUESTION + ARROW
    shares = left + MODEL + k * SAMPLE + 0.3
    right = shares + CONFIDENCE + ARROW
    height = ROW * len(models)
    figure = Figure(figsize=(0.52 * (right + ANSWER), 0.52 * (height + 1.6)))
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(-0.2, right + ANSWER + 0.2), ylim=(-0.3, height + 1.3), aspect="equal")
    ax.axis("off")
    middle = height / 2
    _box(ax, 0, middle - 1.3, QUESTION, 2.6, _wrapped(question), PLAIN)
    headings = (
        (QUESTION / 2, "question"),
        (left + MODEL + k * SAMPLE / 2, f"1. each model samples {k} answers"),
        (shares + CONFIDENCE / 2, "2. its most frequent\nanswer and its share"),
        (right + ANSWER / 2, "3. the most\nconfident"),
    )
    for x, text in headings:
        ax.text(x, height + 0.75, text, ha="center", va="center", fontsize="small")
    for i, model in enumerate(models):
        y = height - ROW * (i + 0.5)
        chosen = model == winner
        _arrow(ax, (QUESTION + 0.1, middle), (left - 0.1, y))
        ax.text(left, y, model.replace("-coder-", "-coder-\n"), va="center", fontsize="small")
        for j, sample in enumerate(drawn[drawn["model"] == model].itertuples()):
            text = _short(sample.answer) + (" ✓" if sample.correct else "")
            voted = model in votes.index and sample.answer == votes.loc[model, "answer"]
            edge = "black" if voted else PLAIN
            _box(ax, left + MODEL + j * SAMPLE, y - 0.42, SAMPLE - 0.12, 0.84, text, edge)
        share = float(votes.loc[model, "share"]) if model in votes.index else 0.0
        answer = _short(votes.loc[model, "answer"]) if model in votes.index else "no vote"
        ax.add_patch(Rectangle((shares, y - 0.32), CONFIDENCE, 0.26, facecolor="0.93", edgecolor="none"))
        ax.add_patch(Rectangle((shares, y - 0.32), CONFIDENCE * share, 0.26, facecolor=CHOSEN if chosen else "0.6"))
        ax.text(
            shares, y + 0.2, f"{answer}   {round(share * k)}/{k}", va="center", fontsize="small",
            weight="bold" if chosen else "normal",
        )  # fmt: skip
        if chosen:
            _arrow(ax, (shares + CONFIDENCE + 0.1, y), (right - 0.1, middle), color=CHOSEN)
    _box(ax, right, middle - 0.75, ANSWER, 1.5, _short(votes.loc[winner, "answer"]), CHOSEN, weight="bold")
    ax.text(right + ANSWER / 2, middle - 1.1, f"right answer: {_short(reference)}", ha="center", fontsize="x-small")
    return figure


def _box(ax: Axes, x: float, y: float, width: float, height: float, text: str, edge: str, weight="normal") -> None:
    style = "round,pad=0,rounding_size=0.12"
    ax.add_patch(FancyBboxPatch((x, y), width, height, boxstyle=style, facecolor="white", edgecolor=edge))
    ax.text(x + width / 2, y + height / 2, text, ha="center", va="center", fontsize="small", weight=weight)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], color: str = "0.5") -> None:
    ax.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": color, "linewidth": 1.0})


def _short(answer) -> str:
    if not isinstance(answer, str):
        return "unread"
    # A dollar sign would start a formula.
    text = answer if len(answer) <= LONGEST else f"{answer[: LONGEST - 1]}…"
    return text.replace("$", r"\$")


def _wrapped(text: str) -> str:
    return "\n".join(textwrap.wrap(text.replace("$", r"\$"), 24, max_lines=6, placeholder=" …"))
