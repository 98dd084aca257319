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
        except (ValueError, KeyError, TypeError):
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
    return f"undecided ({_about(needed)} questions would decide)"


def _about(number: float) -> str:
    """A whole number below 1,000, and two significant digits above it."""
    digits = max(0, len(str(int(number))) - 2) if number >= 1000 else 0
    return f"{round(int(number), -digits):,}" if number < 1e6 else "over a million"


def percent(value: float, sign: bool = False) -> str:
    """A share of 1 in %, to one digit."""
    # Rounded first and then added to 0, so that no -0.0 is shown.
    shown = round(100 * value, 1) + 0.0
    return f"{shown:+.1f}" if sign else f"{shown:.1f}"
