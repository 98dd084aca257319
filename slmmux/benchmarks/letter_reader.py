r"""The letter a response answers a multiple-choice question with, as in gpqa."""

import re

from slmmux.benchmarks.answer_reader import boxes, is_condition, said, statements
from slmmux.benchmarks.turns import end_of_answer

# What may stand before a letter: white space, quotes, brackets, marks of Markdown and LaTeX.
_OPEN = (
    r"(?:[\s*_`$(\[{:<\"']|\\[(\[]"
    r"|\\(?:text|textrm|textbf|textsf|textit|emph|mathrm|mathbf|mathsf|mathit|bf|rm|boxed)\b\s?\{?)*+"
)
_NOUN = r"(?:(?:the\s)?(?:correct\s|right\s|best\s)?(?:option|choice|letter|answer|alternative)\b(?:\sis\b)?\s?)?"
# A letter is none where a formula goes on, nor "A" where it is an article; in brackets it is one in any case.
_GOES_ON = r"(?![\w'-]|\s?(?:[=+/^_<>&]|\\(?!\)|\]|,|;|\s|text|quad))|\s\*\s|\*\w|\s-\d)"
_ARTICLE = (
    r"(?!(?<=A)\s(?!because\b|since\b|as\b|and\b|is\b|due\b|which\b|for\b|with\b|but\b|in\b|on\b|by\b|after\b|-)[a-z])"
)
# "A or B", "A and B": none of them is chosen. But "B and A is wrong".
_ALONE = (
    r"(?!\)?\s(?:or|and|nor)\s(?:option\s|choice\s)?\(?[A-D]\b(?!\)?\s(?:is|are|was)\b))"
    r"(?!\)?,\s\(?[A-D]\)?(?:,|\s(?:or|and)\b))"
)
_LETTER = (
    rf"(?:(?<=[(\[\"'<])(?P<bracketed>[A-Da-d])(?=[)\]\"'>]){_ALONE}"
    rf"|(?P<upper>[A-D]){_GOES_ON}{_ALONE}{_ARTICLE}|(?P<lower>[b-d])[.)]?\s*+$)"
)
_CHOICE = re.compile(rf"{_OPEN}(?i:{_NOUN}){_OPEN}{_LETTER}")
_IN_SENTENCE = re.compile(
    r"(?<!not )(?:\(([A-D])\)|\bwhich\sis\s(?:option\s|choice\s|letter\s)?([A-D])\b(?!\s?=)|(?<![A-D]),\s([A-D])$)"
)
_SENTENCE_END = re.compile(r"[.!?](?=\s|$)|\n")

