"""What ends a response, by the style of the prompt."""

import pytest

from slmmux.benchmarks.question import Prompt
from slmmux.benchmarks.render import stop_texts


@pytest.mark.parametrize(
    ("style", "stop", "sent"),
    [
        # A chat model may restate the question; its turn ends by itself.
        ("chat", ("Question:", "\n\n\n"), ("\n\n\n",)),
        ("chat", ("Question:",), ()),
        ("chat", ("\n",), ("\n",)),
        ("few_shot", ("Question:", "\n\n\n"), ("\nQuestion:", "\n\n\n")),
        ("few_shot", ("\n",), ("\n",)),
    ],
)
def test_a_restated_question_does_not_end_a_response(style, stop, sent):
    assert stop_texts(Prompt("How many?", stop=stop), style) == sent
