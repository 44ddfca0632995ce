"""Reads JSON that others wrote, with patience: what is absent or odd is None or empty, never an exception."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec


def parsed(body: bytes) -> Any:
    """Decode a JSON body; None when it is none. U+0000, which PostgreSQL's text cannot hold, is replaced."""
    try:
        return msgspec.json.decode(body.replace(rb"\u0000", rb"\ufffd"))
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None


def mapping(value: Any) -> Mapping[str, Any]:
    """Take what should be an object."""
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> Sequence[Mapping[str, Any]]:
    """Take the objects from what should be a list of them."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def text(value: Any) -> str | None:
    """Take what should be a text; an empty one is none."""
    return value if isinstance(value, str) and value else None


def number(value: Any) -> int | None:
    """Take what should be a whole number."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def moment(value: Any) -> datetime | None:
    """Take what should be an ISO 8601 time, in UTC; without a zone it is taken as UTC."""
    try:
        read = datetime.fromisoformat(value)
        return read.replace(tzinfo=read.tzinfo or UTC).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
