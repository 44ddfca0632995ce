"""Whether another minute is over, for browsers while Redis is away: pages move by the minute then."""

from __future__ import annotations

from datetime import datetime

from app.activity.rules import SETTLES_WITHIN
from app.errors import Unavailable
from app.storage.engine import Database

MINUTE = "select date_bin('1 minute', clock_timestamp() - $1::interval, 'epoch')"


class Pulse:
    """Remembers the last minute that it has told of."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._minute: datetime | None = None

    async def topics(self) -> list[str]:
        """Name what changes with a minute, once for each; nothing while the database does not answer."""
        try:
            async with self._database.reading() as connection:
                minute: datetime = await connection.fetchval(MINUTE, SETTLES_WITHIN)
        except Unavailable:
            return []
        if minute == self._minute:
            return []
        self._minute = minute
        return ["activity", "trends"]
