"""Mixture-of-Agents (Wang et al., 2024, arXiv 2406.04692).

Every agent proposes an answer; in each further layer every model answers again with all proposals
of the layer before in its prompt; in the last layer one model, the aggregator, gives the answer. The aggregator
is the model with the best validation accuracy. Its instruction stands in the user's message, not in a system
message, which some models' templates refuse.
"""

from slmmux.discussion.protocol import AgentRequest, Agents, AskedQuestion, Protocol, Rounds, from_template, listed
from slmmux.settings import Positive, Strict, Temperature


class Options(Strict):
    """layers: the aggregator's counted."""

    layers: Positive
    temperature: Temperature


def mixture_of_agents(questions: list[AskedQuestion], agents: Agents, options: Options) -> Rounds:
    """`layers` counts the aggregator's: with 1 it answers alone, with 2 it sees one round of proposals."""
    proposals: dict[str, list[str]] = {question.question_id: [] for question in questions}

    def request(question: AskedQuestion, model: str, layer: int, role: str) -> AgentRequest:
        before = proposals[question.question_id]
        messages = question.opening()
        if before:
            text = from_template("mixture_of_agents", request=question.prompt.request, answers=listed(before, "Answer"))
            messages = [*messages[:-1], {"role": "user", "content": text}]
        stop, temperature = question.stop(), options.temperature
        return AgentRequest(question.question_id, model, layer, role, messages, question.max_tokens, stop, temperature)

    for layer in range(options.layers - 1):
        requests = [request(question, model, layer, "proposer") for question in questions for model in agents.models]
        answers = yield requests
        proposals = {question.question_id: [] for question in questions}
        for asked, (text,) in zip(requests, answers):
            proposals[asked.question_id].append(text)
    requests = [request(question, agents.best, options.layers - 1, "aggregator") for question in questions]
    yield requests
    return [(asked, 0) for asked in requests]


PROTOCOL = Protocol("mixture_of_agents", "Mixture-of-Agents", Options, mixture_of_agents)
