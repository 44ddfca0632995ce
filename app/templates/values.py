"""The values that a text can hold: what they look like without more ado, and how large they may be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime
from decimal import Decimal
from types import UnionType
from typing import Any

from app.templates.rules import LONGEST_LIST, LONGEST_NUMBER, LONGEST_VALUE


def is_blank(value: object) -> bool:
    """Whether it is no value: nothing, or a text of nothing but blanks."""
    return value is None or (isinstance(value, str) and not value.strip())


def unfit(value: object) -> str | None:
    """Say why a value fits no text, or None when it does."""
    for kind, complain in _COMPLAINTS:
        if isinstance(value, kind):
            return complain(value)
    return "is of a kind that no text can hold"


def text_of(value: object) -> str:
    """Write a value as text.

    Raises: ValueError, which says what to do with a value that has none.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, date):
        day = day_of(value)
        return f"{day}, {time_of(value)}" if isinstance(value, datetime) else day
    if isinstance(value, bool):
        raise ValueError("is yes or no: ask for it with `if`")
    if isinstance(value, int | Decimal):
        return f"{value:f}" if isinstance(value, Decimal) else f"{value:d}"
    raise ValueError("is a list or a group of values: use `for`, `join`, or a dot and the name of a field")


def day_of(value: object) -> str:
    """Write the day of a date or, in UTC, of a moment. Raises: ValueError for anything else."""
    if not isinstance(value, date):
        raise ValueError("is no date")
    day = value.astimezone(UTC) if isinstance(value, datetime) else value
    return f"{day.day} {day:%B %Y}"


def time_of(value: object) -> str:
    """Write the time of day of a moment, in UTC. Raises: ValueError for anything else."""
    if not isinstance(value, datetime):
        raise ValueError("is no moment: it has no time of day")
    return f"{value.astimezone(UTC):%H:%M} UTC"


def _is_short(value: int | Decimal) -> bool:
    # Ten to the power of a million is five signs as a Decimal, and a million when it is written out.
    if isinstance(value, Decimal):
        _, digits, exponent = value.as_tuple()
        return isinstance(exponent, int) and len(digits) + abs(exponent) <= LONGEST_NUMBER  # NaN has none
    bound: int = 10**LONGEST_NUMBER
    return -bound < value < bound


def _unfit_moment(value: datetime) -> str | None:
    if value.tzinfo is None:
        return "is a moment without a time zone"
    # UTC may lie on the other side of the calendar's end.
    return None if MINYEAR < value.year < MAXYEAR else "is a moment that no calendar has"


_COMPLAINTS: tuple[tuple[type | UnionType, Callable[[Any], str | None]], ...] = (
    (str, lambda text: f"is longer than {LONGEST_VALUE:,} characters" if len(text) > LONGEST_VALUE else None),
    (
        list | tuple,
        lambda many: f"has more than {LONGEST_LIST} entries" if len(many) > LONGEST_LIST else None,
    ),
    (
        int | Decimal,
        lambda number: None if _is_short(number) else f"is no number of at most {LONGEST_NUMBER} digits",
    ),
    (datetime, _unfit_moment),
    (date | Mapping, lambda _: None),
)
