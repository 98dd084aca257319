"""Logs as other tools write them: what can be chosen, what is said, what is refused."""

import json

import pytest
from test_readers import line, write

from slmmux.errors import InputError
from slmmux.samples.lm_eval_logs import LogChoices
from slmmux.samples.read import read_samples
from slmmux.samples.tabulate import votes_from_samples
from slmmux.votes.archive import load_votes

GSM8K = "samples_gsm8k_2025-01-02T03-04-05.678901.jsonl"


def read(tmp_path, lines, name=GSM8K, **choices):
    return read_samples([write(tmp_path / "m" / name, lines)], "test", LogChoices(**choices))


def two_filters():
    strict = [line(0, ["[invalid]"], "3\n#### 42", raw=["It is 42"], metric=0.0), line(1, ["9"], "#### 9", metric=1.0)]
    loose = [
        line(0, ["42"], "3\n#### 42", raw=["It is 42"], metric=1.0, filter="flexible-extract"),
        line(1, ["9"], "#### 9", metric=1.0, filter="flexible-extract"),
    ]
    return [*strict, *loose]


def test_a_filter_is_chosen_and_the_choice_is_said(tmp_path, caplog):
    assert read(tmp_path, two_filters())["correct"].tolist() == [False, True]
    assert "reading filter strict-match of strict-match, flexible-extract (--filter chooses)" in caplog.text
    caplog.clear()
    assert read(tmp_path, two_filters(), filter="flexible-extract")["correct"].tolist() == [True, True]
    assert not caplog.text
    with pytest.raises(InputError, match="no filter 'loose'; there are: strict-match, flexible-extract"):
        read(tmp_path, two_filters(), filter="loose")


def test_a_metric_is_chosen_and_the_choice_is_said(tmp_path, caplog):
    lines = [line(0, ["x"], "y", metric=0) | {"metrics": ["exact_match", "equal"], "equal": 1}]
    assert read(tmp_path, lines)["correct"].tolist() == [False]
    assert "reading metric exact_match of exact_match, equal (--metric chooses)" in caplog.text
    assert read(tmp_path, lines, metric="equal")["correct"].tolist() == [True]
    with pytest.raises(InputError, match="no metric 'other'; there are: exact_match, equal"):
        read(tmp_path, lines, metric="other")


def test_a_metric_without_a_number_a_document_is_refused(tmp_path):
    lines = [line(0, ["x"], "y") | {"metrics": ["f1"], "f1": ["y", ["x"]]}]
    with pytest.raises(InputError, match=r"line 1: metric 'f1' has no number for this document"):
        read(tmp_path, lines)


@pytest.mark.parametrize("score", [float("nan"), float("inf"), "1.0", [1.0], {"f1": 1.0}, 85.0, -1])
def test_a_score_that_is_no_number_from_0_to_1_is_refused(tmp_path, score):
    with pytest.raises(InputError, match=r"metric 'exact_match' (has no number|is .* not from 0 to 1)"):
        read(tmp_path, [line(0, ["x"], "y", metric=score)])


def test_of_several_metrics_one_with_numbers_is_read(tmp_path):
    lines = [line(0, ["x"], "y", metric=1.0) | {"metrics": ["f1", "exact_match"], "f1": ["y", ["x"]]}]
    assert read(tmp_path, lines)["correct"].tolist() == [True]
    with pytest.raises(InputError, match="metric 'f1' has no number"):
        read(tmp_path, lines, metric="f1")


@pytest.mark.parametrize(
    ("change", "question", "answers"),
    [
        ({"doc_id": 7.0}, "7", ["9"]),
        ({"doc_id": "7"}, "7", ["9"]),
        ({"resps": "so 9", "filtered_resps": "9"}, "0", ["9"]),
        ({"filtered_resps": [9]}, "0", ["9"]),
        ({"resps": [["so 9"], ["8"]], "filtered_resps": ["9", "8"]}, "0", ["9", "8"]),
        ({"exact_match": None, "exact_match,strict-match": 1.0, "target": None}, "0", ["9"]),
    ],
)
def test_shapes_of_lines(tmp_path, change, question, answers):
    entry = line(0, ["9"], "9", raw=["so 9"], metric=1.0) | change
    found = read(tmp_path, [{key: value for key, value in entry.items() if value is not None}])
    assert found["question_id"].unique().tolist() == [question] and found["answer"].tolist() == answers
    assert found["correct"].tolist() == [answer == "9" for answer in answers]


@pytest.mark.parametrize("doc_id", [None, True, 7.5, [7]])
def test_a_line_without_an_id_is_refused(tmp_path, doc_id):
    with pytest.raises(InputError, match="line 1 has no doc_id"):
        read(tmp_path, [line(doc_id, ["9"], "9", metric=1.0)])


