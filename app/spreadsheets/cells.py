"""One cell from Python's values. A value of another type than its column's is a defect, and rises."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from app.spreadsheets.columns import Column, Kind, Money
from app.spreadsheets.guard import guarded

# ISO 4217 has at most 4, and cryptocurrencies are not money here.
MOST_DIGITS = 6
# PostgreSQL holds neither, a file in UTF-8 no surrogate, and some readers end a cell at NUL.
_UNWRITABLE = re.compile("[\0\ud800-\udfff]")
REPLACEMENT = "\ufffd"


def cells(column: Column, value: object) -> list[str]:
    """Write the cells of one column; None is an empty cell, which is not the empty text `""`.

    Raises: TypeError when the value is not of the column's kind.
    """
    if value is None:
        return ["" for _ in column.headings]
    type_, write = _WRITERS[column.kind]
    if not isinstance(value, type_) or column.kind is not _ONLY_IN.get(type(value), column.kind):
        raise TypeError(f"{column.name}: a column of {column.kind} holds no {type(value).__name__}")
    return write(value)


def text(value: str) -> str:
    """Write a cell of text: guarded, and always in quotes."""
    written = guarded(_UNWRITABLE.sub(REPLACEMENT, value))
    return '"' + written.replace('"', '""') + '"'


def _decimal(value: Decimal) -> str:
    return f"{value.copy_abs() if value.is_zero() else value:f}"  # PostgreSQL knows no negative zero


def _time(value: datetime) -> str:
    if value.tzinfo is None:
        raise TypeError("a moment without a time zone")
    return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def _money(value: Money) -> list[str]:
    if not 0 <= value.digits <= MOST_DIGITS:
        raise TypeError(f"money with {value.digits} digits")
    sign, whole = "-" if value.minor < 0 else "", f"{abs(value.minor):0{value.digits + 1}d}"
    point = len(whole) - value.digits
    exact = f"{whole[:point]}.{whole[point:]}" if value.digits else whole
    return [sign + exact, f"{value.minor:d}"]


# Python counts a yes among the numbers, and a moment among the dates.
_ONLY_IN = {bool: Kind.BOOLEAN, datetime: Kind.TIME}
_WRITERS: dict[Kind, tuple[type, Callable[[Any], list[str]]]] = {
    Kind.TEXT: (str, lambda value: [text(value)]),
    Kind.INTEGER: (int, lambda value: [f"{value:d}"]),
    Kind.DECIMAL: (Decimal, lambda value: [_decimal(value)]),
    Kind.TIME: (datetime, lambda value: [_time(value)]),
    Kind.DATE: (date, lambda value: [value.isoformat()]),
    Kind.MONEY: (Money, _money),
    Kind.BOOLEAN: (bool, lambda value: ["true" if value else "false"]),
}
