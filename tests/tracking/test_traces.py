"""Questions as traces: what a reader sees of one, that texts stay out where they must, and nothing twice."""

import logging
import os
from dataclasses import replace

import pandas as pd
import pytest
from conftest import say

from slmmux.benchmarks import get_benchmark
from slmmux.commands import trace
from slmmux.paths import samples_file
from slmmux.serving.answer import Answer, ModelVotes
from slmmux.serving.question import conversation
from slmmux.serving.traces import trace_answer

NAME = "short_answers"


@pytest.fixture
def graded(study, capsys):
    say(capsys, "questions", NAME)
    for model in study.params["model_names"]:
        say(capsys, "generate", NAME, model)
    for command in ("grade", "votes"):
        say(capsys, command, NAME)
    return study


def traced() -> list:
    import mlflow

    mlflow.set_tracking_uri(os.environ["MLFLOW_TRACKING_URI"])
    experiments = [experiment.experiment_id for experiment in mlflow.search_experiments()]
    return mlflow.search_traces(locations=experiments, return_type="list")


@pytest.mark.usefixtures("with_store")
def test_a_trace_shows_samples_votes_decision_feedback_and_reference(graded, capsys, monkeypatch):
    out = say(capsys, "trace", NAME, "--questions", "2")
    assert out[0].startswith("2 new traces of 2 questions of short_answers") and out[1].endswith("/traces")
    samples = pd.concat(pd.read_parquet(samples_file(NAME, model)) for model in ("chatty", "base"))
    assert len(traced()) == 2
    for found in traced():
        spans = {span.name: span for span in found.data.spans}
        question = found.data.spans[0].inputs["question_id"]
        assert set(spans) == {question, "chatty", "base", "decision"}
        assert found.data.spans[0].inputs["question"] in spans["chatty"].inputs["question"]
        for model in ("chatty", "base"):
            said, mine = spans[model].outputs, samples[(samples["question_id"] == question)]
            mine = mine[(mine["model"] == model) & (mine["sample"] < 2)].sort_values("sample")
            assert [sample["answer"] for sample in said["samples"]] == mine["answer"].tolist()
            assert said["votes"] == mine["answer"].value_counts().to_dict()
            assert said["confidence"] == mine["answer"].value_counts().max() / 2
        decision = spans["decision"].outputs
        confidence = {model: spans[model].outputs["confidence"] for model in ("chatty", "base")}
        assert decision["confidence"] == max(confidence.values()) == confidence[decision["model"]]
        told = {assessment.name: assessment.value for assessment in found.info.assessments}
        answered = samples[(samples["question_id"] == question) & (samples["answer"] == decision["answer"])]
        assert told == {"correct": bool(answered["correct"].iloc[0]), "reference": told["reference"]}
    # Once more: only what is new.
    assert say(capsys, "trace", NAME, "--questions", "6")[0].startswith("4 new traces of 6 questions")


def test_no_text_where_the_benchmarks_text_may_not_be_shown(graded, monkeypatch):
    hidden = replace(get_benchmark(NAME), text_may_be_shown=False)
    monkeypatch.setattr(trace, "get_benchmark", lambda name: hidden)
    for question in trace.traces(trace.load_config(), NAME, 3):
        assert question.inputs.keys() == {"question_id"}
        for span in question.spans:
            assert span.asked == {"samples": 2}
            assert not [sample for sample in span.said["samples"] if "response" in sample]


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--questions", "0"), "at least 1"), (("--questions", "9" * 25), "whole number"), ((), "no such file")],
)
def test_what_cannot_be_traced_is_told_in_one_line(study, capsys, words, said):
    (line,) = say(capsys, "trace", NAME, *words, expect=2)
    assert said in line


def answered() -> Answer:
    votes = (
        ModelVotes("one", 3, 2, 0, {"43": 2}, 10, 4, False),
        ModelVotes("two", 3, 1, 0, {"12": 1}, 10, 2, False),
    )
    return Answer("43", 2 / 3, "one", "It is 43.", "stop", votes, 5.0)


@pytest.mark.usefixtures("with_store")
def test_a_served_model_traces_its_answers_where_it_is_asked_to(study, monkeypatch, caplog):
    import mlflow

    mlflow.set_tracking_uri(os.environ["MLFLOW_TRACKING_URI"])
    asked = conversation("gsm8k", "What is 12 + 31?", {})
    trace_answer("mux", asked, answered(), 1_000_000_000)
    assert traced() == []
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "served")
    trace_answer("mux", asked, answered(), 1_000_000_000)
    mlflow.flush_trace_async_logging()
    (found,) = traced()
    spans = {span.name: span for span in found.data.spans}
    assert spans["one"].outputs["votes"] == {"43": 2}
    assert spans["decision"].outputs["answer"] == "43" and spans["decision"].outputs["saved_samples"] == 3
    assert found.info.assessments == []
    # A store that fails costs no answer.
    with caplog.at_level(logging.WARNING):
        monkeypatch.setattr("slmmux.serving.traces.log_trace", lambda *words: 1 / 0)
        trace_answer("mux", asked, answered(), 1_000_000_000)
    assert "no trace of question" in caplog.text
