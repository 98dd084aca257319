"""The registered model: what it answers, what it asks for, and that it loads where nothing else is."""

import asyncio
import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import say
from hypothesis import given
from hypothesis import strategies as st

from slmmux.config import load_config
from slmmux.errors import InputError
from slmmux.generation.engine import Completion, request_seed
from slmmux.orchestration.slm_mux import decide
from slmmux.serving.answer import Answer, answer, default_settings
from slmmux.serving.configuration import ServedConfiguration, parse_registered
from slmmux.serving.generic import read_answer
from slmmux.serving.models import ModelFailed
from slmmux.serving.question import conversation, conversations, example_question, free_question
from slmmux.serving.searched import searched
from slmmux.votes.votes import UNPARSED

CHOICES = Path("results/search/short_answers/choices.csv")


def served(reader="short_answers", accuracy=(0.4, 0.6), samples=(3, 3), **changed) -> ServedConfiguration:
    values = {
        "name": "mux",
        "reader": reader,
        "system_prompt": None,
        "policy": "parallel",
        "on_failure": "refuse",
        "max_tokens": 8,
        "sampling": {"temperature": 0.5, "top_p": 1.0, "seed": 7},
        "concurrency": 4,
        "max_retries": 0,
        "timeout_seconds": 5,
        "models": [
            {
                "name": name,
                "prompt": "chat",
                "samples": k,
                "validation_accuracy": a,
                "base_url": "http://127.0.0.1:9/v1",
            }
            for name, a, k in zip(("one", "two", "three", "four"), accuracy, samples)
        ],
    }
    return ServedConfiguration.model_validate(values | changed)


class Said:
    """Models whose responses to the one question are known; they come in an order of `rng`. None is a failure."""

    def __init__(self, responses, rng=None):
        self._responses = dict(zip(("one", "two", "three", "four"), responses))
        self._rng = rng or random.Random(1)
        self.asked = 0

    def slot(self, model):
        return asyncio.Semaphore(1)

    async def sample(self, model, request, number, top_p, more):
        self.asked += 1
        for _ in range(self._rng.randrange(5)):
            await asyncio.sleep(0)
        text = self._responses[model.name][number]
        if text is None:
            raise ModelFailed(f"{model.name} failed", False)
        return Completion(text, 10, 1, "stop")

    def mean_tokens(self, model):
        return 11.0


def put(configuration, responses, text="What is 12 + 31?", rng=None) -> Answer:
    asked = conversation(configuration.reader, text, {})
    return asyncio.run(answer(configuration, Said(responses, rng), asked, default_settings(configuration)))


def shares(found):
    return {votes.model: votes.answers for votes in found.votes}


def test_the_most_consistent_model_answers():
    found = put(served(), [["43", "43.0", ""], ["Answer: 42", "42", "42"]])
    assert (found.answer, found.confidence, found.model, found.response) == ("42", 1.0, "two", "Answer: 42")


@pytest.mark.parametrize(("accuracy", "model"), [((0.4, 0.6), "two"), ((0.6, 0.4), "one"), ((0.5, 0.5), "one")])
def test_tied_models_go_by_validation_accuracy(accuracy, model):
    found = put(served(accuracy=accuracy), [["1", "1", "2"], ["3", "3", "2"]])
    assert found.model == model and found.confidence == pytest.approx(2 / 3)


def test_a_tie_inside_the_winning_model_is_broken_the_same_way_every_time_and_both_ways_over_questions():
    found = {}
    for n in range(40):
        text = f"What is {n} + 1?"
        first, again = (put(served(samples=(2, 1)), [["7", "8"], [""]], text=text) for _ in range(2))
        assert first.answer == again.answer and first.model == "one" and first.confidence == 0.5
        assert first.response == first.answer
        found[first.answer] = found.get(first.answer, 0) + 1
    assert found.keys() == {"7", "8"} and min(found.values()) >= 8


def test_nothing_that_can_be_read_is_no_answer_and_still_a_response():
    found = put(served("generic"), [["a\nb", "c\nd", ""], ["first\nline", "", ""]])
    assert (found.answer, found.response, found.confidence, found.model) == (None, "first\nline", 0.0, "two")
    assert shares(found) == {"one": {}, "two": {}}


@pytest.mark.parametrize("benchmark", ["gsm_symbolic", "gsm8k", "math_500", "gpqa", "generic"])
def test_readers_read_answers_as_they_do_in_the_study(benchmark):
    same = {"gpqa": ("The answer is (B).", "B")}.get(benchmark, ("The answer is 43.", r"so \boxed{43}"))
    found = put(served(benchmark), [[*same, "The answer is 7."], ["1", "2", "3"]])
    assert found.model == "one" and found.confidence == pytest.approx(2 / 3)