_LONE = r"(?<![\w'(-])(?<!\bor\s)(?<!\bnor\s)\(?(?P<letter>[A-D])\)?"
_IS = (
    r"(?:(?:is|(?:must|should|would|will)\sbe)\s(?:(?:therefore|thus|clearly|indeed|probably|likely|most\slikely|the)\s){0,3}"
    r"|(?:seems|appears|looks)\s(?:to\sbe\s)?(?:the\s)?(?:most\s)?)"
)
# "Only B fits": of what is said of a choice.
_FITS = (
    r"(?:satisf|fit|match|meet|agree|hold|works?\b|remain|makes?\ssense"
    r"|is\s(?:consistent|correct|right|possible|valid|true))"
)
_CHOSEN = re.compile(
    rf"(?P<chosen>(?<!not\s)(?<!n't\s)(?<!never\s)\b(?:[cC]hoose|chose|choosing|[pP]ick|[sS]elect|selecting|opt\sfor|go(?:ing)?\swith)\s"
    r"|\b(?i:choice|option|selection|pick|guess|letter)[\"']?\s?(?:is|would\sbe|should\sbe|must\sbe|:)\s"
    r"(?:(?:therefore|thus|then|indeed|clearly|probably|likely)\s)?"
    rf"|(?i:\bnot\s(?:option\s|choice\s)?)[(*]{{0,3}}[A-D][)*]{{0,3}},?\s(?:but|rather)\s(?:rather\s)?)"
    rf"|(?:{_LONE}|\b(?i:option|choice)\s\(?(?P<lower>[a-d])\)?)\s{_IS}"
    r"(?:correct|right|best|answer|closest|most\s(?:likely|plausible|accurate|appropriate))\b"
    r"(?!\s(?:if|only|when|about|to|in\sthat))"
    r"|(?:\((?P<with_text>[A-D])\)|(?<![\w'(-])(?P<marked>[A-D])(?:[).:]|(?=\s\()))\s"
    r"(?:(?!\b(?:is|are|was|but|and|while|then)\b)[^.!?,;\n]|\.\d){1,60}?\s"
    r"(?:is\s(?:the\s)?(?:correct|right|best)\b|matches\b|fits\b)"
    r"|(?:^|[.,;:]\s|\b(?i:option|choice|so|thus|therefore|hence|that)\s)\(?(?P<only_one>[A-D])\)?\sis\sthe\sonly\s"
    r"(?:correct\s|right\s|possible\s|valid\s)?(?:one|option|choice|answer|candidate)\b"
    rf"|\b(?i:only)\s(?:(?i:option|choice|answer|statement)\s)?(?:\((?P<only_bracketed>[A-D])\)\s(?:[a-z]+s|can|could|would|must)\b"
    rf"|(?P<only_bare>[A-D])\s{_FITS})",
    re.MULTILINE,
)
_MENTIONED = re.compile(rf"(?i:answer|\bans\b\.?|option|choice)-?{_OPEN}(?P<upper>[A-D]){_GOES_ON}{_ALONE}{_ARTICLE}")
# "Option C ignores the spin": what is said of a choice may be against it.
_SAID_OF = re.compile(rf"\)?\s(?!{_FITS}|is\b|as\b|this\b|plus\b)[a-z]+s\b|\)?\s(?:is|was)\b")
# A letter that a sentence ends with, as "it must be B" and "this corresponds to (B)".
_POINTED = re.compile(
    r"(?:\b(?i:it|this|that)(?:\s(?:is|must\sbe|should\sbe|has\sto\sbe|would\sbe|can\sonly\sbe)|'s)"
    r"(?:\s(?:probably|likely|most\slikely|definitely|clearly|therefore|thus|indeed))?"
    r"|\b(?:correspond(?:s|ing)\sto(?:\s(?:option|choice))?|matches|agrees\swith|points\sto|leads\sto|consistent\swith|closest\sto|nearest\sto)"
    r"|\b(?:leaves|leaving|left\swith)(?:\sus\swith)?(?:\sonly|\sjust)?|\b(?i:(?:process\sof\s)?elimination),?"
    r"|\b(?:would|'d|will)\s(?:say|answer)"
    r"|(?i:\b(?:correct|right|true|incorrect|false|wrong)\s[a-z]{2,20}\sis|\bthe\sexception\sis)"
    r"|(?i:\b(?:option|choice|statement)\s(?:that|which|among|of|from)\s[^.!?\n]{1,60}?\sis)"
    r"|(?i:\b(?:solution|correct|final)\s?:)|\b(?:is|are|be)(?=\s\([A-D]\))"
    rf"|(?:^|[.!?]\s)(?i:so|thus|hence|therefore|probably|likely),?){_OPEN}(?P<letter>[A-D])(?=[)*_`\"'\]}}$]{{0,4}}(?:[.,;!](?!\w)|$))",
    re.MULTILINE,
)
_LINE = re.compile(
    rf"(?:(?:so|thus|therefore|hence)\b,?)?{_OPEN}(?:(?:letter|option|choice)\s)?{_OPEN}([A-D])[\s*_`$)\]}}.:\"'\\]*",
    re.IGNORECASE,
)
_MARKED_LINE = re.compile(
    r"(?:[\s*(#>=-]|\\(?:to|Rightarrow)\s){0,8}(?:(?P<marked>[A-Da-d])(?:\s?[).:]|\s-)(?=\s|$)"
    r"(?!\s(?:is|was|are)(?:\snot|n't|\s(?:in|un)[a-z]|\s(?:wrong|false))|[^\n]*\([A-D]\))|(?P<alone>[A-D])\s*$)"
)
_BOXED = re.compile(
    rf"{_OPEN}(?i:{_NOUN}){_OPEN}([A-Da-d])"
    # A letter alone, or with its bracket or dot and a text.
    r"(?:[\s*$)\]}.:\"'\\]*|[)\]}]*(?:[).:]|\}|\\text\{\s?[).:])[)\]}]*(?:[\s~]|\\[a-z ,;:]).*)",
    re.DOTALL,
)


