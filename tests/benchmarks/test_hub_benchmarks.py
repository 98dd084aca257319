"""Benchmarks of the hub: every source and format, splits that never share a question, and answers as read."""

import json
import sys
import types

import pytest

from slmmux.benchmarks import BENCHMARKS, get_benchmark
from slmmux.benchmarks.question import Question
from slmmux.config import SplitSizes
from slmmux.errors import InputError

CHOICES = ["one", "two", "three", "four"]
ROWS = {
    "gsm8k": lambda n: {"question": f"How many is {n} + 1000?", "answer": f"Add them.\n#### {n + 1000:,}"},
    "math_500": lambda n: {
        "problem": f"Half of {n}?",
        "solution": "Halve it.",
        "answer": rf"\frac{{{n}}}{{2}}",
    },
    "gpqa": lambda n: {
        "question": f"Which word is number {n % 4 + 1}? ({n})\n",
        "choices": [f"{letter} {word}\n" for letter, word in zip("ABCD", CHOICES)],
        "answer": "ABCD"[n % 4],
    },
}
HUB_ROWS = {
    **ROWS,
    "math_500": lambda n: {"problem": f"Half of {n}?", "solution": rf"It is \boxed{{\frac{{{n}}}{{2}}}}."},
    "gpqa": lambda n: {
        "Question": f"Which word is number {n % 4 + 1}? ({n})",
        "Correct Answer": CHOICES[n % 4],
        **{f"Incorrect Answer {k}": CHOICES[(n + k) % 4] for k in (1, 2, 3)},
    },
}


def write(path, rows):
    lines = [json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) if path.suffix == ".jsonl" else f"[{','.join(lines)}]", encoding="utf-8")
    return str(path)


def ask(name, options, validation=4, test=6):
    return get_benchmark(name).questions(SplitSizes(validation=validation, test=test), options)


def of(questions, split):
    return [q for q in questions if q.split == split]


@pytest.fixture
def hub(monkeypatch):
    """A hub with one data set, `some/set`: 20 rows to train on, 8 to test on, of which two are the same."""
    calls = []

    def load_dataset(name, config, split, revision):
        calls.append((name, config, split, revision))
        if name != "some/set":
            raise ConnectionError(f"Couldn't reach\n{name!r}")
        return [HUB_ROWS[config](n) for n in (range(20) if split == "train" else range(18, 26))]

    monkeypatch.setitem(sys.modules, "datasets", types.SimpleNamespace(load_dataset=load_dataset))
    return calls


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("suffix", ["json", "jsonl"])
def test_one_file_is_cut_into_two_splits(name, suffix, tmp_path):
    path = write(tmp_path / f"ten.{suffix}", [ROWS[name](n) for n in range(10)])
    questions = ask(name, {"test_file": path, "seed": 3})
    assert len(of(questions, "validation")) == 4 and len(of(questions, "test")) == 6
    assert len({q.id for q in questions}) == len({q.text for q in questions}) == 10
    assert all(q.id.startswith(f"{name}-ten-") for q in questions)
    smaller = ask(name, {"test_file": path, "seed": 3}, validation=2, test=3)
    for split in ("validation", "test"):
        assert set(of(smaller, split)) < set(of(questions, split)), "a larger split keeps a smaller one's questions"
    assert ask(name, {"test_file": path, "seed": 4}) != questions


@pytest.mark.parametrize("name", ROWS)
def test_the_first_rows_are_tested_and_the_last_validate(name, tmp_path):
    path = write(tmp_path / "ten.json", [ROWS[name](n) for n in range(10)])
    questions = ask(name, {"test_file": path, "rows": "first"}, validation=2, test=3)
    numbers = {split: sorted(int(q.id[-5:]) for q in questions if q.split == split) for split in ("validation", "test")}
    assert numbers == {"validation": [8, 9], "test": [0, 1, 2]}


@pytest.mark.parametrize("name", ROWS)
def test_a_repeated_question_is_asked_once(name, tmp_path):
    test = write(tmp_path / "t.json", [ROWS[name](n % 6) for n in range(12)])
    validation = write(tmp_path / "v.json", [ROWS[name](n) for n in range(10)])
    with pytest.raises(InputError, match="10 test questions wanted, 6 there"):
        ask(name, {"test_file": test, "validation_file": validation}, test=10)
    questions = ask(name, {"test_file": test, "validation_file": validation})
    assert len({q.text for q in questions}) == 10, "validation leaves out what is in the test file"


@pytest.mark.parametrize("name", ROWS)
def test_hub(name, hub):
    train, test = ({"id": "some/set", "config": name, "revision": "abc", "split": s} for s in ("train", "test"))
    questions = ask(name, {"test": test, "validation": train, "seed": 1}, validation=18, test=8)
    assert hub == [("some/set", name, "test", "abc"), ("some/set", name, "train", "abc")]
    assert len({q.text for q in questions}) == 26, "the two rows of both splits are test questions only"
    assert all(q.reference for q in questions)
    assert len(ask(name, {"test": train})) == 10, "without a second source the one is cut"


