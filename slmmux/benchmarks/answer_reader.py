r"""What a response gives as its answer: boxes, and what follows "the answer is" in its many forms.

Every reader here takes time linear in the length of the text: white space is skipped by hand or by possessive
quantifiers, since a model that falls into white space fills its whole response with it.
"""

import re
from dataclasses import dataclass

from slmmux.benchmarks.characters import plain_characters
from slmmux.benchmarks.patterns import leading
from slmmux.benchmarks.thoughts import without_thoughts
from slmmux.benchmarks.turns import first_turn

# A box with its brace, a box without ("\boxed 2", as in some solutions of MATH), an escaped character, a brace.
# The backslash of a box gets lost, or is read with its b as a backspace character.
_BOX_OR_BRACE = re.compile(
    r"(?P<box>(?:\\{1,2}f?|\\{1,2}frame|(?<![A-Za-z\\])|[\x08])(?:f?box|ox(?=ed))(?:ed)?)\s*+\{"
    r"|\\boxed\s*+(?P<bare>-?\d[\d.,/]*|-?[A-Za-z](?![A-Za-z])|\\[dt]?frac\d\d|\(-?\d[\d.,/]*\))|\\.|[{}]",
    re.DOTALL,
)
# What a box holds that is spoken of.
_PLACEHOLDER = re.compile(
    r"(?:\\text\{)?(?:\.{2,}|\\[lc]?dots|_{2,}"
    r"|(?:your |the |final |correct )*(?:answer|result|solution|value)s?(?: here)?)\}?",
    re.IGNORECASE,
)
# Bold marks, but not the power of a program: 2**3.
_BOLD = re.compile(r"(?<![\w)])\*\*|\*\*(?![\w(])|\b__(?=[A-Z])|(?<=[\w:.])__(?![\w_])|(?<![\w_])__(?=[A-Za-z])")
# "_Answer:_" and "*Answer*:"
_ITALIC = re.compile(r"(?<![\w\\*])([_*])((?:[A-Za-z]{2,10} ){0,3}[Aa]nswers?\s?:?)\1(?![\w*])")
_HTML = re.compile(r"</?(?:b|i|p|u|strong|em|span|div|h[1-6]|br|li|ul|ol)\s?/?>", re.IGNORECASE)
# Some models answer in Chinese: "the answer is", "the answer:".
_CHINESE = re.compile("(?:答案[是为选]?|[故应]选|(?:因此|所以)选)\\s?:?")

