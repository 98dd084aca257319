"""The registered model: what it answers, what it asks the engines, and that it loads where nothing else is."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import say

from slmmux.config import load_config
from slmmux.errors import InputError
from slmmux.generation.engine import Completion
from slmmux.serving import ask
from slmmux.serving.answer import answers, free_questions
from slmmux.serving.configuration import ServedConfiguration, chosen, parse_configuration
from slmmux.serving.question import example_question, free_question

CHOICES = Path("results/search/short_answers/choices.csv")


def served(benchmark="short_answers", accuracy=(0.4, 0.6), samples=(3, 3), **engine) -> ServedConfiguration:
    wheel = {"kind": "wheels", "packages": ["nobody==1.0"], "member": "x", "sha256": "0" * 64}
    server = {"name": "openai", "base_url": "http://127.0.0.1:9/v1", "concurrency": 1, "max_retries": 0}
    return parse_configuration(
        {
            "benchmark": benchmark,
            "choice": "budgets",
            "models": [
                {
                    "name": name,
                    "samples": k,
                    "validation_accuracy": a,
                    "spec": {"source": wheel, "prompt": "chat"},
                }
                for name, a, k in zip(("one", "two"), accuracy, samples)
            ],
            "max_tokens": 8,
            "options": {},
            "sampling": {"temperature": 0.5, "top_p": 1.0, "seed": 7},
            "engine": server | {"timeout_seconds": 5, "batch_questions": 2} | engine,
        }
    )


class Said:
    """Models whose responses to the one question are known."""

    def __init__(self, *responses):
        self._responses = responses

    def responses(self, questions):
        return dict(zip(("one", "two"), ([list(texts)] for texts in self._responses)))


def answer(configuration, *responses, text="What is 12 + 31?"):
    (found,) = answers(configuration, Said(*responses), free_questions(configuration, [text]))
    return found


def test_the_most_consistent_model_answers():
    found = answer(served(), ["43", "43.0", ""], ["Answer: 42", "42", "42"])
    assert (found.answer, found.confidence, found.model, found.response) == ("42", 1.0, "two", "Answer: 42")
    assert found.votes == {"one": {"43": pytest.approx(2 / 3)}, "two": {"42": 1.0}}


@pytest.mark.parametrize(("accuracy", "model"), [((0.4, 0.6), "two"), ((0.6, 0.4), "one"), ((0.5, 0.5), "one")])
def test_tied_models_go_by_validation_accuracy(accuracy, model):
    found = answer(served(accuracy=accuracy), ["1", "1", "2"], ["3", "3", "2"])
    assert found.model == model and found.confidence == pytest.approx(2 / 3)


def test_a_tie_inside_the_winning_model_is_broken_the_same_way_every_time_and_both_ways_over_questions():
    found = {}
    for n in range(40):
        text = f"What is {n} + 1?"
        first, again = (answer(served(samples=(2, 1)), ["7", "8"], [""], text=text) for _ in range(2))
        assert first == again and first.model == "one" and first.confidence == 0.5
        assert first.response == first.answer
        found[first.answer] = found.get(first.answer, 0) + 1
    assert found.keys() == {"7", "8"} and min(found.values()) >= 8


def test_nothing_that_can_be_read_is_no_answer():
    found = answer(served(), ["", " ", ""], ["", "", ""])
    assert (found.answer, found.response, found.confidence, found.model) == (None, None, 0.0, "two")
    assert found.votes == {"one": {}, "two": {}}


@pytest.mark.parametrize("benchmark", ["gsm_symbolic", "gsm8k", "math_500", "gpqa"])
def test_other_benchmarks_read_answers_as_they_do_in_the_study(benchmark):
    same = {"gpqa": ("The answer is (B).", "B")}.get(benchmark, ("The answer is 43.", r"so \boxed{43}"))
    found = answer(served(benchmark), [*same, "The answer is 7."], ["1", "2", "3"])
    assert found.model == "one" and found.confidence == pytest.approx(2 / 3)


def test_programs_that_behave_the_same_are_one_answer():
    first = "```python\ndef double_all(numbers):\n    return [2 * n for n in numbers]\n```"
    other = "```python\ndef double_all(numbers):\n    return [n + n for n in numbers]\n```"
    wrong = "```python\ndef double_all(numbers):\n    return numbers\n```"
    text = example_question("humaneval")
    found = answer(served("humaneval"), [wrong, first, other], ["", wrong, ""], text=text)
    assert found.confidence == pytest.approx(2 / 3) and found.response == first


@pytest.mark.parametrize(
    ("benchmark", "text", "said"),
    [
        ("short_answers", "  ", "row 1: the question is empty"),
        ("short_answers", None, "row 1: the question must be a text, not NoneType"),
        ("humaneval", "What is 1 + 1?", "row 1: the question is not the beginning of a Python function"),
    ],
)
def test_what_is_no_question_is_refused(benchmark, text, said):
    with pytest.raises(InputError, match=said):
        free_questions(served(benchmark), [text])


def test_a_wrong_configuration_is_named():
    with pytest.raises(InputError, match="model_config: nonsense: Extra inputs"):
        parse_configuration(served().model_dump() | {"nonsense": 1})


class Engine:
    opened, open_now = [], []

    def __init__(self, settings, name, *rest):
        self.name = name
        Engine.opened.append(name)
        Engine.open_now.append(name)

    def generate(self, requests):
        for index, request in enumerate(requests):
            yield index, [Completion(f"{self.name} {request.seed + j}", 1, 1, "stop") for j in range(request.samples)]

    def close(self):
        Engine.open_now.remove(self.name)


@pytest.mark.parametrize(("in_process", "opened"), [(True, ["one", "two", "one"]), (False, ["one", "two"])])
def test_engines_in_this_process_are_open_one_at_a_time(monkeypatch, in_process, opened):
    vllm = {"name": "vllm", "dtype": "auto", "max_model_len": 64, "max_num_seqs": 1, "gpu_memory_utilization": 0.1}
    vllm |= {"tensor_parallel_size": 1, "enforce_eager": True, "batch_questions": 2}
    configuration = served(samples=(2, 1))
    if in_process:
        configuration = parse_configuration(configuration.model_dump() | {"engine": vllm})
    monkeypatch.setattr(ask, "open_engine", Engine)
    Engine.opened, Engine.open_now = [], []
    models = ask.Models(configuration)
    questions = free_questions(configuration, ["a 1", "b 2", "c 3"])
    first = models.responses(questions)
    assert list(first) == ["one", "two"] and [len(texts) for texts in first["one"]] == [2, 2, 2]
    assert Engine.open_now == (["two"] if in_process else ["one", "two"])
    # The same question gets the same samples, and the second call begins with the engine that is open.
    assert models.responses(questions) == first
    assert Engine.opened == opened and len({text for texts in first["one"] for text in texts}) == 6
    models.close()
    assert not Engine.open_now


def test_a_question_from_outside_has_no_right_answer():
    question = free_question("short_answers", " What is 1 + 1? ", {})
    assert question.text == "What is 1 + 1?" and question.reference == ""
    from slmmux.benchmarks import get_benchmark

    assert not any(grade.correct for grade in get_benchmark("short_answers").grade(question, ["2", "", '"', "."]))


def searched(capsys) -> None:
    """A small study up to the search, with the commands of the pipeline."""
    say(capsys, "questions", "short_answers")
    for model in ("chatty", "base"):
        say(capsys, "generate", "short_answers", model)
    for command in ("grade", "votes", "search"):
        say(capsys, command, "short_answers")


# Loaded by another process, which has neither the study's folder nor the repository.
LOAD = """
import json, sys, mlflow, pandas as pd
model = mlflow.pyfunc.load_model(sys.argv[1])
import slmmux
found = model.predict(pd.DataFrame({"question": ["What is 12 + 31?", "What is 5 + 6?"]}))
complaints = []
for frame in ({"question": [""]}, {"question": [5]}, {"text": ["a"]}):
    try:
        model.predict(pd.DataFrame(frame))
    except Exception as error:
        complaints.append([type(error).__name__, getattr(error, "get_http_status_code", int)(), str(error)])
