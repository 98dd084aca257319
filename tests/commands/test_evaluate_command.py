"""`slmmux evaluate` from its arguments to what it prints."""

import argparse
import json
import sys

import numpy as np
import pandas as pd
import pytest
from drawn_votes import random_votes

from slmmux.commands import evaluate
from slmmux.errors import InputError
from slmmux.orchestration import METHODS
from slmmux.samples.tabulate import COLUMNS, votes_from_samples
from slmmux.votes.archive import save_votes


def table_of(votes, split):
    rows = [
        (
            votes.benchmark,
            split,
            question,
            model,
            s,
            None if c < 0 else f"answer {c}",
            bool(c >= 0 and right[c]),
            5,
            7,
        )
        for question, per_model, right in zip(votes.question_ids, votes.classes, votes.right)
        for model, samples in zip(votes.models, per_model)
        for s, c in enumerate(samples)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Three models' samples, ten a question: test and validation in one file, test alone in another."""
    folder = tmp_path_factory.mktemp("samples")
    test = table_of(random_votes(1, questions=20, models=3, samples=10), "test")
    validation = table_of(random_votes(2, questions=15, models=3, samples=10), "validation")
    pd.concat([test, validation]).to_parquet(folder / "both.parquet")
    test.to_parquet(folder / "test.parquet")
    return folder, votes_from_samples(test, "test"), votes_from_samples(validation, "validation")


def run(capsys, *arguments):
    parser = argparse.ArgumentParser()
    evaluate.add_parser(parser.add_subparsers(required=True))
    args = parser.parse_args(["evaluate", *map(str, arguments)])
    args.run(args)
    return json.loads(capsys.readouterr().out)


def test_accuracy_from_the_validation_split(files, capsys):
    folder, votes, validation = files
    printed = run(capsys, folder / "both.parquet", "--models", "c,a", "--samples", "3")
    want = METHODS["slm_mux"].evaluate(votes.take_models(["c", "a"]), [3, 3], validation.accuracy()[[2, 0]])
    assert printed == {
        "method": "slm_mux",
        "benchmark": "toy",
        "split": "test",
        "samples": {"c": 3, "a": 3},
        "accuracy": pytest.approx(want.accuracy, abs=1e-12),
        "accuracy_se": pytest.approx(want.accuracy_se, abs=1e-12),
        "questions": 20,
        "mode": "exact",
        "simulation_se": None,
        "selected": {"c": pytest.approx(want.selected[0]), "a": pytest.approx(want.selected[1])},
        "tie_probability": pytest.approx(want.tie_probability.mean()),
        "tokens_per_question": 2 * 5 + 6 * 7,
        "tokens_with_stopping": pytest.approx(want.tokens_with_stopping.mean()),
        "rounds": pytest.approx(want.rounds.mean()),
    }


@pytest.mark.parametrize("method", [name for name, method in METHODS.items() if not hasattr(method, "fit")])
@pytest.mark.parametrize("mode", ["exact", "simulate"])
def test_every_method_and_mode(files, capsys, method, mode):
    folder, votes, _ = files
    options = [
        "--samples",
        "a=2,b=1",
        "--validation-accuracy",
        "a=0.5,b=0.6",
        "--mode",
        mode,
        "--trials",
        "50",
    ]
    printed = run(capsys, folder / "test.parquet", *options, "--method", method, "--seed", "3")
    want = METHODS[method].evaluate(votes.take_models(["a", "b"]), [2, 1], [0.5, 0.6], mode, 50, 3)
    assert printed["accuracy"] == pytest.approx(want.accuracy, abs=1e-12)
    assert printed["mode"] == mode and printed["method"] == method
    assert (printed["selected"] is None) == (want.selected is None)


def test_other_split_and_whole_pools(files, capsys):
    folder, _, validation = files
    printed = run(capsys, folder / "both.parquet", "--split", "validation")
    assert printed["samples"] == {"a": 10, "b": 10, "c": 10} and printed["questions"] == 15
    want = METHODS["slm_mux"].evaluate(validation, [10] * 3, validation.accuracy())
    assert printed["accuracy"] == pytest.approx(want.accuracy, abs=1e-12)


def test_released_files_need_no_tokens(tmp_path, capsys):
    for name, answer in (("one", "2"), ("two", "3")):
        response = {"problem": "p", "reference_answer": "2", "samples": [{"extracted_answer": answer}] * 2}
        (tmp_path / f"{name}.json").write_text(json.dumps({"accuracy": 1.0, "responses": [response]}))
    sources = [tmp_path / "one.json", f"three={tmp_path / 'two.json'}"]
    printed = run(capsys, *sources, "--validation-accuracy", "one=0.7,three=0.2")
    assert printed["accuracy"] == 1 and printed["accuracy_se"] is None and printed["tokens_per_question"] is None
    assert printed["tie_probability"] == 1 and printed["selected"] == {"one": 1, "three": 0}


def test_accuracies_are_asked_for_only_where_models_are_ranked(files, capsys):
    folder, _, _ = files
    for method in ("agent_forest", "oracle"):
        assert run(capsys, folder / "test.parquet", "--samples", "2", "--method", method)["accuracy"] > 0
    assert run(capsys, folder / "test.parquet", "--models", "b", "--samples", "2")["selected"] == {"b": 1}
    for method in ("slm_mux", "self_consistency", "single_best"):
        with pytest.raises(InputError, match=f"{method} needs validation accuracies"):
            run(capsys, folder / "test.parquet", "--samples", "2", "--method", method)


def test_agent_forest_says_that_it_simulated(files, capsys, caplog):
    folder, _, _ = files
    options = ["--method", "agent_forest", "--trials", "20"]
    printed = run(capsys, folder / "test.parquet", "--samples", "a=9,b=9,c=8", *options)
    assert printed["mode"] == "exact"
    rng = np.random.default_rng(0)
    more = [table_of(random_votes(int(s), 2, 1, 10), "test").assign(model=f"m{s}") for s in rng.permutation(6)]
    # Answers graded apart by each table's own key: keep one key for all.
    frame = pd.concat(more).assign(correct=lambda t: t["answer"] == "answer 0")
    frame.to_parquet(folder / "six.parquet")
    printed = run(capsys, folder / "six.parquet", "--samples", "4", *options)
    assert printed["mode"] == "simulate" and printed["simulation_se"] >= 0
    assert "simulated 20 draws" in caplog.text


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--models", "a,z"], "no model 'z'"),
        (["--models", "a,a"], "there twice"),
        (["--samples", "many"], "expected a whole number"),
        (["--samples", "a=x"], "expected MODEL=NUMBER"),
        (["--samples", "a=1,3"], "expected MODEL=NUMBER"),
        (["--samples", "z=1"], "no model 'z'"),
        (["--samples", "a=1", "--models", "a,b"], "nothing given for b"),
        (["--samples", "11"], "its pool"),
        (["--samples", "0"], "all 0"),
        (["--samples", "-1"], "not negative"),
        (["--split", "train"], "no rows of split 'train'"),
        (["--validation-accuracy", "a=0.5"], "nothing given for b"),
        (["--validation-accuracy", "a=nan,b=1,c=1"], "expected 3 validation accuracies"),
        (["--mode", "enumerate", "--samples", "5"], "enumeration would take"),
        (["--mode", "simulate", "--trials", "0"], "at least 2 trials"),
        (["--mode", "simulate", "--trials", "9" * 25], "--trials 9+: expected a whole number"),
        (["--mode", "simulate", "--seed", "-4"], "--seed -4: expected a whole number"),
        (["--samples", "9" * 25], "whole numbers"),
    ],
)
def test_refusals(files, capsys, options, words):
    with pytest.raises(InputError, match=words) as caught:
        run(capsys, files[0] / "both.parquet", *options)
    assert "\n" not in str(caught.value)


