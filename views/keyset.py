"""Lists whose newest rows are live and whose older ones stay as they were read, above and below a border.

A border is the key of a row, and no cursor: the row itself may have left the list meanwhile.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from views.times import moment

Row = Mapping[str, Any]
Key = tuple[datetime, int]
MOST = 1000


def key(row: Row) -> Key:
    """What lists are ordered by: the time, then the number."""
    at = row["occurredAt"] if "occurredAt" in row else row["triggeredAt"]
    number = row["number"] if "number" in row else row["id"].rpartition("_")[2]
    return moment(at), int(number)


def border(rows: list[Row]) -> str:
    """The last row's key, for an address; nothing for an empty list."""
    if not rows:
        return ""
    at, number = key(rows[-1])
    return f"{at.isoformat()}~{number}"


def read_border(text: str) -> Key | None:
    """A border from an address; None for what is none."""
    at, _, number = text.partition("~")
    try:
        found = datetime.fromisoformat(at), int(number)
    except ValueError:
        return None
    return found if found[0].tzinfo else None


async def above(lowest: Key, first: Row, following: Callable[[str], Awaitable[Row]]) -> list[Row]:
    """All rows down to a border, however many have come in since it was drawn."""
    page, rows = first, list(first["nodes"])
    while rows and key(rows[-1]) > lowest and page["pageInfo"]["hasNextPage"] and len(rows) < MOST:
        page = await following(page["pageInfo"]["endCursor"])
        rows += page["nodes"]
    return [row for row in rows if key(row) >= lowest]
