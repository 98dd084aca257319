"""LLM-Debate (Du et al., 2023, arXiv 2305.14325).

Every model answers; in each further round every model sees the others' latest answers and answers again. The
majority of the last round's answers is the final one.
"""

from slmmux.config import DiscussionSettings
from slmmux.discussion.protocol import Ask, Panel, Talk, Topic, from_template, listed


def llm_debate(topics: list[Topic], panel: Panel, settings: DiscussionSettings) -> Talk:
    """`rounds` counts the first answers: with 1 nobody sees another's answer."""
    chosen = settings.llm_debate
    dialogs = {(topic.question_id, model): topic.opening() for topic in topics for model in panel.models}
    latest: dict[tuple[str, str], str] = {}

    def ask(topic: Topic, model: str, number: int) -> Ask:
        if latest:
            others = [latest[topic.question_id, other] for other in panel.models if other != model]
            text = from_template("llm_debate", request=topic.prompt.request, answers=listed(others, "Agent"))
            dialogs[topic.question_id, model] = [
                *dialogs[topic.question_id, model],
                {"role": "assistant", "content": latest[topic.question_id, model]},
                {"role": "user", "content": text},
            ]
        messages = dialogs[topic.question_id, model]
        stop, temperature = topic.prompt.stop, chosen.temperature
        return Ask(topic.question_id, model, number, "debater", messages, topic.max_tokens, stop, temperature)

    for number in range(chosen.rounds):
        asks = [ask(topic, model, number) for topic in topics for model in panel.models]
        answers = yield asks
        latest = {(asked.question_id, asked.model): text.strip() for asked, (text,) in zip(asks, answers)}
    return [(asked, 0) for asked in asks]
