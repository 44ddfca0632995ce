"""The schema's scalars. What a plan has already written as JSON passes through them unchanged."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal as PythonDecimal
from decimal import InvalidOperation
from typing import Any, NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

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

    Raises: ValueError.
    """
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no DateTime: write it as text, as in 2026-11-03T09:00:00Z.")
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(f"{value!r} has no offset: end it with Z or +01:00.")
    return moment.astimezone(UTC)


def read_integer(value: Any) -> int:
    """Read a whole number from text (or from a JSON number).

    Raises: ValueError.
    """
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(f"{value!r} is no BigInt: write it as text.")
    return int(value)


def read_decimal(value: Any) -> PythonDecimal:
    """Read an exact number from text.

    Raises: ValueError.
    """
    try:
        return PythonDecimal(value if isinstance(value, str) else "-")
    except InvalidOperation as error:
        raise ValueError(f"{value!r} is no Decimal: write it as text, as in 98.2216.") from error


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
