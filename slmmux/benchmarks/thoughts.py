r"""The thoughts of a reasoning model, which stand in its response and are no part of its answer.

Models mark them in a few ways: <think> … </think> and its variants (Qwen, DeepSeek, Seed), [THINK] … [/THINK]
(Magistral), ◁think▷ … ◁/think▷ (Kimi), <|begin_of_thought|> … <|end_of_thought|> (OpenThinker), <|START_THINKING|> …
<|END_THINKING|> (Command), <unused94>thought … <unused95> (MedGemma), <|im_start|>think … <|im_start|>answer (s1), and
the channels of gpt-oss, of which
"analysis… assistantfinal…" is left where a server drops their tokens. The opening mark is often missing, as chat
templates put it in the prompt; the closing one is missing where the model was cut off.
"""

import re

_NAMES = (
    r"(?:[a-z]{2,8}:)?(?:(?:inner|internal)[_ ])?(?:think(?:ing)?|thoughts?|reason(?:ing)?|reflection|scratch[_ ]?pad"
    r"|analysis|monologue|internal|plan(?:ning)?|work(?:ing)?|cot|chain[_ ]of[_ ]thought)(?:[_ ](?:process|steps?))?"
)
_OPENED = (
    rf"<\s?{_NAMES}(?:\s+\w+=[^<>\n]{{0,100}})?\s?>|\[THINK\]|◁think▷|<unused94>(?:thought)?"
    rf"|<\|\s?(?:(?:begin|start)_(?:of_)?)?{_NAMES}\s?\|>|<\|channel\|>(?:analysis|commentary)\b|(?-i:\Aanalysis(?=[A-Z]))|<\|im_start\|>think\b"
)
_CLOSED = (
    rf"<\s?[/\\]\s?{_NAMES}\s?>|\[/THINK\]|◁/think▷|<unused95>"
    rf"|<(?:\|/|/\||\|end_(?:of_)?){_NAMES}\s?\|>|<\|channel\|>final(?:<\|message\|>)?|assistantfinal|<\|im_start\|>answer\b"
)
# A mark between quotes is spoken of, or is a text in a program: "<think>", r"<think>.*</think>". A closing one
# in quotes closes a thought all the same where one is open.
_QUOTED = (
    rf"(?P<quote>[\"'`])(?:(?:{_OPENED})(?:[^\n\"'`<>]{{0,20}}(?:{_CLOSED}))?"
    rf"|(?P<closed_in_quotes>{_CLOSED}))(?P=quote)"
)
_MARK = re.compile(rf"(?P<quoted>{_QUOTED})|(?P<opened>{_OPENED})|(?P<closed>{_CLOSED})", re.IGNORECASE)


def without_thoughts(text: str) -> str | None:
    """What a response says after its thoughts, unchanged; None where it says nothing.

    Left out are all up to the last closing mark, and all from an opening mark that is never closed.

    >>> without_thoughts("<think>Is it 3? No.</think>It is 5.")
    'It is 5.'
    >>> without_thoughts("<think>Is it 3? Let me") is None
    True
    """
    start, end = 0, len(text)
    for match in _MARK.finditer(text):
        if match["opened"]:
            end = min(end, match.start())
        elif match["closed"]:
            start, end = match.end(), len(text)
        elif match["closed_in_quotes"] and end < len(text):
            start, end = match.end("closed_in_quotes"), len(text)
    said = text[start:end]
    return said if said.strip() else None
