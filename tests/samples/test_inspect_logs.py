"""Logs that Inspect itself writes, in both of its formats, with a model that only repeats what it is given."""

import json

import pytest

from slmmux.errors import InputError
from slmmux.samples.lm_eval_logs import LogChoices
from slmmux.samples.read import read_samples
from slmmux.samples.tabulate import votes_from_samples

inspect_ai = pytest.importorskip("inspect_ai")


@pytest.fixture(autouse=True)
def tokens_are_words(monkeypatch):
    """The library counts tokens with a table that it would download."""

    class Words:
        def encode(self, text, **_):
            return text.split()

    monkeypatch.setattr("tiktoken.get_encoding", lambda name: Words())


def run(folder, log_format, texts, scorer, samples, solver=(), **settings):
    """The log of a task with three epochs, a file."""
    from inspect_ai.model import ModelOutput, get_model
    from inspect_ai.solver import generate

    outputs = [ModelOutput.from_content("mockllm/model", text) for text in texts]
    task = inspect_ai.Task(dataset=samples, solver=[*solver, generate()], scorer=scorer, epochs=3, name="sums")
    model = get_model("mockllm/model", custom_outputs=outputs, memoize=False)
    where = {"log_format": log_format, "log_dir": str(folder), "display": "none", "max_connections": 1}
    (log,) = inspect_ai.eval(task, model=model, **where, **settings)
    return log.location


def sums(count=2):
    from inspect_ai.dataset import Sample

    return [Sample(input=f"{n} + 4?", target=str(n + 4), id=f"q{n}") for n in range(count)]


@pytest.mark.parametrize("log_format", ["eval", "json"])
def test_epochs_are_samples(tmp_path, log_format, caplog):
    from inspect_ai.log import read_eval_log
    from inspect_ai.scorer import includes, match

    texts = ["The answer is 4", "It is 5", "So 5", "So 6", "The answer is 4", "It is 5"]
    path = run(tmp_path, log_format, texts, [match(numeric=True), includes()], sums())
    votes = votes_from_samples(read_samples([path], "test"), "test")
    assert votes.benchmark == "sums" and votes.models == ("mockllm/model",) and votes.pool.tolist() == [3]
    assert "reading scorer match of match, includes (--metric chooses)" in caplog.text
    accuracy = read_eval_log(path).results.scores[0].metrics["accuracy"].value
    assert votes.accuracy_per_question().mean() == pytest.approx(accuracy) and 0 < accuracy < 1
    assert set(read_samples([path], "test", LogChoices(metric="includes"))["answer"]) == {
        text.lower() for text in texts
    }
    with pytest.raises(InputError, match="no score 'other'; there are: match, includes"):
        read_samples([path], "test", LogChoices(metric="other"))
    with pytest.raises(InputError, match="a log of Inspect has no filters"):
        read_samples([path], "test", LogChoices(filter="strict-match"))


def test_letters_of_a_choice(tmp_path):
    from inspect_ai.dataset import Sample
    from inspect_ai.scorer import choice
    from inspect_ai.solver import multiple_choice

    samples = [Sample(input="Which?", choices=["w", "x", "y"], target="B", id=1)]
    texts = ["ANSWER: B", "unread", "ANSWER: C", "unread", "ANSWER: B", "unread"]
    path = run(tmp_path, "eval", texts, choice(), samples, solver=[multiple_choice()])
    found = read_samples([path], "test")
    assert sorted(found["answer"]) == ["B", "B", "C"] and found["correct"].sum() == 2


def test_completions_read_as_a_benchmark(tmp_path, caplog):
    from inspect_ai.scorer import includes

    texts = ["<think>4?</think> It is 5", "So $4$", "The answer is 4, not 5.", "5", "4", "The answer is 5"]
    path = run(tmp_path, "json", texts, includes(), sums())
    assert not any("think" in answer for answer in read_samples([path], "test")["answer"])
    found = read_samples([path], "test", LogChoices(read_as="gsm8k"))
    assert set(found["answer"]) == {"4", "5"}
    assert "samples the log's own score disagrees with this reading" in caplog.text
    with pytest.raises(InputError, match="humaneval can't read a log"):
        read_samples([path], "test", LogChoices(read_as="humaneval"))


def test_samples_that_ended_in_an_error(tmp_path, caplog):
    from inspect_ai.scorer import match
    from inspect_ai.solver import solver

    @solver
    def failing():
        async def solve(state, generate):
            if state.epoch == 2 and state.sample_id == "q1":
                raise RuntimeError("no answer")
            return state

        return solve

    path = run(tmp_path, "eval", ["4", "5"] * 3, match(), sums(), solver=[failing()], fail_on_error=False)
    found = read_samples([path], "test")
    assert "1 of 6 samples ended in an error; they have no answer" in caplog.text
    assert found["answer"].isna().sum() == 1 and found["question_id"].value_counts().tolist() == [3, 3]
    path = run(tmp_path, "eval", ["4", "5"] * 3, match(), sums(), solver=[failing()], fail_on_error=True)
    read_samples([path], "test")
    assert "the run ended with status error and may lack samples" in caplog.text


def test_scores_between_wrong_and_right(tmp_path, caplog):
    from inspect_ai.scorer import f1

    path = run(tmp_path, "eval", ["4 or so", "5"] * 3, f1(), sums())
    read_samples([path], "test")
    assert "scores lie between wrong and right; above 0.5 counts as right" in caplog.text


def test_what_is_no_log(tmp_path):
    for name, content in (("a.eval", "no zip"), ("b.json", json.dumps({"eval": {}, "status": "success"}))):
        (tmp_path / name).write_text(content)
        with pytest.raises(InputError, match="not a log of Inspect"):
            read_samples([str(tmp_path / name)], "test")
