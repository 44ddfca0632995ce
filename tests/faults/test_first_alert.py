"""What the first alert stands: processes that die, an emptied queue, senders who repeat themselves."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import asyncpg
import pytest

from tests import clock
from tests.engines import empty, plain
from tests.faults.kit import Process, Whole

pytestmark = [pytest.mark.anyio, pytest.mark.faults]
COMMANDER = "select count(*) from page where role = 'incident_commander' and accepted_at is not null"
PACE = 0.08  # seconds between alerts, so that they are spread over the deaths
EARLY = "select count(*) from escalation_step where fired_at < due_at"


async def ask(whole: Whole, statement: str) -> int:
    """Ask the database one number."""
    connection = await asyncpg.connect(plain(whole.database_url))
    try:
        return int(await connection.fetchval(statement))
    finally:
        await connection.close()


async def send_until_taken(whole: Whole, dedup_key: str) -> None:
    """Send one alert as a good sender does: again, until it is answered 2xx."""
    async with asyncio.timeout(30):
        while await whole.send(whole.keys["pagerduty"], dedup_key) != 202:
            await asyncio.sleep(0.2)


async def operators_rang(whole: Whole, count: int) -> None:
    """Expect this many pages for the operator, each under a key of its own."""
    rang = [
        await whole.pagerduty.pages.expect(role="operator", within=timedelta(seconds=40))
        for _ in range(count)
    ]
    assert len({one.dedup_key for one in rang}) == count


async def kill_some(processes: list[Process], *, times: int, redis_url: str | None = None) -> None:
    """Kill one of the processes every 0.7 s, and empty the queue as well if it is named."""
    for _ in range(times):
        await asyncio.sleep(0.7)
        random.choice(processes).kill()
        if redis_url is not None:
            empty(redis_url)


async def test_what_was_answered_2xx_survives_the_death_of_the_web(whole: Whole, length: int) -> None:
    count = 6 * length
    for number in range(count):
        await send_until_taken(whole, f"alert-{number}")
        whole.processes["web-0"].kill()

    assert await ask(whole, "select count(*) from alert") == count
    await operators_rang(whole, count)


async def test_pagers_that_die_lose_nothing_and_page_nobody_twice(doubled: Whole, length: int) -> None:
    pagers = [one for one in doubled.processes.values() if one.name.startswith("worker")]
    dying = asyncio.create_task(kill_some(pagers, times=5 * length))
    for number in range(40 * length):
        await send_until_taken(doubled, f"alert-{number}")
        await asyncio.sleep(PACE)
    await dying

    await operators_rang(doubled, 40 * length)


async def test_webs_and_pagers_that_die_lose_nothing(doubled: Whole, redis_url: str, length: int) -> None:
    everything, count = list(doubled.processes.values()), 30 * length
    dying = asyncio.create_task(kill_some(everything, times=5 * length, redis_url=redis_url))
    for number in range(count):
        await send_until_taken(doubled, f"alert-{number}")
        await asyncio.sleep(PACE)
    await dying

    await operators_rang(doubled, count)
    assert await ask(doubled, "select count(*) from incident") == count


async def test_the_commander_is_paged_though_the_only_pager_dies_at_4_59(whole: Whole) -> None:
    await send_until_taken(whole, "alert")
    await whole.pagerduty.pages.expect(role="operator")

    await clock.advance(whole.database_url, timedelta(minutes=4, seconds=58))
    whole.processes["worker-pager-0"].kill()
    await clock.advance(whole.database_url, timedelta(seconds=12))

    await whole.pagerduty.pages.expect(role="commander", within=timedelta(seconds=15))
    assert await ask(whole, EARLY) == 0


async def test_the_commander_is_paged_though_the_queue_is_emptied_at_4_59(
    whole: Whole, redis_url: str
) -> None:
    await send_until_taken(whole, "alert")
    await whole.pagerduty.pages.expect(role="operator")

    await clock.advance(whole.database_url, timedelta(minutes=4, seconds=57))
    empty(redis_url)
    assert await ask(whole, COMMANDER) == 0

    await whole.pagerduty.pages.expect(role="commander", within=timedelta(seconds=10))
    assert await ask(whole, EARLY) == 0


async def test_an_acknowledgement_at_pagerduty_stops_the_escalation(whole: Whole) -> None:
    await send_until_taken(whole, "alert")
    page = await whole.pagerduty.pages.expect(role="operator")

    whole.pagerduty.acknowledge(page)
    async with asyncio.timeout(10):
        while await ask(whole, "select count(*) from incident where status = 'acknowledged'") != 1:
            await asyncio.sleep(0.05)
    await clock.advance(whole.database_url, timedelta(minutes=10))
    await asyncio.sleep(1.5)  # three sweeps, in which nothing may leave

    assert await ask(whole, COMMANDER) == 0


async def test_many_first_alerts_of_one_key_are_one_incident_and_one_page(doubled: Whole) -> None:
    key = doubled.keys["pagerduty"]

    answers = await asyncio.gather(*(doubled.send(key, "same") for _ in range(50)))

    assert answers == [202] * 50
    await doubled.pagerduty.pages.expect(role="operator")
    assert await ask(doubled, "select count(*) from incident") == 1
    assert await ask(doubled, "select count from alert") == 50