example = model.predict(model.input_example)
print(json.dumps([found.to_dict("records"), complaints, slmmux.__file__, len(example)]))
"""


def test_the_registered_model_loads_in_a_fresh_process_and_asks_the_engine(study, parrot, capsys, tmp_path_factory):
    searched(capsys)
    budget = chosen(load_config(), "short_answers", None)[0]
    asked = len(parrot.requests)
    first = say(capsys, "register", "short_answers")
    assert "slm-mux-short_answers, version 1: budgets, as models:/slm-mux-short_answers/1" in first
    assert "version 1 (there already)" in say(capsys, "register", "short_answers")[0]
    # Registering asks no engine.
    assert len(parrot.requests) == asked

    away = tmp_path_factory.mktemp("away")
    words = [sys.executable, "-c", LOAD, "models:/slm-mux-short_answers/1"]
    done = subprocess.run(words, cwd=away, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": ""})
    assert done.returncode == 0, done.stderr
    rows, complaints, package, examples = json.loads(done.stdout.splitlines()[-1])
    assert "mlartifacts" in package and examples == 1
    names = {model.name for model in budget.models}
    for row, numbers in zip(rows, ({"12", "31"}, {"5", "6"})):
        assert row.keys() == {"answer", "confidence", "model", "response", "votes"}
        assert row["answer"] in numbers and row["response"] == row["answer"] and row["model"] in names
        votes = json.loads(row["votes"])
        assert votes.keys() == names
        assert votes[row["model"]][row["answer"]] == pytest.approx(row["confidence"])
        assert row["confidence"] == pytest.approx(max(max(of_model.values()) for of_model in votes.values()))
    # Three questions, of which one was the example, each asked as often as the configuration says.
    assert len(parrot.requests) - asked == 3 * sum(model.samples for model in budget.models)
    assert [c[:2] for c in complaints[:1]] == [
        ["MlflowException", 400]
    ] and "row 1: the question is empty" in complaints[0][2]
    assert len(complaints) == 3 and "question" in complaints[2][2]


def test_the_model_is_nested_under_the_search_that_chose_it(study, capsys):
    import mlflow

    searched(capsys)
    say(capsys, "register", "short_answers", "--choice", "objective")
    (model,) = mlflow.search_runs(
        search_all_experiments=True, output_format="list", filter_string="attributes.run_name = 'slm-mux-short_answers'"
    )
    search = mlflow.get_run(model.data.tags["mlflow.parentRunId"])
    assert search.data.tags["slmmux.stage"] == "search@short_answers"
    assert model.data.params == {
        "benchmark": "short_answers",
        "choice": "objective",
        "samples.chatty": "2",
        "samples.base": "2",
    }
    assert {"validation_accuracy", "accuracy", "accuracy_se", "tokens_per_question"} == model.data.metrics.keys()
    version = mlflow.MlflowClient().get_model_version("slm-mux-short_answers", "1")
    assert version.tags == {"choice": "objective", "engine": "openai"} and search.info.run_id in version.description


@pytest.mark.parametrize(
    ("damage", "words", "said"),
    [
        (lambda: CHOICES.unlink(), (), "choices.csv: no such file; run `dvc repro search@short_answers`"),
        (lambda: None, ("--choice", "nothing"), "choices.csv: no choice 'nothing'; there are: objective, "),
        (
            lambda: CHOICES.write_text(CHOICES.read_text() + "\n"),
            (),
            "not what the record of search@short_answers says",
        ),
        (lambda: CHOICES.write_text("choice,a\nbudgets,1\n"), (), "not the search of these votes"),
    ],
)
def test_what_cannot_be_registered_is_told_in_one_line(study, capsys, damage, words, said):
    searched(capsys)
    damage()
    (line,) = say(capsys, "register", "short_answers", *words, expect=2)
    assert line.startswith("slmmux register: ") and said in line


def test_without_a_grid_the_most_accurate_trial_is_served(study, capsys):
    study.params["search"]["exhaustive_up_to"] = 1
    study.save()
    searched(capsys)
    assert chosen(load_config(), "short_answers", None)[0].choice == "study"
