"""What responses state, as small models write them: the tables of `*_of_responses.py`, each graded by its benchmark."""

import formulas_of_responses
import letters_of_responses
import numbers_of_responses
import pytest

from slmmux.benchmarks import BENCHMARKS
from slmmux.benchmarks.question import Question

TABLES = {"math_500": formulas_of_responses, "gsm8k": numbers_of_responses, "gpqa": letters_of_responses}
# A reference for responses without an answer.
REFERENCES = {"math_500": "5", "gsm8k": "5", "gpqa": "B"}
RIGHT = [(name, *case) for name, table in TABLES.items() for case in table.RIGHT]
WRONG = [(name, *case) for name in ("math_500", "gsm8k") for case in TABLES[name].WRONG]
NO_ANSWER = [(name, REFERENCES[name], response) for name, table in TABLES.items() for response in table.NO_ANSWER]


def graded(name, reference, response):
    return BENCHMARKS[name].grade(Question("q", "test", "", reference), [response])[0]


@pytest.mark.parametrize(("name", "reference", "response"), RIGHT)
def test_the_answer_of_a_response_is_right(name, reference, response):
    assert graded(name, reference, response).correct


@pytest.mark.parametrize(("name", "reference", "response"), WRONG)
def test_another_value_is_not_read(name, reference, response):
    assert not graded(name, reference, response).correct


@pytest.mark.parametrize(("name", "reference", "response"), NO_ANSWER)
def test_a_response_without_an_answer(name, reference, response):
    assert graded(name, reference, response).answer is None
