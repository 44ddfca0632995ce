"""What a worker does once in a while, beside its queue."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import structlog

from app.assembly import House
from app.errors import Unavailable
from app.incidents.intake import keeping
from app.security.forgetting import forget_expired

log = structlog.get_logger("opsbook.housekeeping")
EVERY = timedelta(hours=1)


async def keep_house(house: House) -> None:
    """Delete what no longer opens anything, hourly, until cancelled."""
    while True:
        # Spread, so that processes that were started together do not all come at once.
        await asyncio.sleep(EVERY.total_seconds() * random.uniform(0.5, 1))  # noqa: S311 - spreads load
        try:
            async with house.database.unit_of_work() as work:
                log.info("forgot what has expired", rows=await forget_expired(work))
            while await _forget_bodies(house):  # a transaction for each batch
                continue
        except Unavailable:
            log.warning("database is away, expired rows stay for another hour")


async def _forget_bodies(house: House) -> int:
    async with house.database.unit_of_work() as work:
        return await keeping.forget_old(work)
