"""Answers of a served configuration as MLflow's traces, where the server's environment asks for it."""

import logging
import os

from slmmux.errors import printable
from slmmux.serving.answer import Answer
from slmmux.serving.question import Conversation
from slmmux.tracking.traces import ModelSpan, QuestionTrace, log_trace

log = logging.getLogger(__name__)
# MLflow's own variables. Whoever sets one wants what this process does shown there.
ASKED_FOR = ("MLFLOW_EXPERIMENT_NAME", "MLFLOW_EXPERIMENT_ID")


def trace_answer(name: str, asked: Conversation, found: Answer, began: int) -> None:
    """Log the answer to the experiment of $MLFLOW_EXPERIMENT_NAME or $MLFLOW_EXPERIMENT_ID; without one, do nothing.

    name: of the configuration. began: nanoseconds since 1970. Nobody knows whether the answer is right, so there is
    neither feedback nor expectation. A store that fails is told in the log: the answer is good all the same.
    """
    if not any(os.environ.get(variable) for variable in ASKED_FOR):
        return
    spans = [
        ModelSpan(
            model=votes.model,
            asked={"samples": votes.samples},
            said={
                "votes": votes.answers,
                "finished": votes.finished,
                "cancelled": votes.cancelled,
                "failed": votes.failed,
            },
            prompt_tokens=votes.prompt_tokens,
            completion_tokens=votes.completion_tokens,
        )
        for votes in found.votes
    ]
    decision = {"model": found.model, "answer": found.answer, "confidence": found.confidence}
    decision |= {"response": found.response, "saved_samples": found.saved_samples}
    question = asked.question
    inputs = {"question": question.text}
    try:
        log_trace(None, QuestionTrace(question.id, name, question.id, inputs, spans, decision), began)
    except Exception as error:
        log.warning("no trace of question %s: %s", question.id, printable(str(error))[:200])
