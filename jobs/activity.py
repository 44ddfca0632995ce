"""The general worker's care for the activity feed: fold its counts, say that a minute is over, keep house."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog

from app.activity import counting, keeping, rules, usual
from app.assembly import House
from app.errors import Unavailable

log = structlog.get_logger("opsbook.activity")
# Reads add what is not folded yet, so nobody waits for it: it only has to stay little.
FOLD_EVERY: Final = timedelta(seconds=5)
HOUR: Final = timedelta(hours=1)
CHECKED_BACK: Final = timedelta(hours=2)


class Care:
    """What one process remembers between its rounds. Two may do the same, and nothing is doubled."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._minute: datetime | None = None
        self._hour: datetime | None = None

    async def round(self) -> int:
        """Fold, and do what is due by the minute and by the hour; answers how many notes were folded."""
        async with self._house.database.unit_of_work() as work:
            folded = await counting.fold(work)
            if folded:
                work.announce("activity")
            now = await work.now()
            minute = (now - rules.SETTLES_WITHIN).replace(second=0, microsecond=0)
            if minute != self._minute:  # a line that falls silent has to move too
                work.announce("trends")
        self._minute = minute
        hour = now.replace(minute=0, second=0, microsecond=0)
        if hour != self._hour and folded < counting.AT_ONCE:
            await self._each_hour()
            self._hour = hour
        return folded

    async def _each_hour(self) -> None:
        async with self._house.database.unit_of_work() as work:
            log.info("worked out what is usual", hours=await usual.refresh(work))
        async with self._house.database.unit_of_work() as work:
            found = await counting.drift(work, back=CHECKED_BACK)
        for one in found[:1]:
            first = {"stream": one.stream, "minute": one.minute.isoformat(), "minutes": len(found)}
            log.error("counts differ from the feed: see `opsbook trends --check`", **first)
        while await self._forget():  # a transaction for each batch
            continue

    async def _forget(self) -> int:
        async with self._house.database.unit_of_work() as work:
            return await keeping.forget_old(work)


async def care_for_activity(house: House) -> None:
    """Care until cancelled, and outlive the absence of the database."""
    care = Care(house)
    while True:
        try:
            folded = await care.round()
        except Unavailable:
            log.warning("database is away, activity is counted when it is back")
            folded = 0
        except Exception:
            log.exception("a round for the activity feed failed")
            folded = 0
        await asyncio.sleep(0 if folded >= counting.AT_ONCE else FOLD_EVERY.total_seconds())
