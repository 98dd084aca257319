"""`import slmmux`: what it offers, what it prints, and that it imports nothing before it is needed."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from drawn_votes import random_votes

import slmmux
from slmmux.samples.tabulate import COLUMNS


def table(votes) -> pd.DataFrame:
    rows = [
        (votes.benchmark, votes.split, q, model, j, None if c < 0 else str(c), bool(c >= 0 and votes.right[i, c]), 5, 7)
        for i, q in enumerate(votes.question_ids)
        for m, model in enumerate(votes.models)
        for j, c in enumerate(votes.classes[i, m, : votes.pool[m]].tolist())
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


@pytest.fixture(scope="module")
def splits():
    drawn = [random_votes(np.random.default_rng(seed), 12, 3, 4, 5) for seed in (1, 2)]
    frames = [table(votes).assign(split=split) for votes, split in zip(drawn, ("validation", "test"))]
    return slmmux.load_votes(pd.concat(frames, ignore_index=True))


def test_importing_the_package_imports_no_library():
    code = "import sys, slmmux; print([m for m in ('numpy', 'pandas', 'pydantic', 'mlflow') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_is_there_and_documented():
    for name in slmmux.__all__:
        assert getattr(slmmux, name).__doc__, name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = slmmux.nothing


def test_votes_and_evaluations_say_what_they_are_in_one_line(splits):
    assert repr(splits.test) == "Votes(" + splits.test.benchmark + "/test: 12 questions, 3 models, 4 samples each)"
    found = slmmux.evaluate(splits.test, samples=2, validation=splits.validation)
    assert repr(found).endswith(" %, 12 questions, exact)")
    assert f"{100 * found.accuracy:.1f} ±" in repr(found)


def test_evaluate_takes_the_order_of_tied_models_from_validation(splits):
    validation, test = splits
    accuracy = validation.accuracy()
    by_hand = slmmux.evaluate(test, samples=3, validation_accuracy=accuracy)
    np.testing.assert_array_equal(slmmux.evaluate(test, 3, validation=validation).correct, by_hand.correct)
    np.testing.assert_array_equal(
        slmmux.evaluate(test, validation=validation).correct,
        slmmux.evaluate(test, samples=4, validation=validation).correct,
    )


def test_compare_and_search_explain_every_column(splits):
    found = slmmux.compare(*splits, samples=2, resamples=100)
    assert set(found["label"]) >= {"SLM-MUX, all models", "SLM-MUX, searched subset"}
    for column in found.columns:
        assert column in slmmux.compare.__doc__ or column.rpartition("_")[0] in slmmux.compare.__doc__, column
    one = slmmux.evaluate(splits.test, 2, validation=splits.validation)
    assert found.loc["slm_mux", "accuracy"] == one.accuracy
    ranked = slmmux.search(*splits, samples=2)
    assert ranked["size"].tolist() == [2, 2, 3, 3]
    assert all(column in slmmux.search.__doc__ for column in ranked.columns)
    best = ranked[ranked["chosen_by"] == "validation_accuracy"].set_index("size")["validation_accuracy"]
    assert (best >= ranked[ranked["chosen_by"] == "objective"].set_index("size")["validation_accuracy"]).all()


def test_votes_from_arrays_take_a_class_or_a_table_of_right_answers():
    classes = np.array([[[0, 0, 1], [2, -1, 2]], [[1, 1, 1], [0, 1, 1]]])
    one = slmmux.votes_from_arrays(classes, [0, 1], models=["a", "b"])
    several = slmmux.votes_from_arrays(classes, np.array([[True, False, False], [False, True, False]]))
    np.testing.assert_array_equal(one.right, several.right)
    assert one.models == ("a", "b") and several.models == ("model 0", "model 1")
    assert slmmux.evaluate(one, samples=3, validation_accuracy=[0.5, 0.4]).correct.tolist() == [1.0, 1.0]
    with pytest.raises(slmmux.InputError, match=r"shape \(questions, models, samples\)"):
        slmmux.votes_from_arrays(np.zeros((2, 2), dtype=int), [0, 0])


def test_files_that_are_not_there_are_named(tmp_path):
    with pytest.raises(slmmux.InputError, match=r"nothing\*\.parquet: no such files"):
        slmmux.load_votes(str(tmp_path / "nothing*.parquet"))
