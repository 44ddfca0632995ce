from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.activity import feed
from app.assembly import House
from app.storage.engine import Database
from jobs import activity
from jobs.activity import Care, care_for_activity
from tests.jobs.conftest import Pager

pytestmark = pytest.mark.anyio


class Ear:
    """Hears what is rung."""

    def __init__(self) -> None:
        self.topics: list[str] = []

    def ring(self, queues: Collection[str], topics: Collection[str]) -> None:
        self.topics += sorted(topics)


async def tell(house: House) -> None:
    async with house.database.unit_of_work() as work:
        await feed.record(work, stream="incidents", kind="incident.triggered", summary="OPS-1")


async def one(house: House, statement: str) -> object:
    async with house.database.engine.connect() as connection:
        return await connection.scalar(text(statement))


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def house(pager: Pager, ear: Ear) -> House:
    database = pager.house.database
    return replace(pager.house, database=Database(database.engine, database.reads, ear))


async def test_a_round_folds_and_says_so_and_says_once_that_a_minute_is_over(
    house: House, ear: Ear, pager: Pager
) -> None:
    await tell(house)
    care = Care(house)
    ear.topics.clear()

    folded = [await care.round(), await care.round()]
    await pager.advance(minutes=1)
    await care.round()

    assert folded == [1, 0]
    assert ear.topics.count("activity") == 1
    assert 2 <= ear.topics.count("trends") <= 3  # the second round may be the next minute's first


async def test_the_worker_works_out_what_is_usual_by_the_hour(house: House, pager: Pager) -> None:
    await tell(house)
    care = Care(house)
    await care.round()
    assert await one(house, "select count(*) from activity_usual") == 0, "an hour has no week before it"

    await pager.advance(days=7)
    await care.round()

    assert await one(house, "select count(*) from activity_usual") == 25


async def test_the_worker_goes_on_when_a_round_fails(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity, "FOLD_EVERY", timedelta(seconds=0.05))
    await tell(house)
    async with house.database.engine.begin() as connection:
        await connection.execute(text("alter table activity_hour rename to away"))
    task = asyncio.create_task(care_for_activity(house))
    await asyncio.sleep(0.2)
    async with house.database.engine.begin() as connection:
        await connection.execute(text("alter table away rename to activity_hour"))

    async with asyncio.timeout(5):
        while await one(house, "select count(*) from activity_hour") == 0:
            await asyncio.sleep(0.02)
    task.cancel()
