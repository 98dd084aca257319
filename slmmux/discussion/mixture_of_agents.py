"""Mixture-of-Agents (Wang et al., 2024, arXiv 2406.04692).

Every model of the panel proposes an answer; in each further layer every model answers again with all proposals
of the layer before in its prompt; in the last layer one model, the aggregator, gives the answer. The aggregator
is the model with the best validation accuracy. Its instruction stands in the user's message, not in a system
message, which some models' templates refuse.
"""

from slmmux.config import DiscussionSettings
from slmmux.discussion.protocol import Ask, Panel, Talk, Topic, from_template, listed


def mixture_of_agents(topics: list[Topic], panel: Panel, settings: DiscussionSettings) -> Talk:
    """`layers` counts the aggregator's: with 1 it answers alone, with 2 it sees one round of proposals."""
    chosen = settings.mixture_of_agents
    proposals: dict[str, list[str]] = {topic.question_id: [] for topic in topics}

    def ask(topic: Topic, model: str, layer: int, role: str) -> Ask:
        before = proposals[topic.question_id]
        messages = topic.opening()
        if before:
            text = from_template("mixture_of_agents", request=topic.prompt.request, answers=listed(before, "Answer"))
            messages = [*messages[:-1], {"role": "user", "content": text}]
        stop, temperature = topic.prompt.stop, chosen.temperature
        return Ask(topic.question_id, model, layer, role, messages, topic.max_tokens, stop, temperature)

    for layer in range(chosen.layers - 1):
        asks = [ask(topic, model, layer, "proposer") for topic in topics for model in panel.models]
        answers = yield asks
        proposals = {topic.question_id: [] for topic in topics}
        for asked, (text,) in zip(asks, answers):
            proposals[asked.question_id].append(text)
    asks = [ask(topic, panel.best, chosen.layers - 1, "aggregator") for topic in topics]
    yield asks
    return [(asked, 0) for asked in asks]
