"""What is new in a message beside the one before, line by line."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Change = Literal["same", "gone", "new"]
CHANGES: dict[str, Change] = {"  ": "same", "- ": "gone", "+ ": "new"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of either."""

    change: Change
    text: str


def between(before: str, after: str) -> list[Line]:
    """Compare two texts; lines that are blank in both are left out."""
    return list(_lines(before.splitlines(), after.splitlines()))


def _lines(before: list[str], after: list[str]) -> Iterator[Line]:
    for line in difflib.ndiff(before, after):
        change, text = CHANGES.get(line[:2]), line[2:]
        if change is not None and text.strip():
            yield Line(change, text)
