"""The number a response answers with, as in gsm8k and gsm_symbolic."""

import re
from bisect import bisect_left

from slmmux.benchmarks.answer_reader import Statement, boxes, said, statements
from slmmux.benchmarks.patterns import leading
from slmmux.benchmarks.plain_numbers import Number, last_number, numbers_in
from slmmux.benchmarks.turns import end_of_answer

# What may stand between an announcement and its value: brackets, a currency, "x =", a few small words.
_LEAD = re.compile(
    r"(?:[\s\"'`(\[{*$~:=+-]|[€£¥₹]|\\[(\[$,;!{]|\\(?:text|mathrm|mathbf|textbf|boxed|approx|left|displaystyle)(?![a-z])"
    r"|(?:an?|the|total|sum|of|about|around|only|exactly|approximately|roughly|just|number|USD?|EUR|GBP|INR|Rs\.?)(?!\w)"
    r"|\\?[A-Za-z]\w{0,20}\s?=|minus|negative)*+"
)
# What ends a value and begins a remark on it.
_REMARK = re.compile(
    r"[.!?;](?=\s|$)|\n|\s\((?=[^()=]*[A-Za-z]{2})|,\s"
    r"|\b(?:because|since|as|so|which|where|if|after|from|when|while|but|not)\b"
)
# A calculation of one line; a model that repeats itself has no result.
_SHORT = 100
# "3 hours and 30 minutes = 210 minutes" is a calculation.
_UNIT = r"(?:hours?|hrs?|minutes?|mins?|days?|weeks?|months?|years?|feet|foot|yards?|pounds?|dollars?|gallons?|dozens?)"
_OPERATOR = re.compile(
    r"[\d)}]\s?[^\d=]{0,30}?[-+*/]|\\(?:times|cdot|div)\b|[\d)]\s?x\s?[\d($]"
    r"|\d\s(?:[a-z]+\s){0,3}(?:plus|minus|times|divided\sby|multiplied\sby|(?:more|less|fewer)\sthan)\s\$?\d"
    r"|(?:product|sum|difference)\sof\s\$?\d|(?:multiply|add|subtract|divid)ing\s\$?\d"
    rf"|\d\\?%\sof\s\$?\d|\d\(\d|\d\s{_UNIT},?\s(?:and\s)?\d+\s{_UNIT}\s="
)
# Where a calculation without "=" goes on to its result.
_ROUNDED = re.compile(
    r"[,;]?\s?\(?(?:which\s(?:is\s)?|and\s)?(?:can\sbe\s)?(?<!not\s)(?<!n't\s)round(?:s|ed)(?:\s(?:up|down|off))?\sto\s(?:about\s|approximately\s)?"
    r"(?!\d+\s?(?:decimal|d\.?p|place|digit|significant|sig\b))(?=\$?\d)"
)
_ROUNDED_WITHIN = 100
_OR = re.compile(r"\sor\s(?=\$?\d)")
_RESULT = re.compile(
    r"[,.;]?\s?(?:and\s)?(?:which\s(?:is|equals|gives|makes|comes\sto)|that\sis|or|i\.e\.|giving|making|equals|so)\b,?\s"
)
# What solutions of gsm8k say to a calculator: <<50-8=42>>.
_CALCULATOR = re.compile(r"<<[^<>\n]*+>>")
_IN_BRACKETS = re.compile(r"\([^()=]*[A-Za-z]{2}[^()=]*\)")
_CONCLUDES = re.compile(
    r"\b(?:so|therefore|thus|hence|which\s(?:is|gives|makes)|giving|making|leaving|totalling|totaling)\b"
    r"|^[^:]*:\s(?=\$?[\d,.]*\d\W*$)"
)
# "The answer must be less than 50" says no answer.
_BOUND = re.compile(r"(?:less|more|greater|fewer|smaller|larger|bigger)\sthan\b")
_SENTENCE = re.compile(r"[^\n]*?(?:[.!?](?=\s|$)|$)", re.MULTILINE)
# A line that is an answer by itself: a number with a few words.
_ONE_NUMBER = re.compile(r"[^\w\n]*(?:[A-Za-z]\s?=\s?)?[^\w\n]*[\d.,]*\d[^\w\n]*(?:[A-Za-z]+[^\w\n]*){0,3}")


