"""Discussions of a study: transcripts, resuming, tokens, and their results."""

import json
import re

import pytest

from slmmux.cli import main
from slmmux.config import load_config
from slmmux.discussion import PROTOCOLS
from slmmux.discussion.protocol import TRANSCRIPT
from slmmux.errors import InputError
from slmmux.paths import discussion_file, labels_file
from slmmux.tables import read_table


def run(*words, expect=0):
    assert main(list(words)) == expect


@pytest.fixture
def votes(study):
    """The study with a second chat model, up to its votes."""
    study.params["models"]["polite"] = {**study.params["models"]["chatty"], "prompt": "chat"}
    study.params["model_names"] = ["chatty", "base", "polite"]
    study.params["discussion"]["model_names"] = ["chatty", "polite"]
    study.save()
    run("questions", "short_answers")
    for model in study.params["model_names"]:
        run("generate", "short_answers", model)
    run("grade", "short_answers")
    run("votes", "short_answers")
    return study


@pytest.mark.parametrize("protocol", list(PROTOCOLS))
def test_a_discussion_is_resumed_and_its_second_run_asks_nothing(votes, parrot, protocol):
    parrot.requests.clear()
    run("discuss", "short_answers", protocol)
    out = discussion_file("short_answers", protocol)
    first, asked = out.read_bytes(), len(parrot.requests)
    rows = read_table(out, TRANSCRIPT)[0].to_pylist()
    assert asked == len(rows)
    assert len({row["question_id"] for row in rows}) == 3
    out.unlink()
    run("discuss", "short_answers", protocol)
    assert len(parrot.requests) == asked and out.read_bytes() == first
    # One part of what was finished is lost: only that is asked again.
    part = max((votes.path / ".slmmux/shards").rglob("*.parquet"), key=lambda path: path.stat().st_mtime_ns)
    lost = read_table(part, TRANSCRIPT)[0].num_rows
    part.unlink()
    run("discuss", "short_answers", protocol)
    assert len(parrot.requests) == asked + lost and out.read_bytes() == first


def test_more_rounds_keep_the_first_ones(votes, parrot):
    run("discuss", "short_answers", "llm_debate")
    parrot.requests.clear()
    votes.params["discussion"]["options"]["llm_debate"]["rounds"] = 3
    votes.save()
    run("discuss", "short_answers", "llm_debate")
    assert len(parrot.requests) == 3 * 2
    final = [
        row
        for row in read_table(discussion_file("short_answers", "llm_debate"), TRANSCRIPT)[0].to_pylist()
        if row["final"]
    ]
    assert {row["round"] for row in final} == {2}


def test_results_of_discussions_from_transcripts_to_groupthink(votes):
    for protocol in PROTOCOLS:
        run("discuss", "short_answers", protocol)
    run("label", "short_answers")
    run("compare_discussions", "short_answers")
    folder = votes.path / "results/compare_discussions/short_answers"
    found = json.loads((folder / "methods.json").read_text())
    assert found["questions"] == 3 and found["models"] == ["chatty", "polite"]
    assert set(PROTOCOLS) < set(found["methods"])
    for protocol in PROTOCOLS:
        rows = read_table(discussion_file("short_answers", protocol), TRANSCRIPT)[0].to_pylist()
        spent = sum(r["completion_tokens"] + (r["prompt_tokens"] if r["sample"] == 0 else 0) for r in rows)
        assert found["methods"][protocol]["tokens_per_question"] == pytest.approx(spent / 3)
        assert found["methods"][protocol]["mode"] == "recorded"
    labels = found["groupthink"]["labels"]
    replies = read_table(labels_file("short_answers"), TRANSCRIPT, may_be_empty=True)[0].num_rows
    assert sum(label["count"] for label in labels.values()) == found["groupthink"]["failed"] == replies
    lines = (folder / "questions.csv").read_text().splitlines()
    assert len(lines) == 4 and "llm_debate" in lines[0] and "slm_mux" in lines[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model_names": ["base"]}, "'base' is no chat model"),
        ({"model_names": ["nobody"]}, "'nobody' is not among `model_names`"),
        ({"benchmark_names": ["gpqa"]}, "'gpqa' is not among `benchmark_names`"),
        ({"labeller": "nobody"}, "no model 'nobody'"),
        ({"labeller": None}, "name its models, and the labeller"),
        ({"model_names": []}, "name its models, and the labeller"),
    ],
)
def test_wrong_parameters_are_one_line(study, change, said):
    study.params["discussion"] |= change
    study.save()
    with pytest.raises(InputError, match=re.escape(said)):
        load_config()


def test_more_questions_than_there_are(votes, capsys):
    votes.params["discussion"]["questions"] = 100
    votes.save()
    run("discuss", "short_answers", "llm_debate", expect=2)
    assert "100 wanted, short_answers has 6 test questions" in capsys.readouterr().err
