from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.assembly import House
from jobs import trends
from jobs.trends import Watch, watch_trends
from tests.jobs.conftest import Pager

pytestmark = pytest.mark.anyio
STREAM = (
    "insert into activity_stream (name, first_at, scope) values ('checkout', clock_timestamp(), 'feature')"
)


async def change(house: House, statement: str) -> None:
    async with house.database.engine.begin() as connection:
        await connection.execute(text(statement))


async def one(house: House, statement: str) -> object:
    async with house.database.engine.connect() as connection:
        return await connection.scalar(text(statement))


async def test_each_minute_is_followed(pager: Pager) -> None:
    await change(pager.house, STREAM)
    watch = Watch(pager.house)
    await watch.round()
    before = await one(pager.house, "select minute from trend_standing")

    await pager.advance(minutes=1)
    await watch.round()

    assert await one(pager.house, "select minute from trend_standing") == before + timedelta(minutes=1)  # type: ignore[operator]


async def test_the_pager_goes_on_watching_when_a_round_fails(
    pager: Pager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trends, "LOOK_EVERY", timedelta(seconds=0.05))
    await change(pager.house, STREAM)
    await change(pager.house, "alter table trend_standing rename to away")
    task = asyncio.create_task(watch_trends(pager.house))
    await asyncio.sleep(0.2)
    await change(pager.house, "alter table away rename to trend_standing")

    async with asyncio.timeout(5):
        while await one(pager.house, "select count(*) from trend_standing") == 0:
            await asyncio.sleep(0.02)
    task.cancel()
