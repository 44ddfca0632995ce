"""The schema's scalars. What a plan has already written as JSON passes through them unchanged."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal as PythonDecimal
from typing import Any, NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

from app.errors import InvalidInput

INTEGER = re.compile(r"-?[0-9]{1,18}")  # what PostgreSQL's bigint holds
DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")

BigInt = NewType("BigInt", int)
Decimal = NewType("Decimal", PythonDecimal)
JSON = NewType("JSON", object)


def write_moment(value: datetime | str) -> str:
    """RFC 3339 in UTC with microseconds, as plans write it too."""
    if isinstance(value, str):
        return value
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read_moment(value: Any) -> datetime:
    """Read RFC 3339; a moment without an offset is refused.

    Raises: InvalidInput.
    """
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass
    raise InvalidInput("Write a DateTime as text with its offset, as in 2026-11-03T09:00:00Z.")


def read_integer(value: Any) -> int:
    """Read a whole number from text (or from a JSON number).

    Raises: InvalidInput.
    """
    text = str(value) if type(value) is int else value
    if not isinstance(text, str) or not INTEGER.fullmatch(text):
        raise InvalidInput('Write a BigInt as text of at most 18 digits, as in "250000".')
    return int(text)


def read_decimal(value: Any) -> PythonDecimal:
    """Read an exact number from text.

    Raises: InvalidInput.
    """
    if not isinstance(value, str) or not DECIMAL.fullmatch(value):
        raise InvalidInput('Write a Decimal as text, as in "98.2216".')
    return PythonDecimal(value)


def _same(value: Any) -> Any:
    return value


def _scalar(name: str, description: str, write: Any, read: Any) -> ScalarDefinition:
    return strawberry.scalar(name=name, description=description, serialize=write, parse_value=read)


SCALARS: dict[object, ScalarDefinition] = {
    BigInt: _scalar(
        "BigInt",
        "Whole minor units of any size, serialised as a string: GraphQL's Int ends at 2 147 483 647.",
        str,
        read_integer,
    ),
    datetime: _scalar(
        "DateTime", "RFC 3339, always with an offset, always UTC on output.", write_moment, read_moment
    ),
    Decimal: _scalar("Decimal", "An exact decimal number in a string.", str, read_decimal),
    JSON: _scalar("JSON", "Any JSON value, as it was stored.", _same, _same),
}