def test_programs_that_behave_the_same_are_one_answer():
    first = "```python\ndef double_all(numbers):\n    return [2 * n for n in numbers]\n```"
    other = "```python\ndef double_all(numbers):\n    return [n + n for n in numbers]\n```"
    wrong = "```python\ndef double_all(numbers):\n    return numbers\n```"
    text = example_question("humaneval")
    found = put(served("humaneval"), [[wrong, first, other], ["", wrong, ""]], text=text)
    assert found.confidence == pytest.approx(2 / 3) and found.response == first


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        ("Paris.", "paris"),
        ("It is a town.\nThe answer is **Paris**.", "paris"),
        (r"Twice 21 is \boxed{42}.", "42"),
        ("<think>The answer is 3.\nNo.</think>\nThe answer is 4.", "4"),
        ("It may be this.\nOr that.", None),
        (" ", None),
    ],
)
def test_the_generic_reader_reads_what_is_stated(response, answer):
    assert read_answer(response) == answer


def test_what_programs_print_is_their_answer():
    configuration = served("generic").model_dump()
    configuration["models"][1]["prompt"] = "program"
    program = "```python\nprint(12 + 31)\n```"
    found = put(
        ServedConfiguration.model_validate(configuration), [["1", "2", "43"], [program, "```\nprint(43.0)", ""]]
    )
    assert (found.model, found.answer, found.response) == ("two", "43", "The answer is 43")
    with pytest.raises(ValueError, match="are not printed"):
        ServedConfiguration.model_validate(configuration | {"reader": "humaneval"})


@pytest.mark.parametrize("policy", ["sequential", "parallel"])
@given(
    st.lists(st.lists(st.sampled_from(["", "1", "2", "3"]), min_size=1, max_size=5), min_size=1, max_size=4),
    st.lists(st.sampled_from([0.2, 0.5, 0.7]), min_size=4, max_size=4),
    st.randoms(use_true_random=False),
)
def test_every_draw_is_answered_as_with_all_samples(policy, draw, accuracy, rng):
    configuration = served(accuracy=accuracy[: len(draw)], samples=[len(said) for said in draw], policy=policy)
    found = put(configuration, draw, rng=rng)
    classes = [[UNPARSED if text == "" else int(text) for text in said] for said in draw]
    winner, top, _ = decide(classes, accuracy)
    seed = request_seed(7, free_question("short_answers", "What is 12 + 31?", {}).id, 0)
    own = str(random.Random(seed).choice(top)) if top else None
    assert (found.answer, found.model) == (own, configuration.models[winner].name)
    # Every sample is finished, given up or never asked for, and all finished ones are paid for.
    assert sum(v.samples for v in found.votes) == sum(map(len, draw))
    assert found.prompt_tokens == 10 * sum(v.finished for v in found.votes)
    assert found.saved_tokens == 11 * found.saved_samples


def test_one_model_after_the_other_asks_for_no_more_than_it_needs():
    said = [["5", "5", "5"], ["4", "4", "4"]]
    found = put(served(policy="sequential"), said)
    assert (found.model, found.saved_samples, found.prompt_tokens) == ("two", 3, 30)
    assert put(served(policy="sequential"), [said[0], ["4", "4", "1"]]).saved_samples == 0


def test_a_model_that_fails_is_named_or_left_out():
    said = [["5", "5", "5"], ["4", None, "4"]]
    with pytest.raises(ModelFailed, match="two failed"):
        put(served(policy="sequential"), said)
    found = put(served(policy="sequential", on_failure="leave_out"), said)
    assert (found.answer, [votes.failed for votes in found.votes]) == ("5", [True, False])
    with pytest.raises(ModelFailed):
        put(served(on_failure="leave_out"), [[None] * 3, [None] * 3])


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
        conversations(benchmark, [text], {})


def test_a_wrong_configuration_is_named():
    values = {"choice": "budgets", "served": served().model_dump(), "weights": {}, "engine": None}
    parse_registered(values)
    with pytest.raises(InputError, match="model_config: nonsense: Extra inputs"):
        parse_registered(values | {"nonsense": 1})


def test_a_question_from_outside_has_no_right_answer():
    question = free_question("short_answers", " What is 1 + 1? ", {})
    assert question.text == "What is 1 + 1?" and question.reference == ""
    from slmmux.benchmarks import get_benchmark

    assert not any(grade.correct for grade in get_benchmark("short_answers").grade(question, ["2", "", '"', "."]))


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    return tmp_path_factory.mktemp("kept") / "study"


@pytest.fixture
def searched_study(study, capsys, kept):
    """A small study up to the search, made once with the commands of the pipeline; later tests get a copy."""
    if kept.exists():
        shutil.copytree(kept, study.path, dirs_exist_ok=True)
        return study
    say(capsys, "questions", "short_answers")
    for model in ("chatty", "base"):
        say(capsys, "generate", "short_answers", model)
    for command in ("grade", "votes", "search"):
        say(capsys, command, "short_answers")
    # The parameters hold the address of the server, which every test has its own of.
    shutil.copytree(study.path, kept, ignore=shutil.ignore_patterns("params.yaml", "mlflow*"))
    return study


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


