"""Questions as MLflow's traces: a span a model with its samples and votes, and what Algorithm 1 decides."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# Tag of a trace: digest of what it shows, so that nothing is traced twice.
DIGEST_TAG = "slmmux.trace"
BENCHMARK_TAG = "slmmux.benchmark"
NANOSECONDS = 1_000_000_000
# Nanoseconds that a span lasts at least.
LEAST = 1000


@dataclass(frozen=True)
class ModelSpan:
    """What one model said to a question.

    asked, said:  the span's inputs and outputs; `said` holds its votes {answer: count}, and its samples where shown.
    seconds:      that its slowest sample took; 0 where nobody measured it.
    """

    model: str
    asked: dict[str, Any]
    said: dict[str, Any]
    prompt_tokens: int
    completion_tokens: int
    seconds: float = 0.0


@dataclass(frozen=True)
class QuestionTrace:
    """One question from asking to decision.

    inputs:     its text where that may be shown, else its id alone.
    decision:   model, answer, confidence and whether there was a tie.
    correct:    None where nobody knows the right answer, as for a question from outside; then `reference` is None too.
    """

    name: str
    benchmark: str
    digest: str
    inputs: dict[str, Any]
    spans: Sequence[ModelSpan]
    decision: dict[str, Any]
    correct: bool | None = None
    reference: str | None = None


def log_traces(experiment: str, questions: Sequence[QuestionTrace]) -> int:
    """Log the questions that the experiment does not show yet; return how many. MLflow already knows its store."""
    import mlflow

    known: set[str | None] = set()
    for benchmark in {question.benchmark for question in questions}:
        wanted = f"tags.`{BENCHMARK_TAG}` = '{benchmark}'"
        found = mlflow.search_traces(
            locations=[experiment], filter_string=wanted, return_type="list", include_spans=False, max_results=50_000
        )
        known |= {trace.info.tags.get(DIGEST_TAG) for trace in found}
    new = [question for question in questions if question.digest not in known]
    ids = [log_trace(experiment, question) for question in new]
    # Assessments are about traces that the store has.
    mlflow.flush_trace_async_logging()
    for trace_id, question in zip(ids, new):
        _assess(trace_id, question)
    return len(new)


def log_trace(experiment: str | None, question: QuestionTrace, began: int | None = None) -> str:
    """Log one question's spans, and return the trace's id. began: nanoseconds since 1970; None for now.

    Models are shown as asked one after the other. experiment: None for the one MLflow is set to.
    """
    from mlflow import start_span_no_context

    at = time.time_ns() if began is None else began
    root = start_span_no_context(
        question.name,
        span_type="CHAIN",
        inputs=question.inputs,
        tags={DIGEST_TAG: question.digest, BENCHMARK_TAG: question.benchmark},
        experiment_id=experiment,
        start_time_ns=at,
    )
    for span in question.spans:
        usage = {
            "input_tokens": span.prompt_tokens,
            "output_tokens": span.completion_tokens,
            "total_tokens": span.prompt_tokens + span.completion_tokens,
        }
        of_model = start_span_no_context(
            span.model, span_type="LLM", parent_span=root, inputs=span.asked, start_time_ns=at
        )
        of_model.set_attribute("mlflow.chat.tokenUsage", usage)
        # Where the seconds are unknown, MLflow still shows the models in this order.
        at += max(int(span.seconds * NANOSECONDS), LEAST)
        of_model.end(outputs=span.said, end_time_ns=at)
    decision = start_span_no_context(
        "decision",
        span_type="PARSER",
        parent_span=root,
        inputs={span.model: span.said["votes"] for span in question.spans},
        start_time_ns=at,
    )
    decision.end(outputs=question.decision, end_time_ns=at)
    root.end(outputs=question.decision["answer"], end_time_ns=at)
    return root.trace_id


def _assess(trace_id: str, question: QuestionTrace) -> None:
    """`correct` as feedback, the reference as expectation."""
    import mlflow
    from mlflow.entities import AssessmentSource

    source = AssessmentSource(source_type="CODE", source_id=f"grading of {question.benchmark}")
    if question.correct is not None:
        mlflow.log_feedback(trace_id=trace_id, name="correct", value=question.correct, source=source)
    if question.reference is not None:
        mlflow.log_expectation(trace_id=trace_id, name="reference", value=question.reference, source=source)
