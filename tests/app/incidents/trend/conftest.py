"""Streams with 28 days behind them, in a database whose clock is moved, and the round that follows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.incidents.trend import watching
from tests import clock
from tests.app.incidents.world import World

MINUTE = timedelta(minutes=1)
SETTLED = timedelta(seconds=11)
# A Tuesday, 28 days after the streams began; the test's clock is set on to it.
NOW = datetime.fromisoformat("2030-01-08T14:00:00+00:00")
STREAM = (
    "insert into activity_stream (name, first_at, kind, scope, core)"
    " values (:name, :first, :kind, :scope, :core)"
)
HISTORY = (
    "insert into activity_hour select :name, at, array_fill(cast(:usual as float8), array[60])"
    " from generate_series(cast(:first as timestamptz), :last, interval '1 hour') as at"
)
USUAL = (
    "insert into activity_usual select :name, hour, :usual, sqrt(:usual), 4, :now, :now"
    " from generate_series(0, 167) as hour"
)
TELL = (
    "insert into activity_event (stream, kind, summary, occurred_at, recorded_at, payload, value)"
    " values (:name, 'done', 'told', :at, :at, '{}', :value)"
)


@dataclass
class Streams:
    """Reports minutes and lets them pass."""

    world: World
    minute: datetime = NOW

    async def begin(
        self,
        name: str,
        *,
        usual: float = 300,
        days: int = 28,
        kind: str = "activity",
        core: bool = False,
        scope: str | None = "monetisation",
    ) -> None:
        """Let a stream have been as usual until now."""
        about = {"name": name, "first": NOW - timedelta(days=days)}
        settings = {"kind": kind, "scope": scope, "core": core}
        await self.world.change(STREAM, **about, **settings)
        await self.world.change(HISTORY, **about, usual=usual, last=NOW - timedelta(hours=1))
        await self.world.change(USUAL, name=name, usual=usual, now=NOW)

    async def minutes(self, count: int = 1, **values: float) -> None:
        """Let so many minutes have these values, each followed by a worker's round twenty seconds later."""
        for _ in range(count):
            for name, value in values.items():
                await self.world.change(TELL, name=name.replace("_", "-"), at=self.minute, value=value)
            self.minute += MINUTE
            await self.travel(self.minute + SETTLED)
            await self.follow()

    async def follow(self) -> int:
        return await watching.follow(self.world.database)

    async def travel(self, to: datetime) -> None:
        now = await self.world.one("select clock_timestamp()")
        await clock.advance(self.world.url, to - now)

    async def incidents(self) -> Sequence[Any]:
        return await self.world.rows("select id, severity, status, title from incident order by id")


@pytest.fixture
async def streams(world: World) -> Streams:
    found = Streams(world)
    await found.travel(NOW)
    return found
