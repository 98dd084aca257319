"""Where a response ends: models go on to another turn of the talk, or to a question that they invent."""

import re
from collections.abc import Callable, Iterable

# Tokens that end a turn.
_END_OF_TURN = re.compile(
    r"<\|(?:im_end|im_start|eot_id|eom_id|end_of_text|endoftext|end|return|user|start_header_id|(?:end|start)_of_turn_token"
    r"|(?:end|begin)▁of▁sentence)\|>|<(?:end|start)_of_turn>|</s>|<eos>|\[/?INST\]",
    re.IGNORECASE,
)
_FIRST_TURN = re.compile(
    r"\s*+(?:<\|im_start\|>\s*+assistant\b|<\|start_header_id\|>\s*+assistant\s*+<\|end_header_id\|>|<start_of_turn>\s*+model\b|<\|assistant\|>)"
)
# A line that begins another question or another speaker's turn.
_QUESTION = r"(?:question|problem|exercise|example|task)"
_OTHER = r"(?:next|new|another|follow[- ]?up|similar|sample|practice|bonus|extra|your)"
_NEXT_QUESTION = re.compile(
    r"^[ \t>]*+(?:\#{1,6}[ \t]*+)?(?:\(?\d{1,3}[.)][ \t]+)?\[?(?:"
    rf"(?:(?:{_OTHER}[ ])?(?:{_QUESTION}|q)(?:[ ]?\#?\d{{1,4}})?"
    r"|human|user|student|prompt|challenge|instructions?(?:[ ]\d{1,4})?|input|follow[- ]?up|问题|题目)[ ]?[:\]]"
    r"|q\.(?=[ ])"
    rf"|{_QUESTION}[ ]?\#?\d{{1,4}}(?:[.)]|[ \t]*+$))"
    rf"|^[ \t]*+\#{{1,6}}[ \t]*+(?:{_OTHER}[ ])?(?:instruction|{_QUESTION}|human|user|input|follow[- ]?up)s?\b"
    r"|^(?:here(?:'s|[ ]is)|now,?|let's|let[ ]us)[ ](?:(?:try|do|solve|consider)[ ])?(?:an?|the)?[ ]?"
    rf"{_OTHER}[ ]{_QUESTION}\b"
    r"|^(?:now,?[ ]|please[ ]|let's[ ])?(?:write|solve|answer|try|consider)\b[^.:\n]{0,40}"
    rf"\b(?:this|another|the[ ](?:next|following))[ ](?:one|{_QUESTION})[ ]?:",
    re.IGNORECASE | re.MULTILINE,
)


def first_turn(text: str) -> str:
    """The text of the first turn that says anything, without the tokens around it."""
    if first := _FIRST_TURN.match(text):
        text = text[first.end() :]
    for end in _END_OF_TURN.finditer(text):
        if text[: end.start()].strip():
            return text[: end.start()]
    return text


def end_of_answer(text: str, given: Iterable[int], is_answer: Callable[[str], bool]) -> int:
    """Where a text goes on to another question or turn after it has answered ours; its length where it does not.

    given: where the text gives answers. is_answer: whether a line is one by itself.
    """
    first = min(given, default=len(text))
    for match in _NEXT_QUESTION.finditer(text):
        if first < match.start() or is_answer(_last_line(text, match.start())):
            return match.start()
    return len(text)


def _last_line(text: str, end: int) -> str:
    """The last line before `end` that is not blank, or nothing where it is long: an answer is short."""
    lines = text[max(0, end - 200) : end].rstrip().rsplit("\n", 1)
    return lines[-1].strip() if len(lines) > 1 or end <= 200 else ""
