"""Samples without a text: they are kept as what they are, counted, and warned about."""

import logging
from collections import Counter
from collections.abc import Sequence
from typing import Any

log = logging.getLogger(__name__)


def kind_of_empty(row: dict[str, Any]) -> str | None:
    """Why a sample has no text, or None where it has one."""
    if row["response"].strip():
        return None
    if row["finish_reason"] == "content_filter":
        return "filtered by the server"
    if (row["reasoning"] or "").strip():
        return "reasoning without an answer"
    return "cut off before an answer" if row["finish_reason"] == "length" else "empty"


def warn_of_empty(what: str, rows: Sequence[dict[str, Any]]) -> None:
    """One warning with the number, share and kinds of the samples without a text; nothing where there are none."""
    kinds = Counter(kind for row in rows if (kind := kind_of_empty(row)) is not None)
    if kinds:
        named = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        count = kinds.total()
        share = f"{count} of {len(rows)} samples ({count / len(rows):.1%})"
        log.warning("%s: %s have no text: %s", what, share, named)