def read_letter(response: str) -> str | None:
    r"""The letter a response answers with, or None.

    The first of these that is there: the last box that holds a letter alone or a letter with its choice's text;
    the last that is stated or chosen ("the answer is", "I choose", "B is correct"); the last that a sentence ends
    with ("it must be B"); the last line that is a letter alone; the letter that the last line starts with, as in
    "C) 40 m/s", where no other line starts with another; the letter after the last "answer", "option" or "choice"; the
    one letter that lines start with (None where lines start with several, as in a copy of the question).
    """
    text = said(response)
    boxed = [(box.start, m.group(1)) for box in boxes(text) if (m := _BOXED.fullmatch(box.text))]
    stated = [(s.start, letter) for s in statements(text) if (letter := _stated(s.text))]
    stated = sorted(stated + _chosen(text))
    pointed = [(m.start(), m["letter"]) for m in _POINTED.finditer(text) if not is_condition(text, m.start())]
    mentions = list(_MENTIONED.finditer(text))
    if len({m["upper"] for m in mentions}) > 1:
        mentions = [m for m in mentions if not _SAID_OF.match(text, m.end())]
    mentioned = [(m.start(), m["upper"]) for m in mentions]
    starts = (start for found in (boxed, stated, pointed, mentioned) for start, _ in found)
    end = end_of_answer(text, starts, lambda line: bool(_LINE.fullmatch(line) or _MARKED_LINE.match(line)))
    for found in (boxed, stated, pointed):
        if kept := [letter for start, letter in found if start < end]:
            return kept[-1].upper()
    lines = text[:end].rstrip().splitlines()
    alone = [m.group(1) for line in lines if len(line) < 100 and (m := _LINE.fullmatch(line.strip()))]
    # "a" and "I" are words; a whole response that is one letter is none.
    if alone := [letter for letter in alone if letter.isupper() or letter != "a" or text.strip() == "a"]:
        return alone[-1].upper()
    marked = {(m["marked"] or m["alone"]).upper() for line in lines if (m := _MARKED_LINE.match(line))}
    ends_marked = bool(lines) and _MARKED_LINE.match(lines[-1])
    kept = [letter for start, letter in mentioned if start < end]
    if kept and not (len(marked) == 1 and ends_marked):
        return kept[-1]
    if len(marked) == 1:
        return marked.pop()
    # "All of the above (D)"
    bracketed = re.findall(r"\(([A-D])\)", lines[-1]) if lines and not marked else []
    return bracketed[0] if len(bracketed) == 1 and re.search(r"\w[^()]*\([A-D]\)[.!]?\s*$", lines[-1]) else None


def _stated(text: str) -> str | None:
    """The letter that follows an announcement at once, else one in brackets in the rest of its sentence."""
    if match := _CHOICE.match(text):
        return match["bracketed"] or match["upper"] or match["lower"]
    end = _SENTENCE_END.search(text)
    match = _IN_SENTENCE.search(text[: end.start()] if end else text)
    return next(filter(None, match.groups())) if match else None


def _chosen(text: str) -> list[tuple[int, str]]:
    found = []
    for match in _CHOSEN.finditer(text):
        if is_condition(text, match.start()):
            continue
        if match["chosen"] is None:
            found.append((match.start(), next(filter(None, match.groups()))))
        elif choice := _CHOICE.match(text[match.end() : match.end() + 80].partition("\n")[0]):
            found.append((match.start(), choice["bracketed"] or choice["upper"] or choice["lower"]))
    return found