_VERB = (
    r"(?:is|are|was|equals|(?:would|will|should|must|can|could|may|might|(?:has|have|needs|ought)\sto)\s(?:then\s|therefore\s|thus\s|only\s)?be"
    r"|(?:seems|appears|turns\sout|works\sout|comes\sout|comes|happens)\s(?:to|as|at)(?:\sbe)?|becomes|remains)"
)
_FILLER = (
    r"(?:therefore|thus|hence|then|simply|just|indeed|also|now|still|again|actually|clearly|obviously|probably|likely"
    r"|most\slikely|definitely|certainly|finally|of\scourse|in\sfact|in\stotal|approximately|about|around|exactly"
    r"|roughly|equal\sto|given\sby|found\sto\sbe|as\sfollows|below)"
)
# "not 5 but 7", "isn't 5, it's 7": what is meant comes second.
_NOT_BUT = (
    r"(?:(?:\s*+not\b(?!\sonly)|n't)\s(?:[^.!?\n]|\.(?=\d)){1,40}?(?:,?\sbut\b(?!\s(?:I|we|it|that|this|you|the)\b)"
    r"(?:\srather\b)?|[,;]\s(?:it's|it\sis|rather|instead|so)\b))"
)
_AFTER_VERB = rf"(?:(?:\s|,\s?)*+{_FILLER}\b)*+[\s,]*+(?::|=|\.{{2,3}}(?=\s)|\\ldots\b)?"
# Where an announcement may be: searched for first, as the expressions below are slow to fail.
_CANDIDATE = re.compile(r"[aA][nN][sS]|[fF]inal (?![aA][nN])|####")
_TAG = re.compile(r"<(?:final[_ ]?)?ans(?:wer)?>|\[ans(?:wer)?\]", re.IGNORECASE)
_FOUR_HASHES = re.compile(r"####(?=[ \t]*+[-+(]?\s?(?:\\?\$|\\[(\[]|[€£¥])?[\s-]?[\d.\\])[ \t]*+")
_HEADING = re.compile(r"[#>\t _-]*+(?:the )?(?:my )?(?:final |correct )?answer[ \t]*+$", re.IGNORECASE | re.MULTILINE)
_STATED = re.compile(
    # "answer (in dollars)", "answer to the question", "answer, rounded to cents,"
    rf"(?<!\bto\s)\b(?:answer|ans|final\s(?:result|solution))s?\b\.?(?:\s{_FILLER}(?=\s))?"
    r"(?:\s?\([^()\n]{0,40}\)|\s(?:to|for|of|in|here|we|that|which|I)\b[^.:=\n$\\?!]{0,80}?|,[^.:=\n$\\?!,]{0,60},)?"
    rf"(?:\s{{0,4}}+(?<!\w){_VERB}(?:\b(?!\s*+not\b)|{_NOT_BUT}){_AFTER_VERB}|'s\b{_AFTER_VERB}"
    rf"|\s{{0,4}}+(?::=|:|=>?|->|\\to\b|\\Rightarrow\b)(?:\s*+(?:{_VERB}\b)?{_AFTER_VERB})?|\s{{1,4}}-\s{{1,4}}(?=\S)|(?<=ans\.)\s(?=[-$\\(\d]))",
    re.IGNORECASE,
)
# A key of JSON or of a dict, and its value: a text in quotes, a list, or anything else.
_KEY = re.compile(r"""(["'])(?:(?:final|correct|predicted|short|my|model)[_ -])?answer\1\s{0,4}:""", re.IGNORECASE)
_KEY_LENGTH = 24
_VALUE_OF_KEY = re.compile(
    r"""(?P<quote>["'])(?P<text>(?:[^"'\\]|\\.|(?!(?P=quote))["'])*+)|\[[^\]\n]*\]|[^,}\]\n]*""", re.DOTALL
)
# "42 is the answer", up to the word.
_BEFORE = re.compile(
    r"(?P<value>\$[^$\n]{1,100}\$|\\\([^\n]{1,100}?\\\)|(?<![\w\\}.,$-])-?(?:\\?\$)?\d[\w.,/\\{}^%]{0,60})"
    r"\s(?:is|as|(?:will|must|should|would)\sbe)\s(?:(?:therefore|thus|clearly|indeed)\s)?(?:the|our|my|your)\s"
    r"(?:(?:final|correct|right|required|desired|only)\s)?\Z",
    re.IGNORECASE,
)
# "A common wrong answer is": what others say.
_OF_OTHERS = re.compile(r"\b(?:wrong|incorrect|mistaken|erroneous|naive|tempting)\s$", re.IGNORECASE)
# "The answer would be 5 if x were 2" is no answer where another one is given.
_WOULD = re.compile(r"\bwould\b", re.IGNORECASE)
_IF = re.compile(r"\b(?:if|unless|were|had)\b", re.IGNORECASE)
_BEFORE_LENGTH = 150
_ASKED = re.compile(r"\w*\s?[?:]")
_HAS_VERB = re.compile(rf"{_VERB}\b", re.IGNORECASE)
# "Answer 42" as a line; "Answer 2" with more below is a heading.
_BARE = re.compile(
    r"[#>\t _-]*+(?:final )?answer[ \t]++(?!\d[ \t]*+\n\s*+\S)"
    r"(?=(?:\$[^$\n]+\$|\\\([^\n]+\\\)|-?\\?\$?\d[\d.,/]*)\.?[ \t]*$)",
    re.IGNORECASE | re.MULTILINE,
)
_HEADING_LENGTH = 40
# "Whether the answer is", with no comma after it, says nothing.
_CONDITION = re.compile(
    r"(?:\b(?:if|whether|unless|once|when|until|suppose|assume|that no"
    r"|(?:one|you|someone|some|many|people) (?:might|may|could|would) (?:think|say|guess|expect|assume)"
    r"|(?:do|does|did|would|could|can) ?(?:not|n't) (?:think|believe|say|mean|agree|claim|conclude)))\b[^.!?\n,:]*$",
    re.IGNORECASE,
)
# White space, marks of Markdown and of LaTeX, and the line under a heading.
_BLANK = re.compile(r"(?:[\s*_`>#}]|(?:={3,}|-{3,})(?=\s))*+")
# The mark of a list; a minus stands at its number.
_ITEM = re.compile(r"[-•] (?=\S)")
_BEGINS_VALUE = re.compile(r"[\s*_`:]*+(?:[-$(\[{\\]|\d|[A-Za-z]\s?=)")
_DISPLAYED = re.compile(r"\\\[|\$\$|\\begin\{")


