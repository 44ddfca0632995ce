from __future__ import annotations

from datetime import timedelta

import pytest

from app.activity import keeping
from tests.app.activity.conftest import BEGIN, Feed

pytestmark = pytest.mark.anyio
RECEIPT = "insert into activity_receipt values (1, :key, :at)"


async def forget(feed: Feed) -> int:
    async with feed.database.unit_of_work() as work:
        return await keeping.forget_old(work)


async def test_the_feed_forgets_after_thirteen_months_and_the_counts_do_not(feed: Feed) -> None:
    await feed.tell([3, 4], since=BEGIN)
    await feed.tell([5], since=BEGIN + timedelta(days=10))
    await feed.fold()
    await feed.travel(BEGIN + timedelta(days=401))

    gone, again = await forget(feed), await forget(feed)

    assert (gone, again) == (2, 0)
    assert await feed.one("select sum(value) from activity_event") == 5
    assert await feed.one("select sum(value) from activity_hour, unnest(minutes) as value") == 12
    assert await feed.drift() == []


async def test_receipts_are_forgotten_after_a_week(feed: Feed) -> None:
    await feed.change(RECEIPT, key="old", at=BEGIN - timedelta(days=8))
    await feed.change(RECEIPT, key="new", at=BEGIN - timedelta(days=6))

    await forget(feed)

    assert await feed.one("select string_agg(key, '') from activity_receipt") == "new"
