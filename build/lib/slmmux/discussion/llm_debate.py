"""LLM-Debate (Du et al., 2023, arXiv 2305.14325).

Every model answers; in each further round every model sees the others' latest answers and answers again. The
majority of the last round's answers is the final one.
"""

from slmmux.discussion.protocol import AgentRequest, Agents, AskedQuestion, Protocol, Rounds, from_template, listed
from slmmux.settings import Positive, Strict, Temperature


class Options(Strict):
    """rounds: the first answers counted."""

    rounds: Positive
    temperature: Temperature


def llm_debate(questions: list[AskedQuestion], agents: Agents, options: Options) -> Rounds:
    """`rounds` counts the first answers: with 1 nobody sees another's answer."""
    dialogs = {(question.question_id, model): question.opening() for question in questions for model in agents.models}
    latest: dict[tuple[str, str], str] = {}

    def request(question: AskedQuestion, model: str, number: int) -> AgentRequest:
        if latest:
            others = [latest[question.question_id, other] for other in agents.models if other != model]
            text = from_template("llm_debate", request=question.prompt.request, answers=listed(others, "Agent"))
            dialogs[question.question_id, model] = [
                *dialogs[question.question_id, model],
                {"role": "assistant", "content": latest[question.question_id, model]},
                {"role": "user", "content": text},
            ]
        messages = dialogs[question.question_id, model]
        stop, temperature = question.stop(), options.temperature
        return AgentRequest(
            question.question_id, model, number, "debater", messages, question.max_tokens, stop, temperature
        )

    for number in range(options.rounds):
        requests = [request(question, model, number) for question in questions for model in agents.models]
        answers = yield requests
        latest = {(asked.question_id, asked.model): text.strip() for asked, (text,) in zip(requests, answers)}
    return [(asked, 0) for asked in requests]


PROTOCOL = Protocol("llm_debate", "LLM-Debate", Options, llm_debate)