def test_files_of_votes_give_what_their_samples_give(files, tmp_path, capsys):
    table = pd.read_parquet(files[0] / "both.parquet")
    paths = [tmp_path / "test.npz", tmp_path / "validation.npz"]
    for path in paths:
        save_votes(path, votes_from_samples(table, path.stem))
    assert run(capsys, *paths, "--samples", "2") == run(capsys, files[0] / "both.parquet", "--samples", "2")


def test_files_of_votes_that_do_not_fit_are_refused(files, tmp_path, capsys):
    votes = tmp_path / "test.npz"
    save_votes(votes, votes_from_samples(pd.read_parquet(files[0] / "both.parquet"), "test"))
    for words, options in (
        ("can't be mixed", [files[0] / "both.parquet"]),
        ("one file of votes a split", [votes]),
        ("no votes of the split 'validation'; there are test", ["--split", "validation"]),
        ("graded already", ["--join", "x"]),
    ):
        with pytest.raises(InputError, match=words):
            run(capsys, votes, *options)


def test_a_terminal_gets_a_short_table_and_json_on_request(files, capsys, monkeypatch):
    folder, _, _ = files
    found = run(capsys, folder / "both.parquet", "--samples", "3")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert run(capsys, folder / "both.parquet", "--samples", "3", "--json") == found
    with pytest.raises(json.JSONDecodeError) as printed:
        run(capsys, folder / "both.parquet", "--samples", "3")
    lines = dict(line.split("  ", 1) for line in printed.value.doc.splitlines())
    assert f"{100 * found['accuracy']:.1f} ± {100 * found['accuracy_se']:.1f} %, 95 % interval [" in lines["accuracy"]
    assert lines["computed"].strip() == "exact"


def test_the_table_shows_the_error_of_a_simulation_and_leaves_out_what_is_unknown(files, capsys):
    folder, _, _ = files
    found = run(capsys, folder / "both.parquet", "--samples", "3", "--mode", "simulate", "--trials", "50")
    text = evaluate.table(found | {"tokens_per_question": None, "accuracy_se": None})
    assert "simulate, which adds an error of" in text
    assert "tokens" not in text and "±" not in text
