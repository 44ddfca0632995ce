"""The pager's watch on trend lines: once a minute, as soon as the minute is complete."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog

from app.activity import pulse
from app.activity.rules import SETTLES_WITHIN
from app.assembly import House
from app.errors import Unavailable
from app.incidents.trend import watching

log = structlog.get_logger("opsbook.trends")
LOOK_EVERY: Final = timedelta(seconds=2)


class Watch:
    """Remembers the last minute that it has followed. Two may follow the same, and nothing is doubled."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._minute: datetime | None = None

    async def round(self) -> int:
        """Follow the streams if a minute is over; answers for how many something followed from it."""
        async with self._house.database.reading() as connection:
            minute: datetime = await connection.fetchval(pulse.MINUTE, SETTLES_WITHIN)
        if minute == self._minute:
            return 0
        done = await watching.follow(self._house.database)
        self._minute = minute
        return done


async def watch_trends(house: House) -> None:
    """Watch until cancelled, and outlive the absence of the database."""
    watch = Watch(house)
    while True:
        try:
            await watch.round()
        except Unavailable:
            log.warning("database is away, trend lines are judged when it is back")
        except Exception:
            log.exception("a round over the trend lines failed")
        await asyncio.sleep(LOOK_EVERY.total_seconds())
