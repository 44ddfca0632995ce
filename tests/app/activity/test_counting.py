from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.activity import counting, feed
from tests.app.activity.conftest import BEGIN, MINUTE, TELL, Feed

pytestmark = pytest.mark.anyio
BY_MINUTE = counting.MINUTES.format(since="'-infinity'", until="'infinity'", chosen="true")
WRITERS, EACH = 16, 25


async def minutes(feed: Feed) -> Counter[tuple[str, object]]:
    async with feed.database.engine.connect() as connection:
        rows = await connection.execute(
            text(BY_MINUTE.replace("date_bin('1 hour', '-infinity', 'epoch')", "'-infinity'"))
        )
        return Counter({(stream, minute): value for stream, minute, value in rows})


async def test_what_is_recorded_counts_before_and_after_it_is_folded(feed: Feed) -> None:
    await feed.tell([3, 0, 4], since=BEGIN)
    expected = {("checkout", BEGIN): 3, ("checkout", BEGIN + 2 * MINUTE): 4}

    before, folded, after = await minutes(feed), await feed.fold(), await minutes(feed)

    assert folded == 3
    assert before == after == expected
    assert await feed.one("select count(*) from activity_delta") == 0


async def test_an_event_that_comes_late_counts_in_its_own_minute(feed: Feed) -> None:
    await feed.tell([5], since=BEGIN)
    await feed.fold()

    await feed.tell([2], since=BEGIN)
    await feed.tell([1], since=BEGIN - timedelta(days=3))
    await feed.fold()

    assert await minutes(feed) == {("checkout", BEGIN): 7, ("checkout", BEGIN - timedelta(days=3)): 1}
    assert await feed.one("select first_at from activity_stream") == BEGIN - timedelta(days=3)


async def test_opsbooks_own_events_are_counted_too(feed: Feed) -> None:
    async with feed.database.unit_of_work() as work:
        await feed_record(work)
    await feed.fold()

    assert list((await minutes(feed)).values()) == [1]
    assert await feed.one("select name from activity_stream") == "incidents"


async def feed_record(work: object) -> None:
    await feed.record(work, stream="incidents", kind="incident.triggered", summary="OPS-1")  # type: ignore[arg-type]


async def test_what_is_rolled_back_does_not_count(feed: Feed) -> None:
    async with feed.database.engine.connect() as connection:
        at = {"stream": "s", "kind": "k", "moments": [BEGIN], "values": [1.0]}
        await connection.execute(TELL, at)
        await connection.rollback()

    assert await minutes(feed) == {}


async def test_sixteen_writers_and_two_folders_at_once_lose_and_double_nothing(feed: Feed) -> None:
    told: Counter[tuple[str, object]] = Counter()
    chance = random.Random(7)

    async def write(number: int) -> None:
        for _ in range(EACH):
            at, value = chance.randrange(120), chance.randrange(1, 9)
            stream = f"stream-{number % 3}"
            await feed.tell([value], since=BEGIN + at * MINUTE, stream=stream)
            told[stream, BEGIN + at * MINUTE] += value

    async def fold() -> None:
        while sum(told.values()) == 0 or any(not one.done() for one in writers):
            await feed.fold()
            await asyncio.sleep(0.005)

    writers = [asyncio.create_task(write(number)) for number in range(WRITERS)]
    await asyncio.gather(*writers, fold(), fold())
    seen_unfolded = await minutes(feed)
    await feed.fold()

    assert seen_unfolded == await minutes(feed) == told
    assert await feed.drift() == []


async def test_a_reader_sees_every_event_once_while_it_is_folded(feed: Feed) -> None:
    await feed.tell([1] * 300, since=BEGIN)
    async with feed.database.unit_of_work() as work:
        await counting.fold(work)
        await work.session.flush()

        assert sum((await minutes(feed)).values()) == 300
    assert sum((await minutes(feed)).values()) == 300


async def test_two_folders_do_not_wait_for_each_other(feed: Feed) -> None:
    await feed.tell([1], since=BEGIN)
    async with feed.database.unit_of_work() as work:
        assert await counting.fold(work) == 1

        assert await feed.fold() == 0


async def test_a_minute_that_was_tampered_with_is_found(feed: Feed) -> None:
    await feed.tell([3, 4], since=BEGIN)
    await feed.fold()
    await feed.change("update activity_hour set minutes[2] = 9")

    found = await feed.drift(timedelta(hours=3))

    assert [(one.stream, one.minute, one.told, one.counted) for one in found] == [
        ("checkout", BEGIN + MINUTE, 4, 9)
    ]


async def test_kinds_are_counted_by_the_hour(feed: Feed) -> None:
    await feed.tell([3, 4], since=BEGIN, kind="done")
    await feed.tell([8], since=BEGIN + timedelta(hours=1), kind="refused")
    await feed.fold()

    kinds = await feed.one(
        "select array_agg(array[kind, events::text] order by hour) from activity_kind_hour"
    )

    assert kinds == [["done", "2"], ["refused", "1"]]
