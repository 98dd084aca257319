r"""Grading as the paper's authors' released code does it: strings, compared after normalisation.

For a report of how many responses the two gradings judge differently; results never rest on it. Written
from what that code does, with its traps: the first \boxed{} of a response, a number pattern that stops at a
thousands separator, in references too, and no algebra.
"""

import re
from collections.abc import Sequence

from slmmux.benchmarks.question import Grade

_NUMBER = r"-?\d+(?:\.\d+)?"


def paper_grade(benchmark: str, reference: str, responses: Sequence[str]) -> list[Grade]:
    """A Grade a response, in order; its `answer` is the normalised string, None where nothing was read.

    benchmark: gsm8k, gsm_symbolic, math_500 or gpqa. reference: as in Question. Raises KeyError for another.
    """
    read = _READERS[benchmark]
    # References of GSM8K pass through the pattern that reads responses.
    if read is read_number:
        right = read_number(f"#### {reference}")
    else:
        right = normal_latex(reference) if read is read_box else reference
    answers = [read(response) for response in responses]
    return [Grade(answer or None, answer == right != "") for answer in answers]


def read_number(text: str) -> str:
    """The number after the last "####", else the last number; "" without one. "#### 1,234" is read as 1.

    A response to this project's prompt has no "####": of "The answer is 1,234." the last number is 234.
    """
    marked = re.findall(rf"####\s*({_NUMBER})", text)
    found = marked or re.findall(_NUMBER, text)
    if not found:
        return ""
    return re.sub(r"^0+", "", found[-1]) or "0"


def read_box(text: str) -> str:
    r"""The normalised content of the first \boxed{}; "" where there is none or it is not closed."""
    start = text.find(r"\boxed{")
    if start < 0:
        return ""
    depth = 0
    for end in range(start + len(r"\boxed"), len(text)):
        depth += (text[end] == "{") - (text[end] == "}")
        if depth == 0:
            return normal_latex(text[start + len(r"\boxed{") : end])
    return ""


def read_letter(text: str) -> str:
    """The letter after the first "answer", in either case (so "answer by" is B); else "## X ##"; else the first
    line that is a letter; else the last "(X)"; else the last capital A to D after a space; else ""."""
    if match := re.search(r"answer[^A-Za-z0-9]*([A-D])", text, re.IGNORECASE) or re.search(r"##\s*([A-D])\s*##", text):
        return match.group(1).upper()
    lines = [line.strip().upper() for line in text.splitlines()]
    candidates = [line for line in lines if line in ("A", "B", "C", "D")][:1]
    candidates = candidates or re.findall(r"\(([A-D])\)", text) or re.findall(r"\s([A-D])", text)
    return candidates[-1] if candidates else ""


def normal_latex(text: str) -> str:
    r"""A LaTeX answer without looks, units and percent signs; fractions and roots with braces; "x=5" as "5"."""
    text = text.strip()
    if word := re.search(r"^\\text\{(.+?)\}$", text):
        text = word.group(1).strip()
    text = text.replace("\n", "").replace(r"\!", "").replace(r"\\", "\\")
    text = text.replace("tfrac", "frac").replace("dfrac", "frac")
    for look in (r"\left", r"\right", r"^{\circ}", r"^\circ", r"\$"):
        text = text.replace(look, "")
    text = text.split(r"\text{")[0]
    text = text.replace(r"\%", "").replace("%", "").replace(" .", " 0.").replace("{.", "{0.")
    if text.startswith("."):
        text = f"0{text}"
    sides = text.split("=")
    if len(sides) == 2 and len(sides[0]) <= 2:
        text = sides[1]
    text = re.sub(r"\\sqrt([^{])", r"\\sqrt{\1}", text).replace(" ", "")
    text = re.sub(r"\\frac([^{])([^{])", r"\\frac{\1}{\2}", text)
    text = re.sub(r"\\frac([^{]){", r"\\frac{\1}{", text)
    if text == "0.5":
        return r"\frac{1}{2}"
    return re.sub(r"^(-?\d+)/(-?\d+)$", r"\\frac{\1}{\2}", text)


_READERS = {"gsm8k": read_number, "gsm_symbolic": read_number, "math_500": read_box, "gpqa": read_letter}
# The benchmarks that the released code grades.
STRING_GRADED = tuple(_READERS)
