"""What one alert stands: processes that die at the worst moment, many at once, an answer at PagerDuty."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from tests.engines import plain
from tests.faults.judge import COMMANDER, OPERATOR, Judge
from tests.faults.kit import Whole
from tests.faults.senders import Alert, send

pytestmark = [pytest.mark.anyio, pytest.mark.faults]
EARLY = "select count(*) from escalation_step where fired_at < due_at"


async def ask(whole: Whole, statement: str) -> int:
    """Ask the database one number."""
    connection = await asyncpg.connect(plain(whole.database_url))
    try:
        return int(await connection.fetchval(statement))
    finally:
        await connection.close()


async def send_until_taken(whole: Whole, dedup_key: str) -> Alert:
    """Send one alert as a good sender does: again, until it is answered 2xx."""
    alert = Alert(dedup_key)
    async with asyncio.timeout(60):
        while not alert.taken:
            await send(whole, alert)
            await asyncio.sleep(0.1)
    return alert


async def test_what_was_answered_2xx_survives_the_death_of_the_web(whole: Whole, length: int) -> None:
    whole.pagerduty.pages.expect_anything()
    judge, alerts = Judge(whole), []
    for number in range(2 * length):
        alerts += [await send_until_taken(whole, f"alert-{number}-{one}") for one in range(5)]
        whole.processes["web-0"].kill()

    await judge.rung(alerts, OPERATOR, within=timedelta(seconds=40))

    judge.verdict(alerts, is_escalated=False).hold(refused=1)
    assert await ask(whole, "select count(*) from alert") == len(alerts)


async def test_the_commander_is_paged_though_the_only_pager_dies_at_4_59(whole: Whole) -> None:
    await send_until_taken(whole, "alert")
    await whole.pagerduty.pages.expect(role=OPERATOR)

    await whole.advance(timedelta(minutes=4, seconds=58))
    whole.processes["worker-pager-0"].kill()
    await whole.advance(timedelta(seconds=12))

    await whole.pagerduty.pages.expect(role=COMMANDER, within=timedelta(seconds=30))
    assert await ask(whole, EARLY) == 0


async def test_health_is_red_when_no_pager_lives(whole: Whole) -> None:
    await send_until_taken(whole, "alert")
    await whole.pagerduty.pages.expect(role=OPERATOR)
    pager = whole.processes["worker-pager-0"]
    pager.wanted = False
    pager.kill()

    await whole.advance(timedelta(minutes=5, seconds=16))

    async with whole.http.get(f"{whole.url}/healthz") as answer:
        assert answer.status == 503
        assert "no pager works" in await answer.text()
