"""Answers of models that are asked for a program (prompt style `program`): the program is run, and what it
prints is the answer."""

import logging
import re
from collections.abc import Sequence

from slmmux.benchmarks.program_runs import in_parallel
from slmmux.benchmarks.thoughts import without_thoughts
from slmmux.sandbox import Limits, Outcome, run_python

log = logging.getLogger(__name__)

# Far beyond the hundredth of a second that such a program takes. One that passes them is run again, alone, and counted
# where that does not help, since a limit of time says something about the machine too.
LIMITS = Limits(cpu_seconds=4, wall_seconds=120.0, output_bytes=10_000)
# Significant digits of a printed decimal that are kept: the rest is what floating-point arithmetic adds.
DIGITS = 10

_BLOCK = re.compile(r"```[ \t]*(?:python3?|py)?[ \t]*\n(.*?)(?:\n[ \t]*```|\Z)", re.DOTALL | re.IGNORECASE)
_DECIMAL = re.compile(r"(?<![\d.])[-+]?\d*+\.\d+(?:[eE][-+]?\d+)?")


def read_code(response: str) -> str | None:
    """The program of a response, thoughts left out: its last code block that prints, else the last one, else the
    whole text; None where that is empty. A block that is not closed ends with the response."""
    said = without_thoughts(response) or ""
    blocks = _BLOCK.findall(said) or [said]
    code = next((block for block in reversed(blocks) if "print" in block), blocks[-1])
    return code if code.strip() else None


def printed_answer(output: str) -> str | None:
    """What a program's output states: its last line that is not blank, with decimals rounded to DIGITS; None
    without such a line.

    >>> printed_answer("step 1\\n6.300000000000001\\n")
    '6.3'
    """
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    if not lines:
        return None
    return _DECIMAL.sub(lambda number: _rounded(number.group()), lines[-1])


def _rounded(number: str) -> str:
    """A decimal with DIGITS significant digits and no exponent; a number too large for that stays as it is."""
    text = f"{float(number):.{DIGITS}g}"
    return number if "e" in text or "inf" in text else text


def stated_responses(responses: Sequence[str]) -> list[str]:
    """For every response the sentence that its program's output makes of it, as a benchmark reads it; empty where
    there is no program, or where it failed, ran past its limits or printed nothing. Equal programs run once."""
    codes = [read_code(response) for response in responses]
    different = list(dict.fromkeys(code for code in codes if code is not None))
    outcomes = dict(zip(different, in_parallel(_outcome, different)))
    outcomes |= {code: _outcome(code) for code, outcome in outcomes.items() if outcome.status == "limit"}
    limited = sum(outcome.status == "limit" for outcome in outcomes.values())
    if limited:
        log.warning(
            "%d of %d programs passed a limit of time or output twice; they have no answer", limited, len(different)
        )
    said = {code: _stated(outcome) for code, outcome in outcomes.items()}
    return [said[code] if code is not None else "" for code in codes]


def _outcome(code: str) -> Outcome:
    return run_python(code, LIMITS)


def _stated(outcome: Outcome) -> str:
    answer = printed_answer(outcome.output) if outcome.status == "finished" else None
    return f"The answer is {answer}" if answer is not None else ""
