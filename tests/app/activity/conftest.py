"""A feed of its own for every test, and short words for what is told to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app import clock as app_clock
from app.activity import counting, trends, usual
from app.activity.trends import TrendLine
from app.storage.engine import Database
from tests import clock

MINUTE = timedelta(minutes=1)
# 2030-01-07 is a Monday; the test's clock is set on to it.
BEGIN = datetime.fromisoformat("2030-01-07T00:00:00+00:00")
TELL = text(
    """
    insert into activity_event (stream, kind, summary, occurred_at, recorded_at, payload, value)
    select :stream, :kind, 'told', at, at, '{}', value
      from unnest(cast(:moments as timestamptz[]), cast(:values as float8[])) as told(at, value)
    """
)


@dataclass
class Feed:
    """A database whose clock is moved."""

    database: Database
    url: str

    async def travel(self, to: datetime) -> None:
        """Let it be that moment, and a moment before it is not."""
        now = await self.now()
        await clock.advance(self.url, to - now)

    async def now(self) -> datetime:
        async with self.database.unit_of_work() as work:
            return await app_clock.read(work.session)

    async def tell(
        self, values: Sequence[float], *, since: datetime, stream: str = "checkout", kind: str = "done"
    ) -> None:
        """Add one event a minute."""
        moments = [since + at * MINUTE for at in range(len(values))]
        given = {"stream": stream, "kind": kind, "moments": moments, "values": list(map(float, values))}
        async with self.database.unit_of_work() as work:
            await work.session.execute(TELL, given)

    async def fold(self) -> int:
        async with self.database.unit_of_work() as work:
            return await counting.fold(work)

    async def refresh(self) -> int:
        async with self.database.unit_of_work() as work:
            return await usual.refresh(work)

    async def drift(self, back: timedelta | None = None) -> list[counting.Drift]:
        async with self.database.unit_of_work() as work:
            return await counting.drift(work, back=back)

    async def trends(self, stream: str | None = None, minutes: int = 60) -> list[TrendLine]:
        async with self.database.reading() as connection:
            return await trends.read(connection, stream=stream, minutes=minutes)

    async def one(self, statement: str, **values: Any) -> Any:
        async with self.database.engine.connect() as connection:
            return await connection.scalar(text(statement), values)

    async def change(self, statement: str, **values: Any) -> None:
        async with self.database.engine.begin() as connection:
            await connection.execute(text(statement), values)


@pytest.fixture
async def feed(database_url: str) -> AsyncIterator[Feed]:
    database = await Database.open(database_url, writers=20)
    found = Feed(database, database_url)
    await found.travel(BEGIN)
    yield found
    await database.close()
