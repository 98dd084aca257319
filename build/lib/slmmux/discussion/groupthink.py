"""Groupthink in debates: what agents do with a right answer that the others contradict (the paper's error analysis).

Two measures. The paper's: a labeller model reads every failed debate. And one without labels: how often an agent
whose first answer was right ended with the majority's wrong one, against how often one whose first answer was
wrong ended with the majority's right one.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from slmmux.benchmarks.question import Grade
from slmmux.binomial import share_interval


@dataclass(frozen=True)
class Agent:
    """One model's first and last answer in one debate."""

    question_id: str
    model: str
    first: Grade
    last: Grade


def agents_of(turns: Sequence[dict], grades: Sequence[Grade | None]) -> list[Agent]:
    """Each debater's first and last answer, in the transcript's order.

    turns: rows of a debate's transcript; grades: what grade_transcript made of them.
    """
    said: dict[tuple[str, str], list] = {}
    for turn, grade in zip(turns, grades):
        said.setdefault((turn["question_id"], turn["model"]), []).append((turn["round"], grade))
    found = []
    for (question_id, model), answers in said.items():
        answers.sort(key=lambda answer: answer[0])
        found.append(Agent(question_id, model, answers[0][1], answers[-1][1]))
    return found


@dataclass(frozen=True)
class Share:
    """count of total, as a share with its Wilson interval. Nothing to count: all of 0 and 1 is possible."""

    count: int
    total: int
    share: float | None
    low: float
    high: float


@dataclass(frozen=True)
class Swayed:
    """What agents did whose first answer and the majority's of all first answers differ in being right.

    given_up: of the agents who were right where the majority was wrong, those who ended with its wrong answer.
    corrected: of the agents who were wrong where the majority was right, those who ended with its right answer.
    """

    given_up: Share
    corrected: Share

    def metrics(self) -> dict[str, float]:
        return {
            f"{name}/{key}": value
            for name, share in asdict(self).items()
            for key, value in share.items()
            if value is not None
        }


def share_of(count: int, total: int, confidence: float) -> Share:
    low, high = share_interval(count, total, confidence)
    return Share(count, total, count / total if total else None, low, high)


def majority(answers: Sequence[Grade]) -> Grade | None:
    """The answer that more agents gave than any other, at least two of them; None where there is none."""
    counts = Counter(g.answer for g in answers if g.answer is not None)
    ranked = counts.most_common(2)
    if not ranked or ranked[0][1] < 2 or (len(ranked) == 2 and ranked[0][1] == ranked[1][1]):
        return None
    return next(g for g in answers if g.answer == ranked[0][0])


def outcomes(agents: Sequence[Agent]) -> list[tuple[Agent, str]]:
    """Every agent whom the majority of first answers contradicted in being right, with what it ended with:
    'given_up', 'kept_right' or 'left_right' (right at first); 'corrected' or 'stayed_wrong' (wrong at first).

    left_right: gave up its right answer, but not for the majority's.
    """
    by_question: dict[str, list[Agent]] = {}
    for agent in agents:
        by_question.setdefault(agent.question_id, []).append(agent)
    found = []
    for debaters in by_question.values():
        agreed = majority([agent.first for agent in debaters])
        if agreed is None:
            continue
        for agent in debaters:
            if agent.first.correct and not agreed.correct:
                joined = agent.last.answer == agreed.answer
                found.append((agent, "given_up" if joined else "kept_right" if agent.last.correct else "left_right"))
            elif not agent.first.correct and agreed.correct:
                found.append((agent, "corrected" if agent.last.correct else "stayed_wrong"))
    return found


def swayed(agents: Sequence[Agent], confidence: float) -> Swayed:
    """The measure without labels, over all debates, with intervals at `confidence`."""
    counts = Counter(outcome for _, outcome in outcomes(agents))
    right = counts["given_up"] + counts["kept_right"] + counts["left_right"]
    wrong = counts["corrected"] + counts["stayed_wrong"]
    return Swayed(share_of(counts["given_up"], right, confidence), share_of(counts["corrected"], wrong, confidence))
