"""The worked examples of CONTRIBUTING.md, as they stand there: applied to a copy of the repository, and run."""

import json
import re
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from conftest import ROOT
from small_study import small_params
from test_pipeline import copy_of_the_repository, run

GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SERVER = "http://127.0.0.1:8080/v1"
# Each block that is no command says in a comment of its own which file it is, or changes.
NAMED = re.compile(r"^# (\S+\.(?:py|yaml))\n", re.MULTILINE)


def blocks(heading: str) -> list[tuple[str, str]]:
    """(language, content) of the fenced blocks under a heading, up to the next heading."""
    (section,) = re.findall(rf"^### {heading}\n(.*?)(?=^##|\Z)", GUIDE, re.MULTILINE | re.DOTALL)
    return re.findall(r"^```(\w+)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


def edited(text: str, change: str) -> str:
    """The text with a block of lines " kept", "-taken out" and "+put in" applied where it fits, which is once."""
    lines = change.splitlines(keepends=True)
    before, after = ("".join(line[1:] for line in lines if line[0] in kinds) for kinds in (" -", " +"))
    assert text.count(before) == 1, f"these lines are not there once:\n{before}"
    return text.replace(before, after)


def follow(copy: Path, heading: str, url: str, programs: str) -> str:
    """Do what the section says: write its files, make its edits, run its commands. Returns what they print."""
    printed = ""
    for language, content in blocks(heading):
        named = NAMED.search(content)
        if language == "sh":
            # The code of the copy, not of the installed package.
            printed += run(copy, "bash", "-e", "-c", content, PYTHONPATH=str(copy), PATH=programs)
        elif language == "diff":
            path = copy / named[1]
            path.write_text(edited(path.read_text(encoding="utf-8"), content[named.end() :]), encoding="utf-8")
        else:
            assert not (copy / named[1]).exists(), f"{named[1]} is there already"
            (copy / named[1]).write_text(content.replace(SERVER, url), encoding="utf-8")
    return printed


@pytest.fixture
def copy(tmp_path, parrot):
    folder = tmp_path / "copy"
    folder.mkdir()
    copy_of_the_repository(folder, small_params(parrot.url))
    return folder


def test_a_model_a_benchmark_and_a_method_are_added_as_the_guide_says(copy, parrot, warm_path):
    follow(copy, "A model", parrot.url, warm_path)
    assert [body["model"] for body in parrot.requests] == ["my-qwen"] * 20 * 3
    table = pq.read_table(copy / "data/responses/short_answers/my-qwen.parquet")
    assert table.num_rows == 20 * 3 and set(table["model"].to_pylist()) == {"my-qwen"}

    follow(copy, "A benchmark", parrot.url, warm_path)
    listed = pq.read_table(copy / "data/questions/digit_sums.parquet")
    assert sorted(listed["split"].to_pylist()) == ["test"] * 20 + ["validation"] * 10
    right = {row["question_id"]: row["reference"] for row in listed.to_pylist()}
    shares = {}
    for model in ("my-qwen", "my-smollm"):
        graded = pq.read_table(copy / f"data/samples/digit_sums/{model}.parquet").to_pylist()
        assert len(graded) == 30 * 4
        assert all(row["correct"] == (row["answer"] == right[row["question_id"]]) for row in graded)
        shares[model] = sum(row["correct"] for row in graded) / len(graded)
    # The stand-in says one of the first two numbers that it sees: of the question in a chat, else of the example.
    assert 0.2 < shares["my-qwen"] < 0.8 and shares["my-smollm"] == 0

    printed = follow(copy, "An orchestration method", parrot.url, warm_path)
    evaluated = json.JSONDecoder().raw_decode(printed[printed.index("{\n") :])[0]
    compared = json.loads((copy / "results/compare/digit_sums/methods.json").read_text())["methods"]
    assert evaluated["method"] == "weighted_vote" and evaluated["mode"] == "simulate"
    assert evaluated["accuracy"] == compared["weighted_vote"]["accuracy"]
    assert 0.2 < evaluated["accuracy"] < 0.8
    report = (copy / "results/report/report.md").read_text(encoding="utf-8")
    assert "| Weighted vote, all models |" in report and "| Weighted vote, searched subset |" in report


def test_the_examples_are_tidy(copy, parrot):
    """What the guide shows keeps the style of the code around it."""
    for heading in ("A benchmark", "An orchestration method"):
        for language, content in blocks(heading):
            if language == "python":
                path = copy / NAMED.search(content)[1]
                path.write_text(content, encoding="utf-8")
                ruff = Path(sys.executable).parent / "ruff"
                run(copy, str(ruff), "check", str(path))
                run(copy, str(ruff), "format", "--check", str(path))
