"""The prompt style `program`: how it is asked, how a program is read and run, and what its output states."""

import pytest

from slmmux.benchmarks import BENCHMARKS, get_benchmark
from slmmux.benchmarks.question import Question
from slmmux.benchmarks.render import PROGRAM_STOP, program_digest, prompt_digest, render, stop_texts
from slmmux.config import load_config
from slmmux.errors import InputError
from slmmux.generation.sample_settings import sample_settings
from slmmux.samples import printed_answers
from slmmux.samples.printed_answers import printed_answer, read_code, stated_responses
from slmmux.sandbox import Outcome

QUESTION = Question("q", "test", "Ann has 3 bags of 4 apples. How many apples?", "12")
# Every closed-ended benchmark, with a program whose output it reads as the given answer.
PRINTED = {
    "gsm8k": ("apples = 3 * 4\nprint(apples)", "12"),
    "gsm_symbolic": ("print('Total:', 24 / 2)", "12"),
    "math_500": ("from fractions import Fraction\nprint(Fraction(7, 2))", "7/2"),
    "gpqa": ("print('B')", "B"),
    "short_answers": ("print('olleh'[::-1])", "hello"),
}


@pytest.mark.parametrize("name", sorted(PRINTED))
def test_the_question_is_asked_bare_and_the_output_is_read(name):
    program, reference = PRINTED[name]
    prompt = get_benchmark(name).prompt(QUESTION)
    messages = render(prompt, "program")
    assert [m["role"] for m in messages] == ["user", "assistant"] * len(prompt.programs) + ["user"]
    assert messages[-1]["content"].startswith(QUESTION.text + "\n") and "print" in messages[-1]["content"]
    assert prompt.request not in messages[-1]["content"]
    assert stop_texts(prompt, "program") == PROGRAM_STOP
    said = stated_responses([f"```python\n{program}\n"])
    graded = get_benchmark(name).grade(Question("q", "test", "", reference), said)
    assert [(grade.answer, grade.correct) for grade in graded] == [(reference, True)]


@pytest.mark.parametrize("name", sorted(PRINTED))
def test_the_worked_examples_run_and_print_what_they_should(name):
    prompt = get_benchmark(name).prompt(QUESTION)
    answers = [answer for _, answer in prompt.examples[: len(prompt.programs)]]
    benchmark = get_benchmark(name)
    for program, answer in zip(prompt.programs, answers):
        (said,) = stated_responses([program[1]])
        stated = benchmark.grade(Question("q", "test", "", "0"), [said, answer])
        assert said and benchmark.grade(Question("q", "test", "", stated[1].answer), [said])[0].correct


def test_a_benchmark_of_programs_refuses_the_style():
    assert "humaneval" in BENCHMARKS
    with pytest.raises(InputError, match="`program`"):
        render(get_benchmark("humaneval").prompt(QUESTION), "program")


@pytest.mark.parametrize(
    ("response", "code"),
    [
        ("```python\nprint(1)", "print(1)"),
        ("```python\nprint(1)\n```", "print(1)"),
        ("Here it is:\n```py\nprint(1)\n```\nIt prints 1.", "print(1)"),
        ("```\nx = 1\nprint(x)\n```\n```\n1\n```", "x = 1\nprint(x)"),
        ("print(1)", "print(1)"),
        ("<think>```python\nprint(2)\n```</think>```python\nprint(1)\n```", "print(1)"),
        ("<think>unfinished", None),
        ("  \n", None),
    ],
)
def test_the_program_of_a_response(response, code):
    assert read_code(response) == code


@pytest.mark.parametrize(
    ("output", "answer"),
    [
        ("12\n", "12"),
        ("a\nb\n\n", "b"),
        ("0.30000000000000004\n", "0.3"),
        ("$ 18.0\n", "$ 18"),
        ("1.5e-07\n", "1.5e-07"),
        ("\n \n", None),
        ("", None),
    ],
)
def test_what_an_output_states(output, answer):
    assert printed_answer(output) == answer


def test_a_program_that_fails_or_prints_nothing_says_nothing():
    said = stated_responses(["print(undefined)", "x = 1", "while True: pass", "print(5)", "print(5)", ""])
    assert said == ["", "", "", "The answer is 5", "The answer is 5", ""]


def test_what_a_file_is_known_by(study):
    """The style's text is part of the settings; those of the other styles stay as they were."""
    config = load_config()
    assert sample_settings(config, "short_answers", "chatty").keys() == {
        "benchmark",
        "model",
        "source",
        "prompt",
        "sampling",
        "max_tokens",
        "engine",
    }
    study.only("chatty", study.params["models"]["chatty"] | {"prompt": "program"})
    study.save()
    settings = sample_settings(load_config(), "short_answers", "chatty")
    assert settings["program_prompt_sha256"] == program_digest(get_benchmark("short_answers").prompt(QUESTION))
    digests = {program_digest(get_benchmark(name).prompt(QUESTION)) for name in ("gsm8k", "math_500", "gpqa")}
    assert len(digests) == 3
    with_programs, without = (get_benchmark(name).prompt(QUESTION) for name in ("gsm8k", "gpqa"))
    assert with_programs.programs and not without.programs
    assert prompt_digest(with_programs) == prompt_digest(
        type(with_programs)(with_programs.request, with_programs.examples, with_programs.stop)
    )


def test_a_limit_that_passes_once_is_no_answer_of_the_program(monkeypatch, caplog):
    """On a loaded machine a program may be stopped: it is run again, and reported where it is stopped again."""
    asked = []

    def run(code, limits):
        asked.append(code)
        ends = "limit" if code == "print(2)" or (asked.count(code) == 1 and code == "print(1)") else "finished"
        return Outcome(ends, code[6:-1] + "\n")

    monkeypatch.setattr(printed_answers, "run_python", run)
    assert stated_responses(["print(0)", "print(1)", "print(2)"]) == ["The answer is 0", "The answer is 1", ""]
    assert [asked.count(f"print({n})") for n in range(3)] == [1, 2, 2]
    assert "1 of 3 programs passed a limit of time or output twice" in caplog.text
