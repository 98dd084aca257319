"""Multi-Agent Verification (Lifshitz et al., 2025, arXiv 2502.20379), as best-of-n.

One model, that with the best validation accuracy, writes `candidates` answers. Every agent judges
every candidate under every aspect, true or false. The candidate with the largest share of approvals is the
answer; of equal ones the first, which is a random one, since samples are exchangeable. A judgement that can't be
read approves nothing. Equal candidates are judged once.
"""

import re
from typing import Literal

from pydantic import Field

from slmmux.discussion.protocol import AgentRequest, Agents, AskedQuestion, Protocol, Rounds, from_template
from slmmux.settings import Positive, Strict, Temperature

_APPROVES = re.compile(r"\W*(?:true|yes)\b", re.IGNORECASE)
_REFUSES = re.compile(r"\W*(?:false|no)\b", re.IGNORECASE)


def approval(judgement: str) -> bool | None:
    """True or False as the judgement begins; None where it begins otherwise."""
    return True if _APPROVES.match(judgement) else False if _REFUSES.match(judgement) else None


class Options(Strict):
    """candidates: answers of the generator, at `temperature`. aspects: what every verifier looks at, each a prompt
    of its own, at `verifier_temperature` and with at most `max_tokens`."""

    candidates: Positive
    aspects: list[Literal["correctness", "logic", "mistakes", "task"]] = Field(min_length=1)
    temperature: Temperature
    verifier_temperature: Temperature
    max_tokens: Positive


def multi_agent_verification(questions: list[AskedQuestion], agents: Agents, options: Options) -> Rounds:
    written = [
        AgentRequest(
            question.question_id,
            agents.best,
            0,
            "generator",
            question.opening(),
            question.max_tokens,
            question.stop(),
            options.temperature,
            samples=options.candidates,
        )
        for question in questions
    ]
    candidates = yield written
    judged = [
        AgentRequest(
            question.question_id,
            model,
            1,
            "verifier",
            _judging(question, text, aspect),
            options.max_tokens,
            (),
            options.verifier_temperature,
            aspect=aspect,
            about=number,
        )
        for question, texts in zip(questions, candidates)
        for number, text in enumerate(texts)
        if texts.index(text) == number
        for model in agents.models
        for aspect in options.aspects
    ]
    judgements = yield judged
    approvals: dict[tuple[str, int], int] = {}
    for asked, (text,) in zip(judged, judgements):
        place = (asked.question_id, asked.about)
        approvals[place] = approvals.get(place, 0) + (approval(text) is True)
    finals = []
    for request, texts in zip(written, candidates):
        # Equal candidates have one count of approvals, that of the first of them.
        scores = [approvals[request.question_id, texts.index(text)] for text in texts]
        finals.append((request, scores.index(max(scores))))
    return finals


def _judging(question: AskedQuestion, candidate: str, aspect: str) -> list[dict[str, str]]:
    """The aspect comes last: the engine's cache shares all that stands before it."""
    text = from_template("multi_agent_verification", request=question.prompt.request, answer=candidate.strip())
    return [{"role": "user", "content": f"{text}\n\n{from_template(f'aspect_{aspect}')}"}]


PROTOCOL = Protocol("multi_agent_verification", "Multi-Agent Verification", Options, multi_agent_verification)