@pytest.mark.parametrize("name", ROWS)
def test_the_reference_is_the_right_answer(name, tmp_path, hub):
    expected = {
        "gsm8k": lambda n: f"The answer is {n + 1000}.",
        "math_500": lambda n: rf"\boxed{{{n / 2}}}",
        "gpqa": None,
    }[name]
    local = {"test_file": write(tmp_path / "t.json", [ROWS[name](n) for n in range(10)])}
    remote = {"test": {"id": "some/set", "config": name, "revision": "abc", "split": "train"}}
    for options in (local, remote):
        for question in ask(name, options):
            if name == "gpqa":
                lines = question.text.splitlines()
                right = CHOICES[int(lines[0].split("(")[0].rstrip("? ")[-1]) - 1]
                response = f"The answer is {next(line for line in lines if line.endswith(right))[:3]}."
            else:
                response = expected(int(question.id[-5:]))
            (right, unread) = get_benchmark(name).grade(question, [response, ""])
            assert right.correct and right.answer == question.reference, (question, response)
            assert unread.answer is None and not unread.correct


def test_gpqa_order_depends_on_the_seed_and_the_question_alone(hub):
    source = {"test": {"id": "some/set", "config": "gpqa", "revision": "abc", "split": "train"}}
    first, second = (ask("gpqa", {**source, "seed": seed}, 10, 10) for seed in (1, 2))
    texts = {q.id: q.text for q in first}
    assert any(texts[q.id] != q.text for q in second)
    fewer = ask("gpqa", {**source, "seed": 1}, 2, 2)
    assert all(texts[q.id] == q.text for q in fewer)
    assert len({q.reference for q in first}) == 4


@pytest.mark.parametrize(
    ("name", "row", "message"),
    [
        ("gsm8k", {"question": "How many?", "answer": "Five."}, "no number after '####'"),
        ("gsm8k", {"question": "How many?", "answer": "It is\n####  "}, "no number"),
        ("gsm8k", {"question": " ", "answer": "#### 5"}, "no text in the field 'question'"),
        ("math_500", {"problem": "Half of 4?", "answer": ""}, "no text in the field 'answer'"),
        ("math_500", {"problem": "Half of 4?", "solution": "Two."}, "no reference answer"),
        ("math_500", {"answer": "2"}, "no text in the field 'problem'"),
        ("gpqa", {"question": "Which?", "choices": CHOICES, "answer": "E"}, "no reference answer"),
        ("gpqa", {"question": "Which?", "choices": CHOICES[:3], "answer": "A"}, "four texts"),
        (
            "gpqa",
            {"Question": "Which?", "Correct Answer": "two"},
            "no text in the field 'Incorrect Answer 1'",
        ),
    ],
)
def test_a_bad_row_is_named(name, row, message, tmp_path):
    good = [ROWS[name](n) for n in range(10)]
    with pytest.raises(InputError, match=rf"t\.json, row 10: .*{message}"):
        ask(name, {"test_file": write(tmp_path / "t.json", [*good, row])})


def test_bad_sources_are_named(tmp_path, hub):
    (tmp_path / "broken.json").write_text("[{", encoding="utf-8")
    (tmp_path / "list.json").write_text("[1]", encoding="utf-8")
    cases = [
        ({}, "give `test_file` or `test`"),
        ({"test_fil": "x"}, r"benchmarks\.gsm8k\.options\.test_fil"),
        ({"test_file": str(tmp_path / "none.json")}, r"none\.json: No such file"),
        ({"test_file": str(tmp_path)}, "Is a directory"),
        ({"test_file": str(tmp_path / "broken.json")}, "not JSON"),
        ({"test_file": str(tmp_path / "list.json")}, "list of objects"),
        ({"test": {"id": "away/set", "revision": "abc", "split": "test"}}, r"away/set.*Couldn't reach"),
    ]
    for options, message in cases:
        with pytest.raises(InputError, match=message) as caught:
            ask("gsm8k", options)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ROWS)
def test_prompts_are_brief_and_their_examples_read_right(name):
    references = {"gsm8k": "69", "math_500": r"\frac{7}{2}", "gpqa": "C"}
    benchmark = BENCHMARKS[name]
    prompt = benchmark.prompt(Question("q", "test", "How many?", "1"))
    assert prompt.request.startswith("How many?") and "few short lines" in prompt.request
    reference = references[name]
    grade = benchmark.grade(Question("q", "test", "?", reference), [prompt.examples[0][1]])[0]
    assert grade.correct and grade.answer == reference
