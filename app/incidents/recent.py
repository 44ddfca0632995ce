"""What changed lately, for browsers while Redis is away: asked once a second then, and never else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.errors import Unavailable
from app.storage.engine import Database

# Ids are given out before commits, so an entry may appear below the newest that was seen.
OVERLAP = 100
MANY = 1000
EVERYTHING = "*"
NEWEST = "select coalesce(max(id), 0) from incident_event"
ABOVE = "select id, incident_id from incident_event where id > $1 order by id limit $2"


class Recent:
    """Remembers what it has seen. It may name something twice, never leave it out.

    So many changes that `many` entries do not hold them are not named one by one.
    """

    def __init__(self, database: Database, *, many: int = MANY) -> None:
        self._database = database
        self._many = many
        self._floor: int | None = None
        self._seen: set[int] = set()

    async def topics(self) -> list[str]:
        """Name what has changed since the last time; at first, and after very much, `*` for everything.

        While the database does not answer there is nothing to tell.
        """
        is_first = self._floor is None
        try:
            rows = await self._look()
        except Unavailable:
            return []
        changed = self._note(rows)
        if len(rows) == self._many:
            self._floor = None
        if is_first or self._floor is None:
            return [EVERYTHING]
        return ["incidents", "activity", *(f"incident:{one}" for one in changed)] if changed else []

    async def _look(self) -> Sequence[Any]:
        async with self._database.reading() as connection:
            if self._floor is None:
                self._floor = max(0, await connection.fetchval(NEWEST) - OVERLAP)
            rows: Sequence[Any] = await connection.fetch(ABOVE, self._floor, self._many)
            return rows

    def _note(self, rows: Sequence[Any]) -> list[int]:
        changed = sorted({row["incident_id"] for row in rows if row["id"] not in self._seen})
        self._seen = {row["id"] for row in rows}
        if rows:
            self._floor = max(0, rows[-1]["id"] - OVERLAP)
        return changed