@dataclass(frozen=True)
class Statement:
    """One place where a response announces its answer, and the text that follows.

    start: where the announcement begins. text: the rest of the line, or the next line that has any text, up to
    the next announcement. below: whether it stands under a mere "Answer:". alone: whether the response ends with it.
    """

    start: int
    text: str
    below: bool
    alone: bool


@dataclass(frozen=True)
class Box:
    """A box and where it begins."""

    start: int
    text: str


def said(response: str) -> str:
    """What a response says: without its thoughts, bold marks and the tokens around a turn, in plain characters."""
    text = plain_characters(without_thoughts(response) or "")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "答案" in text or "选" in text:
        text = _CHINESE.sub(" answer is ", text)
    if "**" in text or "__" in text:
        text = _BOLD.sub("", text)
    if "nswer" in text and ("_" in text or "*" in text):
        text = _ITALIC.sub(r"\2", text)
    if "</" in text:
        text = _HTML.sub("", text)
    return first_turn(text) if "<" in text or "[" in text else text


def boxes(text: str) -> list[Box]:
    r"""The complete \boxed{…} and \fbox{…} with balanced braces, in the order of their start.

    A box that is not closed does not count, nor one that is spoken of, as \boxed{answer}. Without braces only a
    number or a letter can be in a box.
    """
    if "ox" not in text:
        return []
    found = []
    opened: list[tuple[int, int] | None] = []
    for match in _BOX_OR_BRACE.finditer(text):
        token = match.group()
        if match["bare"] is not None:
            found.append(Box(match.start(), match["bare"].strip("().,")))
        elif token == "}":
            box = opened.pop() if opened else None
            if box is not None:
                found.append(Box(box[0], text[box[1] : match.start()].strip()))
        elif token.endswith("{") and token[:2] != "\\{":
            opened.append((match.start(), match.end()) if match["box"] else None)
    return sorted((box for box in found if not _PLACEHOLDER.fullmatch(box.text)), key=lambda box: box.start)


def last_boxed(text: str) -> str | None:
    r"""The content of the last complete box, or None.

    >>> last_boxed(r"first \boxed{2}, no: \boxed{\frac{1}{2}}")
    '\\frac{1}{2}'
    """
    found = boxes(text)
    return found[-1].text if found else None


