"""Patterns that match everywhere, if only the empty text."""

import re
import sys


def leading(pattern: re.Pattern[str], text: str, start: int = 0, stop: int = sys.maxsize) -> re.Match[str]:
    """What the pattern matches at `start`. Raises ValueError where it does not match, so give it no such pattern."""
    found = pattern.match(text, start, stop)
    if found is None:
        raise ValueError(f"the pattern {pattern.pattern!r} does not match everywhere")
    return found
