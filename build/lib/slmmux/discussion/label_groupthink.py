"""A labeller model reads failed debates and says which failed through groupthink (the paper's error analysis)."""

import re
from dataclasses import dataclass

from slmmux.discussion.protocol import AgentRequest, AskedQuestion, Rounds, from_template

PROTOCOL = "groupthink_label"
LABELS = {"A": "groupthink", "B": "other"}
UNLABELLED = "unlabelled"
# One letter and a closing bracket; the rest of a longer reply is not read.
MAX_TOKENS = 4
_LETTER = re.compile(r"\W*([AB])\b")


def label_of(reply: str) -> str:
    """'groupthink', 'other', or 'unlabelled' where the reply does not begin with one of the two letters."""
    match = _LETTER.match(reply)
    return LABELS[match.group(1)] if match else UNLABELLED


@dataclass(frozen=True)
class FailedDebate:
    """A debate whose final answer is wrong. rounds: per round the answers, as (model, text)."""

    question: AskedQuestion
    reference: str
    rounds: list[list[tuple[str, str]]]


def groupthink_label(debates: list[FailedDebate], labeller: str) -> Rounds:
    """One request a failed debate, at temperature 0. No answer is final: there is nothing to vote on."""
    yield [
        AgentRequest(
            debate.question.question_id,
            labeller,
            0,
            "labeller",
            [{"role": "user", "content": _shown(debate)}],
            MAX_TOKENS,
            (),
            0.0,
        )
        for debate in debates
    ]
    return []


def _shown(debate: FailedDebate) -> str:
    names = {model: f"Agent {n}" for n, (model, _) in enumerate(debate.rounds[0], 1)}
    rounds = [
        f"Round {number}\n" + "\n".join(f"{names[model]}: {text.strip()}" for model, text in answers)
        for number, answers in enumerate(debate.rounds, 1)
    ]
    return from_template(
        "groupthink_label",
        request=debate.question.prompt.request,
        reference=debate.reference,
        debate="\n\n".join(rounds),
    )
