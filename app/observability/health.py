"""Is Opsbook well? Asked by load balancers, watchdogs and `opsbook doctor`, and answered within two seconds.

Redis is never a reason to be unwell: without it workers sweep and pages poll.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import Final

import asyncpg
from prometheus_client.core import Metric

from app.errors import Unavailable
from app.observability import rows
from app.observability.inquiry import WITHIN, Inquiry
from app.queue.connection import AWAY, connect
from app.storage import migrate
from app.storage.engine import Database

# Source: incidents specification, 2.4: an escalation later than this means that no pager lives.
LATE: Final = timedelta(seconds=15)
APPLIED: Final = "select version_num from alembic_version"


class State(StrEnum):
    """How one part is. Degraded: it is away, and Opsbook does without."""

    WELL = "well"
    DEGRADED = "degraded"
    UNWELL = "unwell"


@dataclass(frozen=True, slots=True)
class Check:
    """One part and how it is, in words that anybody may read."""

    name: str
    state: State
    detail: str


async def ask_database(database: Database) -> Check:
    """Does it answer, with every table that this release needs?"""
    applied = await _applied(database)
    if missing := migrate.missing(applied):
        detail = f"{len(missing)} migrations are pending, {missing[0]} first: run `opsbook migrate`."
        return Check("database", State.UNWELL, detail)
    return Check("database", State.WELL, f"It answers, and its schema is at {applied}.")


async def ask_queue(redis_url: str) -> Check:
    """Does Redis answer?"""
    redis = connect(redis_url)
    try:
        await redis.ping()
    except AWAY as error:
        detail = f"It does not answer ({type(error).__name__}). Workers sweep and pages poll meanwhile."
        return Check("queue", State.DEGRADED, detail)
    finally:
        with suppress(*AWAY):
            await redis.aclose()
    return Check("queue", State.WELL, "It answers.")


async def ask_escalations(database: Database) -> Check:
    """Do they fire when they are due?"""
    overdue = await seconds_overdue(database)
    if overdue > LATE.total_seconds():
        detail = (
            f"The oldest escalation is {overdue:.0f} s late: no pager works. Start `opsbook worker pager`."
        )
        return Check("escalations", State.UNWELL, detail)
    return Check("escalations", State.WELL, "None is late.")


async def seconds_overdue(database: Database) -> float:
    """How late the oldest escalation is that should have fired; 0 when none is."""
    async with database.reading() as connection:
        return float(await connection.fetchval(rows.OVERDUE, timeout=WITHIN.total_seconds()) or 0)


class Probes:
    """What one process is asked about itself, again and again."""

    def __init__(self, database: Database, redis_url: str) -> None:
        self._database = Inquiry(partial(ask_database, database))
        self._queue = Inquiry(partial(ask_queue, redis_url))
        self._escalations = Inquiry(partial(ask_escalations, database))
        self._rows = Inquiry(partial(rows.read, database))

    async def ready(self) -> Sequence[Check]:
        """Can this process answer requests?"""
        queue = answered("queue", self._queue, otherwise=State.DEGRADED)
        return await asyncio.gather(answered("database", self._database), queue)

    async def healthy(self) -> Sequence[Check]:
        """Does Opsbook as a whole do what it is for?"""
        return [await answered("escalations", self._escalations)]

    async def measured(self) -> list[Metric]:
        """Read the metrics that rows hold; while the database is away, that alone is known."""
        try:
            read = await self._rows.answer()
        except (Unavailable, asyncpg.PostgresError):
            return [rows.database_up(up=False)]
        return [rows.database_up(up=True), *read]


async def answered(name: str, inquiry: Inquiry[Check], *, otherwise: State = State.UNWELL) -> Check:
    """Wait for a check; when it cannot be made, that is the finding."""
    try:
        return await inquiry.answer()
    except Unavailable as error:
        return Check(name, otherwise, error.message)
    except (TimeoutError, asyncpg.PostgresError) as error:
        return Check(name, otherwise, f"It refuses to answer ({type(error).__name__}).")


def is_well(checks: Sequence[Check]) -> bool:
    """Whether nothing is wrong that Opsbook cannot do without."""
    return all(check.state is not State.UNWELL for check in checks)


async def _applied(database: Database) -> str | None:
    async with database.reading() as connection:
        try:
            applied: str | None = await connection.fetchval(APPLIED, timeout=WITHIN.total_seconds())
        except asyncpg.UndefinedTableError:
            return None
        return applied
