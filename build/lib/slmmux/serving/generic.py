"""The reader `generic`: for any question, asked as it is.

Models agree only on answers that are stated: the system prompt should ask for a last line such as
"The answer is ...". Programs, essays and other open answers are better read by a benchmark's own reader.
"""

from collections.abc import Sequence

from slmmux.benchmarks.answer_reader import boxes, said, statements
from slmmux.benchmarks.grading import group_by_key, normal_text
from slmmux.benchmarks.question import Grade, Prompt, Question
from slmmux.benchmarks.short_answers import answer_key
from slmmux.serving.reader import Reader

NAME = "generic"


def prompt(question: Question) -> Prompt:
    return Prompt(question.text, question=question.text)


def read_answer(response: str) -> str | None:
    """The last box, else what the last announcement of an answer gives, else a response of one line itself, else
    None. Thoughts are left out."""
    text = said(response).strip()
    given = [box.text for box in boxes(text) if box.text] or [statement.text for statement in statements(text)]
    if not given and "\n" in text:
        return None
    return normal_text((given[-1] if given else text).strip("$")) or None


def grade(question: Question, responses: Sequence[str]) -> list[Grade]:
    return group_by_key(question.reference, [read_answer(response) for response in responses], answer_key)


GENERIC = Reader(prompt, grade)