def test_the_registered_model_loads_in_a_fresh_process_and_asks_the_engine(
    searched_study, parrot, capsys, tmp_path_factory
):
    found = searched(load_config(), "short_answers", None).configuration
    asked = len(parrot.requests)
    first = say(capsys, "register", "short_answers")
    assert f"slm-mux-short_answers, version 1: {found.choice}, as models:/slm-mux-short_answers/1" in first
    assert "version 1 (there already)" in say(capsys, "register", "short_answers")[0]
    # Registering asks no engine.
    assert len(parrot.requests) == asked

    away = tmp_path_factory.mktemp("away")
    words = [sys.executable, "-c", LOAD, "models:/slm-mux-short_answers/1"]
    done = subprocess.run(words, cwd=away, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": ""})
    assert done.returncode == 0, done.stderr
    rows, complaints, package, examples = json.loads(done.stdout.splitlines()[-1])
    assert "mlartifacts" in package and examples == 1
    names = {model.name for model in found.served.models}
    samples = sum(model.samples for model in found.served.models)
    assert len(names) == 2
    spent = 0
    for row, numbers in zip(rows, ({"12", "31"}, {"5", "6"})):
        assert row["answer"] in numbers and row["response"] == row["answer"] and row["model"] in names
        votes = {of_model["model"]: of_model for of_model in json.loads(row["votes"])}
        assert votes.keys() == names
        winner = votes[row["model"]]
        assert winner["answers"][row["answer"]] / winner["samples"] == pytest.approx(row["confidence"])
        finished = sum(of_model["finished"] for of_model in votes.values())
        assert row["completion_tokens"] == finished and row["prompt_tokens"] > finished
        assert 0 <= row["saved_samples"] <= samples - finished
        spent += finished
    # The example was a question too. What was cancelled may have been asked for.
    assert spent <= len(parrot.requests) - asked <= 3 * samples
    assert [c[:2] for c in complaints[:1]] == [
        ["MlflowException", 400]
    ] and "row 1: the question is empty" in complaints[0][2]
    assert len(complaints) == 3 and "question" in complaints[2][2]


def test_a_single_model_that_wins_is_said_and_not_called_slm_mux(searched_study, capsys):
    header = CHOICES.read_text().splitlines()[0]
    names = header.split(",")

    def row(choice, chatty, base, accuracy):
        values = {"choice": choice, "chatty": chatty, "base": base, "validation_accuracy": accuracy}
        return ",".join(str(values.get(name, 0.1)) for name in names)

    lines = [header, row("objective", 2, 2, 0.3), row("budgets", 3, 0, 0.5), row("direct", 1, 2, 0.4)]
    CHOICES.write_text("\n".join(lines) + "\n")
    found = searched(load_config(), "short_answers", None)
    assert found.configuration.choice == "direct" and found.alone == ("budgets", 0.5)
    assert found.configuration.served.name == "slm-mux-short_answers"
    CHOICES.write_text("\n".join(lines[:1] + lines[2:3]) + "\n")
    found = searched(load_config(), "short_answers", None)
    assert found.configuration.served.name == "single-model-short_answers" and found.alone is None
    assert [model.name for model in found.configuration.served.models] == ["chatty"]


def test_each_model_may_have_its_own_server(searched_study, capsys):
    searched_study.params["engine"] |= {
        "base_urls": {"base": "http://127.0.0.1:9/v1"},
        "served_names": {"base": "gemma"},
    }
    searched_study.save()
    models = searched(load_config(), "short_answers", "objective").configuration.served.models
    assert {model.name: (model.base_url, model.served_name) for model in models} == {
        "chatty": (searched_study.params["engine"]["base_url"], None),
        "base": ("http://127.0.0.1:9/v1", "gemma"),
    }


def test_an_engine_that_answers_in_batches_only_cannot_be_registered(searched_study, capsys):
    vllm = {"dtype": "auto", "max_model_len": 64, "max_num_seqs": 1, "gpu_memory_utilization": 0.1}
    vllm |= {"tensor_parallel_size": 1, "enforce_eager": True, "batch_questions": 2}
    searched_study.params["engine"] = vllm | {"name": "ray", "address": None, "replicas": 1}
    searched_study.save()
    (line,) = say(capsys, "register", "short_answers", expect=2)
    assert "engine ray answers in batches only" in line


def test_the_model_is_nested_under_the_search_that_chose_it(searched_study, capsys):
    import mlflow

    say(capsys, "register", "short_answers", "--choice", "objective")
    (model,) = mlflow.search_runs(
        search_all_experiments=True, output_format="list", filter_string="attributes.run_name = 'slm-mux-short_answers'"
    )
    parent = mlflow.get_run(model.data.tags["mlflow.parentRunId"])
    assert parent.data.tags["slmmux.stage"] == "search@short_answers"
    assert model.data.params == {
        "benchmark": "short_answers",
        "choice": "objective",
        "samples.chatty": "2",
        "samples.base": "2",
    }
    assert {"validation_accuracy", "accuracy", "accuracy_se", "tokens_per_question"} == model.data.metrics.keys()
    version = mlflow.MlflowClient().get_model_version("slm-mux-short_answers", "1")
    assert version.tags == {"choice": "objective", "engine": "openai"} and parent.info.run_id in version.description


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
def test_what_cannot_be_registered_is_told_in_one_line(searched_study, capsys, damage, words, said):
    damage()
    (line,) = say(capsys, "register", "short_answers", *words, expect=2)
    assert line.startswith("slmmux register: ") and said in line