def read_number(response: str) -> str | None:
    """The number of the last box that has one, else of the last statement that has one, else the last of all."""
    text = said(response)
    if "<<" in text:
        text = _CALCULATOR.sub("", text)
    boxed = [(box.start, number) for box in boxes(text) if (number := _boxed(box.text))]
    stated = [(s.start, number) for s in statements(text) if (number := _stated(s))]
    given = boxed + stated
    end = end_of_answer(text, (start for start, _ in given), lambda line: bool(_ONE_NUMBER.fullmatch(line)))
    for found in (boxed, stated):
        if kept := [number for start, number in found if start < end]:
            return kept[-1].text
    last = last_number(text[:end])
    return last.text if last else None


def _boxed(text: str) -> Number | None:
    found = list(numbers_in(text, is_answer=True))
    return _of_calculation(text, found) if found else None


def _stated(statement: Statement) -> Number | None:
    text = statement.text
    first = next(numbers_in(text, is_answer=True), None)
    if first is None:
        return None
    if statement.below and not statement.alone and not _ONE_NUMBER.fullmatch(" ".join(text.split())):
        # The first step of a solution under the heading "Answer".
        return None
    if leading(_LEAD, text).end() >= first.start:
        remark = _REMARK.search(text, first.end)
        piece = text[: remark.start()] if remark else text
        if remark and remark.group().endswith("("):
            # "2 (blue) + 1 (white) = 3"
            plain = _IN_BRACKETS.sub(" ", leading(_SENTENCE, text).group())
            if "=" in plain and _OPERATOR.search(plain):
                piece = plain
        found = list(numbers_in(piece, is_answer=True))
        if rounded := _ROUNDED.search(leading(_SENTENCE, text).group(), first.end, first.end + _ROUNDED_WITHIN):
            return next(numbers_in(text[rounded.end() :], is_answer=True), first)
        if len(found) > 1 and "=" not in piece and _OPERATOR.search(piece):
            result = _OR.search(piece) or (_RESULT.match(text, remark.start()) if remark else None)
            number = next(numbers_in(text[result.end() :], is_answer=True), None) if result else None
            if result and number and leading(_LEAD, text, result.end()).end() >= result.end() + number.start:
                return number
        return _of_calculation(piece, found)
    if _BOUND.match(text):
        return None
    sentence = leading(_SENTENCE, text).group()
    found = list(numbers_in(sentence, is_answer=True))
    if not found or "," in re.sub(r"\d,\d", "", sentence[: found[0].start]):
        return None
    if "=" in sentence:
        return _of_calculation(sentence, found)
    for concludes in _CONCLUDES.finditer(sentence):
        found = [number for number in found if number.start >= concludes.end()] or found
    return found[0]


def _of_calculation(text: str, found: list[Number]) -> Number:
    """The result of a calculation: the one number behind the last "=" that has one alone; else the first number
    behind the only "=" where a calculation stands before it; else the first of all."""
    if "=" not in text or not _OPERATOR.search(text):
        return found[0]
    starts, end = [number.start for number in found], len(text)
    while end >= 0:
        start = text.rfind("=", 0, end) + 1
        first, after = bisect_left(starts, start), bisect_left(starts, end)
        if after - first == 1:
            return found[first]
        end = start - 1
    calculation, _, _ = text.partition("=")
    first = bisect_left(starts, len(calculation) + 1)
    if text.count("=") == 1 and len(text) < _SHORT and first < len(found) and _OPERATOR.search(calculation):
        # "6 * 7 = 42 eggs in 6 boxes"
        return found[first]
    return found[0]
