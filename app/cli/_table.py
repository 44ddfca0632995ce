"""Lists for people to read: aligned columns under a heading, two blanks apart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import click


def table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under their heading; the last column is not filled up."""
    lines = [[one.upper() for one in heading], *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heading) - 1)]
    for line in lines:
        filled = [cell.ljust(width) for cell, width in zip(line, widths, strict=False)]
        click.echo("  ".join([*filled, line[-1]]))


def moment(when: datetime | None, otherwise: str = "never") -> str:
    """A time as the command line shows it: to the minute, in UTC."""
    return otherwise if when is None else f"{when.astimezone(UTC):%Y-%m-%d %H:%M}Z"


def cell(value: object) -> str:
    """One cell: a list in one line, and a dash where there is nothing."""
    return ", ".join(map(str, value)) if isinstance(value, list) and value else str(value or "-")
