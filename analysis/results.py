"""Reading result files, and writing their numbers as text: what figures and pages share."""

import json
from collections.abc import Sequence
from math import isfinite
from pathlib import Path

import pandas as pd

from slmmux.errors import InputError


def read_results(results: Path, benchmarks: list[str]) -> dict[str, dict]:
    """benchmark → its methods.json. Raises InputError where one is missing or broken."""
    found = {}
    for name in benchmarks:
        path = results / name / "methods.json"
        try:
            found[name] = json.loads(path.read_text(encoding="utf-8"))
            found[name]["methods"]["slm_mux"]["accuracy"]
        except FileNotFoundError:
            raise InputError(f"{path}: no such file; run `dvc repro`") from None
        except (ValueError, KeyError, TypeError, RecursionError):
            raise InputError(
                f"{path}: not a result of `slmmux compare` or `slmmux compare_discussions`; run `dvc repro`"
            ) from None
    return found


def read_tables(folder: Path, benchmarks: Sequence[str], names: Sequence[str]) -> dict[str, dict[str, pd.DataFrame]]:
    """benchmark → table name → table. Raises InputError where one is missing or is no table."""
    found: dict[str, dict[str, pd.DataFrame]] = {}
    for benchmark in benchmarks:
        found[benchmark] = {}
        for name in names:
            path = folder / benchmark / f"{name}.csv"
            try:
                found[benchmark][name] = pd.read_csv(path)
            except FileNotFoundError:
                raise InputError(f"{path}: no such file; run `dvc repro`") from None
            except ValueError:
                raise InputError(f"{path}: not a table of this study; run `dvc repro`") from None
    return found


def verdict(low: float, high: float) -> str:
    """What an interval of a difference says about its sign."""
    return "above" if low > 0 else "below" if high < 0 else "undecided"


def decision(low: float, high: float, needed: float | None, questions: int) -> str:
    """The verdict, and where it is undecided how many questions would decide a true difference of the size measured.

    needed: that number; None or NaN where no number would, since the difference is 0. It is not said where it is at
    most the number of `questions` measured: near the limit the interval and the formula differ a little.
    """
    said = verdict(low, high)
    if low == high == 0:
        return "equal"
    if said != "undecided" or needed is None or not isfinite(needed) or needed <= questions:
        return said
    return f"undecided ({about(needed)} questions would decide)"


def about(number: float) -> str:
    """A whole number below 1,000, and two significant digits above it."""
    digits = max(0, len(str(int(number))) - 2) if number >= 1000 else 0
    return f"{round(int(number), -digits):,}" if number < 1e6 else "over a million"


def single_model_points(front: pd.DataFrame) -> tuple[int, int]:
    """How many points of a Pareto front draw samples of one model alone, and how many points there are.

    front: a search's front.csv; the columns before `accuracy` are the models' numbers of samples.
    """
    budgets = front[list(front.columns[: front.columns.get_loc("accuracy")])]
    return int(((budgets > 0).sum(axis=1) == 1).sum()), len(front)


def percent(value: float, sign: bool = False, digits: int = 1) -> str:
    """A share of 1 in %, rounded to that many digits."""
    # Rounded first and then added to 0, so that no -0.0 is shown.
    shown = round(100 * value, digits) + 0.0
    return f"{shown:{'+' if sign else ''}.{digits}f}"


def with_interval(difference: float, low: float, high: float, digits: int = 1) -> str:
    """A difference of shares of 1 in points, signed, with its interval: "+1.2 [+0.1, +2.4]"."""
    shown, *limits = (percent(value, True, digits) for value in (difference, low, high))
    return f"{shown} [{', '.join(limits)}]"


def folded(title: str, *parts: str) -> list[str]:
    """Lines of Markdown: a section that is closed until it is clicked."""
    return [f"<details><summary>{title}</summary>", "", *parts, "", "</details>", ""]