def test_letters_are_not_read_as_formulas(tmp_path):
    lines = [line(0, ["A"], "A", raw=["The answer is (A).", "The answer is (B)."], metric=1.0)]
    name = "samples_mmlu_pro_math_2025-01-02T03-04-05.678901.jsonl"
    with pytest.raises(InputError, match="give --read-as BENCHMARK"):
        read(tmp_path, lines, name)
    assert read(tmp_path, lines, name, read_as="gpqa")["answer"].tolist() == ["A", "B"]


def test_a_metric_that_some_documents_lack_is_refused(tmp_path):
    with pytest.raises(InputError, match="metric 'exact_match' has no number for document 1, but for others"):
        read(tmp_path, [line(0, ["x"], "y", metric=1.0), line(1, ["x"], "y") | {"exact_match": None}])


def test_a_benchmark_that_needs_its_tasks_reads_no_log(tmp_path):
    with pytest.raises(InputError, match="humaneval can't read a log"):
        read(tmp_path, [line(0, ["x"], "y", metric=1.0)], read_as="humaneval")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("results_1.json", {"results": {"gsm8k": {"exact_match,none": 0.5}}}, "the scores of whole tasks"),
        ("x.json", {"a": 1}, "expected an object with a list"),
    ],
)
def test_files_beside_the_samples_are_named(tmp_path, name, content, words):
    (tmp_path / name).write_text(json.dumps(content))
    with pytest.raises(InputError, match=words):
        read_samples([str(tmp_path / name)], "test")


def test_a_line_that_is_cut_off_is_named(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps(line(0, ["4"], "4", metric=1.0)) + "\n" + '{"doc_id": 1, "tar')
    with pytest.raises(InputError, match="line 2 is not JSON, or cut off"):
        read_samples([str(path)], "test")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_marks_and_line_ends_of_editors(tmp_path, encoding, end):
    path = tmp_path / "x.jsonl"
    lines = [line(n, ["4"], "4", metric=1.0) for n in range(2)]
    path.write_bytes(end.join(map(json.dumps, lines)).encode(encoding))
    assert read_samples([str(path)], "test")["correct"].tolist() == [True, True]


def test_whole_responses_are_warned_about_and_can_be_read_as_a_benchmark(tmp_path, caplog):
    texts = ["Two roots, so $\\boxed{2}$.", "They are 1 and 4: $\\boxed{2}$", "In all $\\boxed{3}$"]
    lines = [
        line(0, texts, "2", metric=0, filter="none"),
        line(1, [t + " " for t in texts], "3", metric=1, filter="none"),
    ]
    assert not read(tmp_path, [lines[0]])["correct"].any()
    assert "no two samples of any question agree" in caplog.text
    caplog.clear()
    found = read(tmp_path, lines, read_as="math_500")
    assert found["correct"].tolist() == [True, True, False, False, False, True]
    assert votes_from_samples(found, "test").classes[0, 0].tolist() == [0, 0, 1]
    # The plurality is right on the first document, whose score is 0, and wrong on the second, whose score is 1.
    assert "on 2 of 2 documents the log's own score disagrees with this reading" in caplog.text


def test_responses_whose_filter_kept_one_are_read_as_their_task_is(tmp_path, caplog):
    raw = ["The answer is 18. (I used 2 of 16.)"] * 3 + ["<think>7</think> It is 18.", "<think>maybe 5"]
    found = read(tmp_path, [line(0, ["18"], "18", raw=raw, metric=1.0)])
    assert found["answer"].tolist() == ["18"] * 4 + [None]
    assert "reading the responses as gsm8k does" in caplog.text and "disagrees" not in caplog.text
    letters = [line(0, ["C"], "C", raw=["So (C).", "The answer is B"], metric=1.0)]
    named = read(tmp_path, letters, name="samples_gpqa_diamond_2025-01-02T03-04-05.678901.jsonl")
    assert named["correct"].tolist() == [True, False]


def test_equal_numbers_are_equal_answers(tmp_path):
    for target, answers in (("29", ["$29.00.", "29", "29.0"]), ("0.5", ["0.50", ".5", "1/2"]), (18.0, ["18", "18.00"])):
        found = read(tmp_path, [line(0, answers, target)])
        assert found["answer"].nunique() == 1 and found["correct"].all()


def test_subjects_of_a_group_become_one_benchmark(tmp_path, caplog):
    names = [f"samples_group_math_{s}_2025-01-02T03-04-05.678901.jsonl" for s in ("algebra", "geometry")]
    files = [write(tmp_path / "m" / name, [line(0, ["1"], "1", metric=1.0)]) for name in names]
    joined = read_samples(files, "test")
    assert set(joined["benchmark"]) == {"group_math"}
    assert joined["question_id"].tolist() == ["group_math_algebra/0", "group_math_geometry/0"]
    assert "read as one benchmark group_math (--join NAME names it)" in caplog.text
    assert set(read_samples(files, "test", join="mine")["benchmark"]) == {"mine"}
    other = write(tmp_path / "m" / "samples_other_2025-01-02T03-04-05.678901.jsonl", [line(0, ["1"], "1", metric=1.0)])
    assert read_samples([files[0], other], "test")["benchmark"].nunique() == 2
    with pytest.raises(InputError, match="benchmarks gr"):
        votes_from_samples(read_samples([files[0], other], "test"), "test")


