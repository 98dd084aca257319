"""A served configuration: what it answers and what it asks for."""

import asyncio
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slmmux.errors import InputError
from slmmux.generation.engine import Completion, request_seed
from slmmux.orchestration.slm_mux import decide
from slmmux.serving.answer import Answer, answer, default_settings
from slmmux.serving.configuration import ServedConfiguration, parse_registered
from slmmux.serving.generic import read_answer
from slmmux.serving.models import ModelFailed
from slmmux.serving.question import conversation, conversations, example_question, free_question
from slmmux.votes.votes import UNPARSED


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
