"""One function for every method: the forms in which samples and accuracies may be given, and what is refused."""

import numpy as np
import pytest
from drawn_votes import random_votes

from slmmux.errors import InputError
from slmmux.orchestration import METHODS
from slmmux.orchestration.evaluate import evaluate

VOTES = random_votes(2, questions=12, models=3, samples=5)
OTHERS = random_votes(3, questions=9, models=3, samples=5)
A, B, C = VOTES.models


@pytest.mark.parametrize("method", METHODS)
def test_the_forms_of_samples_and_accuracies_agree(method):
    if hasattr(METHODS[method], "fit"):
        want = METHODS[method].evaluate(VOTES, [2, 2, 2], METHODS[method].fit(OTHERS, np.array([2, 2, 2])))
        found = evaluate(VOTES, {A: 2, B: 2, C: 2}, method, validation=OTHERS)
        assert np.array_equal(found.correct, want.correct)
        with pytest.raises(InputError, match="needs validation votes"):
            evaluate(VOTES, 2, method, [0.2, 0.6, 0.4])
        return
    want = METHODS[method].evaluate(VOTES, [2, 2, 2], [0.2, 0.6, 0.4])
    accuracy = {C: 0.4, A: 0.2, B: 0.6, "another": 1.0}
    for samples in (2, [2, 2, 2], np.array([2, 2, 2]), {A: 2, B: 2, C: 2}):
        for given in ([0.2, 0.6, 0.4], accuracy):
            found = evaluate(VOTES, samples, method, given)
            assert np.array_equal(found.correct, want.correct) and found.mode == "exact"
    part = METHODS[method].evaluate(VOTES.take_models([C, A]), [3, 1], [0.4, 0.2])
    assert np.array_equal(evaluate(VOTES, {C: 3, A: 1}, method, accuracy, models=[C, A]).correct, part.correct)
    left_out = METHODS[method].evaluate(VOTES, [1, 0, 3], [0.2, 0.6, 0.4])
    assert np.array_equal(evaluate(VOTES, {C: 3, A: 1}, method, accuracy).correct, left_out.correct)


def test_one_model_needs_no_accuracy():
    assert evaluate(VOTES, 3, models=[B]).selected.tolist() == [1.0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"samples": 2, "method": "no_such"}, "no method 'no_such'; there are single_best"),
        ({"samples": {"x": 2}}, "samples: no model 'x'"),
        ({"samples": 2, "validation_accuracy": {"x": 0.5}}, "none given for"),
        ({"samples": 2}, "needs the models' validation accuracies"),
        ({"samples": 9, "method": "oracle"}, "its pool"),
    ],
)
def test_impossible_input_is_one_line(arguments, words):
    with pytest.raises(InputError, match=words):
        evaluate(VOTES, **arguments)