def test_two_runs_of_a_model_are_one_pool(tmp_path):
    runs = [
        write(tmp_path / run / GSM8K, [line(0, answers, "1"), line(1, answers, "1")])
        for run, answers in (("a", ["1", "2"]), ("b", ["1", "1", "3"]))
    ]
    votes = votes_from_samples(read_samples([f"m={','.join(runs)}"], "test"), "test")
    assert votes.pool.tolist() == [5] and votes.correct.sum(axis=2).tolist() == [[3], [3]]


def test_a_pointer_of_git_lfs_is_named(tmp_path):
    for name, mark in (("a.jsonl", ""), ("a.parquet", ""), ("a.json", "\ufeff"), ("a.eval", "")):
        (tmp_path / name).write_text(f"{mark}version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 1\n")
        with pytest.raises(InputError, match="a pointer of Git LFS, not the file itself; `git lfs pull` brings it"):
            read_samples([str(tmp_path / name)], "test")


def test_a_pointer_in_the_place_of_votes_is_named(tmp_path):
    (tmp_path / "a.npz").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 1\n")
    with pytest.raises(InputError, match="a pointer of Git LFS"):
        load_votes(tmp_path / "a.npz")


def test_a_run_that_only_collected_responses_is_graded_by_its_targets(tmp_path):
    lines = [line(n, [answer], "4") | {"metrics": ["bypass"], "bypass": 999} for n, answer in enumerate("45")]
    assert read(tmp_path, lines)["correct"].tolist() == [True, False]


@pytest.mark.parametrize(
    ("task", "target", "raw"),
    [
        ("gpqa", "(C)", ["So it is (C).", "The answer is (B)"]),
        ("gpqa", "C", ["Answer: C", "Answer: D"]),
        ("minerva_math", "We get $\\boxed{\\frac{1}{2}}$.", ["$\\boxed{0.5}$", "$\\boxed{2}$"]),
        ("gsm8k", "2 + 2 = 4\n#### 4", ["#### 4", "#### 5"]),
    ],
)
def test_targets_as_tasks_have_them(tmp_path, task, target, raw):
    name = f"samples_{task}_2025-01-02T03-04-05.678901.jsonl"
    found = read(tmp_path, [line(0, ["x"], target, raw=raw, metric=1.0)], name=name)
    assert found["correct"].tolist() == [True, False]


def test_a_list_of_lines_in_one_file(tmp_path):
    (tmp_path / "old.jsonl").write_text(json.dumps([line(0, ["4"], "4", metric=1.0), line(1, ["4"], "4", metric=0.0)]))
    assert read_samples([f"m={tmp_path / 'old.jsonl'}"], "test")["correct"].tolist() == [True, False]
    (tmp_path / "old.json").write_text(json.dumps([line(0, ["4"], "4", metric=1.0)]))
    assert read_samples([f"m={tmp_path / 'old.json'}"], "test")["correct"].tolist() == [True]


def orchestrated(**changes) -> dict:
    calls = [{"round": 1, "extracted_answer": "8"}, {"round": 2, "extracted_answer": ""}]
    records = [{"model_name": name, "calls": calls} for name in ("org/a", "org/b")]
    return {"results": [{"question": "q", "reference_answer": "8", "model_records": records} | changes]}


def test_an_orchestrators_result_holds_every_sample_of_every_model(tmp_path):
    path = tmp_path / "result.json"
    path.write_text(json.dumps(orchestrated()))
    found = read_samples([str(path)], "test")
    assert found["model"].tolist() == ["org/a", "org/a", "org/b", "org/b"]
    assert found["correct"].tolist() == [True, False, True, False]
    for change, words in (
        ({"model_records": []}, 'no list "model_records"'),
        ({"model_records": [{"model_name": "a", "calls": []}]}, '"model_name" or "calls"'),
        ({"question": None}, '"question" is a string'),
    ):
        path.write_text(json.dumps(orchestrated(**change)))
        with pytest.raises(InputError, match=words):
            read_samples([str(path)], "test")


def test_answers_that_the_released_code_wrote_as_numbers(tmp_path):
    calls = [{"extracted_answer": answer} for answer in (8, 9.5, 8.0, "8.00", "1,000", "80")]
    path = tmp_path / "result.json"
    path.write_text(
        json.dumps(orchestrated(reference_answer=8, model_records=[{"model_name": "org/a", "calls": calls}]))
    )
    found = read_samples([str(path)], "test")
    assert found["answer"].tolist() == ["8", "9.5", "8", "8", "1000", "80"]
    assert found["correct"].tolist() == [True, False, True, True, False, False]
