"""What changed lately, for browsers while Redis is away: asked once a second then, and never else."""

from __future__ import annotations

from app.errors import Unavailable
from app.storage.engine import Database

# Ids are given out before commits, so a late commit may have a smaller id than one already seen.
OVERLAP = 100
NEWER = "select max(id), array_agg(distinct incident_id) from incident_event where id > $1"


class Recent:
    """Remembers how far it has looked. It may name something twice, never leave it out."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: int | None = None

    async def topics(self) -> list[str]:
        """Name what has changed since the last time, as far as the database can be asked."""
        try:
            async with self._database.reading() as connection:
                if self._seen is None:
                    self._seen = await connection.fetchval("select coalesce(max(id), 0) from incident_event")
                newest, incidents = await connection.fetchrow(NEWER, max(0, self._seen - OVERLAP))
        except Unavailable:
            return []
        if newest is None or newest == self._seen:
            return []
        self._seen = newest
        return ["incidents", "activity", *(f"incident:{number}" for number in incidents)]
