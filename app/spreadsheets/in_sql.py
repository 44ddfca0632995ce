"""One cell as an expression of SQL, which writes what `cells` writes, byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Numeric,
    Text,
    case,
    cast,
    func,
    literal,
    literal_column,
    or_,
)

from app.spreadsheets.cells import MOST_DIGITS
from app.spreadsheets.columns import Column, Kind
from app.spreadsheets.guard import MARK, PATTERN

# Multiplied and not divided: 7000 * 0.01 is 70.00, exact and with its digits.
_UNITS = {digits: f"{10**-digits:.{digits}f}" for digits in range(MOST_DIGITS + 1)}

_SMALL, _DIGITS, _CAPITAL = ((ord(one), ord(other)) for one, other in ("az", "09", "AZ"))


def cells(column: Column, rows: FromClause) -> Iterator[ColumnElement[str]]:
    """The expressions of one column over the rows of a statement, each with its heading as its name.

    One of money reads `amount_minor` and `amount_digits`.
    """
    if column.kind is Kind.MONEY:
        minor, digits = rows.c[f"{column.name}_minor"], rows.c[f"{column.name}_digits"]
        written: list[ColumnElement[str]] = [cast(_exact(minor, digits), Text), cast(minor, Text)]
    else:
        written = [_WRITERS[column.kind](rows.c[column.name])]
    for heading, cell in zip(column.headings, written, strict=True):
        yield cell.label(heading)


def _exact(minor: ColumnElement[int], digits: ColumnElement[int]) -> ColumnElement[Any]:
    units = {number: literal_column(unit, Numeric) for number, unit in _UNITS.items()}
    # Other digits divide by zero: a copy that fails is better than one that leaves amounts out.
    return minor * case(units, value=digits, else_=literal_column("1", Numeric) / (digits - digits))


def _text(value: ColumnElement[Any]) -> ColumnElement[str]:
    words = cast(value, Text)
    first = func.ascii(words)
    # Most texts begin with a letter or a digit. Looking for that first costs a fifth of the pattern.
    harmless = or_(first.between(*_SMALL), first.between(*_DIGITS), first.between(*_CAPITAL))
    formula = words.regexp_match(literal(PATTERN))
    return case((harmless, words), (formula, literal(MARK) + words), else_=words)


def _date(value: ColumnElement[Any]) -> ColumnElement[str]:
    return func.to_char(value, "YYYY-MM-DD", type_=Text)


def _time(value: ColumnElement[Any]) -> ColumnElement[str]:
    return func.to_char(func.timezone("UTC", value), 'YYYY-MM-DD"T"HH24:MI:SS"Z"', type_=Text)


def _plain(value: ColumnElement[Any]) -> ColumnElement[str]:
    return cast(value, Text)


_WRITERS: dict[Kind, Callable[[ColumnElement[Any]], ColumnElement[str]]] = {
    Kind.TEXT: _text,
    Kind.INTEGER: _plain,
    Kind.DECIMAL: _plain,
    Kind.TIME: _time,
    Kind.DATE: _date,
    Kind.BOOLEAN: _plain,
}