def statements(text: str) -> list[Statement]:
    """The places where a text announces its answer, in order. `text` is as `said` leaves it."""
    found = [match for candidate in _CANDIDATE.finditer(text) if (match := _announcement(text, candidate.start()))]
    stated = []
    for number, match in enumerate(found):
        if match.re in (_STATED, _BEFORE) and is_condition(text, match.start()):
            continue
        if len(found) > 1 and match.re is _STATED and _is_of_others(text, match):
            continue
        if match.re is _BEFORE:
            stated.append(Statement(match.start(), match["value"].rstrip(".,"), below=False, alone=False))
            continue
        stop = found[number + 1].start() if number + 1 < len(found) else len(text)
        blank = _BLANK.match(text, match.end())
        start = blank.end() if blank else match.end()
        end = _end_of_value(text, start, stop)
        rest = text[start:end]
        if match.re is _TAG:
            rest = re.split(r"</|\[/", rest, maxsplit=1)[0]
        elif match.re is _KEY:
            rest = _of_key(rest)
        elif "\n" in text[match.end() : start] and (item := _ITEM.match(rest)):
            rest = rest[item.end() :]
        # "Answer:" may be followed by the steps of a solution, "the answer is" by the answer alone.
        below = "\n" in text[match.start() : start] and not _HAS_VERB.search(match.group())
        if rest.strip():
            stated.append(Statement(match.start(), rest.strip(), below, not text[end : end + 200].strip()))
    return stated


def _is_of_others(text: str, match: re.Match) -> bool:
    """Whether what is announced is what others answer, or what would be the answer to something else."""
    start = max(0, match.start() - 60)
    before = text[start : match.start()]
    sentence = re.split(r"[.!?\n]", before)[-1] + re.split(r"[.!?](?=\s|$)|\n", text[match.end() : match.end() + 80])[0]
    return bool(_OF_OTHERS.search(before)) or bool(_WOULD.search(match.group()) and _IF.search(sentence))


def _announcement(text: str, place: int) -> re.Match | None:
    """What announces an answer and has its word "answer", or its first hash, at `place`."""
    line = text.rfind("\n", max(0, place - _HEADING_LENGTH), place) + 1
    starts_line = line > 0 or place < _HEADING_LENGTH
    if text[place] in "fF":
        match = _STATED.match(text, place)
        return match if match and _BEGINS_VALUE.match(text, match.end()) else None
    if text[place] == "#":
        return _FOUR_HASHES.match(text, place) if starts_line and not text[line:place].strip() else None
    tag = max(text.rfind(mark, max(0, place - 7), place) for mark in "<[")
    if tag >= 0 and (match := _TAG.match(text, tag)):
        return match
    for own_line in (_HEADING, _BARE) if starts_line else ():
        if (match := own_line.match(text, line)) and match.end() > place:
            return match
    quote = max(text.rfind(mark, max(0, place - _KEY_LENGTH), place) for mark in "\"'")
    if quote >= 0 and (match := _KEY.match(text, quote)) and match.end() > place:
        return match
    match = _BEFORE.search(text, max(0, place - _BEFORE_LENGTH), place)
    return match if match and not _ASKED.match(text, place) else _STATED.match(text, place)


def _of_key(text: str) -> str:
    """The value of a key whose text begins here, without the quotes and escapes of JSON."""
    value = leading(_VALUE_OF_KEY, text)
    said = value["text"]
    if said is None:
        return value.group()
    return re.sub(r"\\([\\\"'/])", r"\1", said) if re.search(r"\\\\[A-Za-z]|\\[\"']", said) else said


def _end_of_value(text: str, start: int, stop: int) -> int:
    r"""The end of the line, or of a formula displayed on lines of its own; at most `stop`."""
    if opened := _DISPLAYED.match(text, start):
        closing = {"\\[": "\\]", "$$": "$$"}.get(opened.group(), "\\end{")
        end = text.find(closing, opened.end(), stop)
        if end >= 0:
            start = end
    end = text.find("\n", min(start, stop), stop)
    return end if end >= 0 else stop


def is_condition(text: str, start: int) -> bool:
    """Whether the sentence that `start` is in says "if" or "whether" before it."""
    return bool(_CONDITION.search(text[max(0, start - 60) : start]))
