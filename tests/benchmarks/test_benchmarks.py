"""The seeded benchmarks: stable ids, disjoint splits, and answers that are read as meant."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slmmux.benchmarks import BENCHMARKS, get_benchmark, short_answers
from slmmux.benchmarks.question import Question
from slmmux.benchmarks.question_list import ask, read_questions, write_questions
from slmmux.config import load_config
from slmmux.errors import InputError


def test_questions_are_the_same_every_time_and_the_splits_disjoint(study):
    config = load_config()
    first, second = ask(config, "short_answers"), ask(config, "short_answers")
    assert first == second
    texts = {s: {q.text for q in first if q.split == s} for s in ("validation", "test")}
    assert len(texts["validation"]) == 4 and len(texts["test"]) == 6
    assert not texts["validation"] & texts["test"]


def test_worked_examples_are_never_asked(study):
    questions = ask(load_config(), "short_answers")
    examples = {text for q in questions for text, _ in q.examples}
    assert examples and not examples & {q.text for q in questions}


def test_a_larger_split_keeps_the_ids_of_a_smaller_one(study):
    small = ask(load_config(), "short_answers")
    study.params["benchmarks"]["short_answers"]["questions"] = {"validation": 8, "test": 12}
    study.save()
    large = {q.id: q for q in ask(load_config(), "short_answers")}
    kept = [q for q in small if q.id in large]
    assert all(large[q.id].text == q.text for q in kept)
    assert len([q for q in kept if q.split == "validation"]) == 4


def test_options_and_sizes_that_do_not_fit_give_one_line(study):
    settings = study.params["benchmarks"]["short_answers"]
    settings["options"]["sedd"] = 1
    study.save()
    with pytest.raises(InputError, match=r"benchmarks\.short_answers\.options\.sedd"):
        ask(load_config(), "short_answers")
    del settings["options"]["sedd"]
    settings["questions"]["test"] = 7
    study.save()
    with pytest.raises(InputError, match="multiples of its 2 tasks"):
        ask(load_config(), "short_answers")
    settings["questions"]["test"] = 6
    settings["options"]["tasks"]["no_such_task"] = settings["options"]["tasks"].pop("gcd")
    study.save()
    with pytest.raises(InputError, match="no_such_task"):
        ask(load_config(), "short_answers")


def test_a_question_without_reference_is_refused(study, monkeypatch):
    empty = replace(short_answers.BENCHMARK, questions=lambda sizes, options: [Question("q1", "test", "What?", " ")])
    monkeypatch.setitem(BENCHMARKS, "short_answers", empty)
    with pytest.raises(InputError, match="question q1 has no reference"):
        ask(load_config(), "short_answers")


def test_an_unknown_benchmark_is_named():
    with pytest.raises(InputError, match="no benchmark 'nothing'; there are: short_answers"):
        get_benchmark("nothing")


def test_the_question_list_holds_no_texts(study, tmp_path):
    questions = write_questions(load_config(), "short_answers", tmp_path / "q.parquet")
    listed = read_questions(tmp_path / "q.parquet")
    assert list(listed) == [q.id for q in questions]
    assert questions[0].text.encode() not in (tmp_path / "q.parquet").read_bytes()


def grades(name, reference, *responses):
    question = Question("q", "test", "?", reference)
    return [(g.answer, g.correct) for g in get_benchmark(name).grade(question, responses)]


def test_short_answers_are_read():
    assert grades("short_answers", "43", "43", " 43.", "12 + 31 = 43", "The answer is 43.", "44", "") == [
        ("43", True),
        ("43", True),
        ("43", True),
        ("43", True),
        ("44", False),
        (None, False),
    ]
    assert grades("short_answers", "Yes", "yes", "Yes.", "no")[:2] == [("Yes", True)] * 2
    # The task is to simplify: an equal fraction that is not simplified is wrong, and another vote.
    assert grades("short_answers", "1/2", "1/2", "2/4") == [("1/2", True), ("2/4", False)]


def test_gsm_symbolic_answers_are_read():
    assert grades(
        "gsm_symbolic", "1234", "So 7 * 2 = 14\nThe answer is 1,234.", r"\boxed{3} no, \boxed{1234}", "5"
    ) == [
        ("1234", True),
        ("1234", True),
        ("5", False),
    ]
    assert grades("gsm_symbolic", "20", "nothing at all") == [(None, False)]
    assert grades("gsm_symbolic", "20", "The answer is 20.0") == [("20", True)]


@pytest.mark.parametrize("name", ["short_answers", "gsm_symbolic"])
@given(
    responses=st.lists(st.text(max_size=60), min_size=1, max_size=4), reference=st.text("0123456789/yes", min_size=1)
)
def test_any_response_can_be_graded(name, responses, reference):
    found = get_benchmark(name).grade(Question("q", "test", "?", reference), responses)
    assert len(found) == len(responses)
    # Equal responses are equal votes, and one vote is never both right and wrong.
    verdicts = {}
    for response, grade in zip(responses, found):
        assert verdicts.setdefault(("r", response), grade) == grade
        assert grade.answer is not None or not grade.correct
        assert grade.answer is None or verdicts.setdefault(("a", grade.answer), grade.correct) == grade.correct
