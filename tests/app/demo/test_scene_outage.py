from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Any

import pytest
import uvicorn
from sqlalchemy import text

from app import asgi
from app.demo.outage import Outage, Sight, Step, next_step
from app.demo.people import MARA, METRICS
from app.demo.reporting import Reporter
from app.demo.stage import Stage
from app.incidents import acknowledgement, resolution
from app.outside import http
from app.security import sessions
from app.security.permissions import SYSTEM
from app.settings import Settings
from app.storage.engine import Database
from tests import clock

pytestmark = pytest.mark.anyio

LONG = timedelta(hours=1)
FIRING = Outage(is_open=True, is_firing=True, answered_for=None)
CASES = {
    "nobody is there": (Sight(), Step.WAIT),
    "somebody has just come": (Sight(watched_for=timedelta(seconds=19)), Step.WAIT),
    "somebody has looked around": (Sight(watched_for=timedelta(seconds=20)), Step.FIRE),
    "it was told but did not arrive": (Sight(watched_for=LONG, told=timedelta(seconds=4)), Step.WAIT),
    "it is time to try again": (Sight(watched_for=LONG, told=timedelta(seconds=5)), Step.FIRE),
    "it was told half a minute ago": (Sight(None, FIRING, timedelta(seconds=30)), Step.WAIT),
    "it is time to repeat": (Sight(None, FIRING, timedelta(seconds=60)), Step.FIRE),
    "a restart finds it firing": (Sight(None, FIRING, None), Step.FIRE),
    "it was answered just now": (Sight(None, Outage(True, True, timedelta(seconds=239)), LONG), Step.FIRE),
    "it was answered a while ago": (
        Sight(None, Outage(True, True, timedelta(minutes=4)), LONG),
        Step.RESOLVE,
    ),
    "a person ended it": (Sight(None, Outage(False, True, None), LONG), Step.RESOLVE),
    "it is repaired": (Sight(LONG, Outage(True, False, LONG), LONG), Step.REST),
    "it is over": (Sight(LONG, Outage(False, False, None), None), Step.REST),
}


@pytest.mark.parametrize(("sight", "step"), CASES.values(), ids=CASES.keys())
async def test_what_comes_next(sight: Sight, step: Step) -> None:
    assert next_step(sight) is step


class Theatre:
    """The demo's company, the real web on loopback, and a clock that is moved."""

    def __init__(self, database: Database, url: str, client: http.Client, base_url: str) -> None:
        self.database, self._url, self._client, self._base_url = database, url, client, base_url

    def stage(self, run: str) -> Stage:
        return Stage(self.database, self._client, self._base_url, "prometheus", run)

    def reporter(self) -> Reporter:
        return Reporter(self.database, self._client, self._base_url, METRICS.name)

    async def told(self) -> dict[str, list[float]]:
        """What was reported, by stream, the oldest first."""
        async with self.database.engine.connect() as connection:
            found = await connection.execute(text(TOLD))
            return {row.stream: row.told for row in found}

    async def advance(self, **by: float) -> None:
        await clock.advance(self._url, timedelta(**by))

    async def sign_in(self) -> None:
        async with self.database.unit_of_work() as work:
            await sessions.begin(work, MARA.id, user_agent="a browser", address="127.0.0.1")

    async def incidents(self) -> list[Any]:
        async with self.database.engine.connect() as connection:
            found = await connection.execute(text(INCIDENTS))
            return [tuple(row) for row in found]

    async def watch(self, stage: Stage) -> Step:
        """Sign in, look around for 20 seconds, and see what happens."""
        await self.sign_in()
        await stage.play()
        await self.advance(seconds=20)
        return await stage.play()


TOLD = """
    select stream, array_agg(value order by occurred_at) as told from activity_event
     where stream <> 'incidents' group by stream
"""
INCIDENTS = """
    select incident.id, incident.severity, incident.status, count(alert.id)::int, max(alert.count)::int
      from incident left join alert on alert.incident_id = incident.id and alert.status <> 'resolved'
     group by incident.id order by incident.id
"""


class Guest(uvicorn.Server):
    """A server in the test's own process, whose signals it leaves alone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(asgi.application(settings), log_config=None, timeout_graceful_shutdown=1)
        server = Guest(config)
        task = asyncio.create_task(server.serve(sockets=[listening]))
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        await task


@pytest.fixture
async def theatre(founded: Database, database_url: str, redis_url: str) -> AsyncIterator[Theatre]:
    settings = Settings(database_url=database_url, redis_url=redis_url, secret_key="s" * 32)
    async with serving(settings) as base_url, http.opened() as client:
        yield Theatre(founded, database_url, client, base_url)


async def test_nothing_happens_while_nobody_has_signed_in(theatre: Theatre) -> None:
    stage = theatre.stage("first")

    steps = []
    for _ in range(3):
        steps.append(await stage.play())
        await theatre.advance(seconds=30)

    assert steps == [Step.WAIT] * 3
    assert await theatre.incidents() == []


async def test_an_outage_of_three_alerts_begins_while_somebody_looks(theatre: Theatre) -> None:
    step = await theatre.watch(theatre.stage("first"))

    assert step is Step.FIRE
    assert await theatre.incidents() == [(1, "S1", "triggered", 3, 1)]


async def test_it_is_repeated_each_minute(theatre: Theatre) -> None:
    stage = theatre.stage("first")
    await theatre.watch(stage)

    await theatre.advance(seconds=59)
    early = await stage.play()
    await theatre.advance(seconds=1)
    late = await stage.play()

    assert (early, late) == (Step.WAIT, Step.FIRE)
    assert await theatre.incidents() == [(1, "S1", "triggered", 3, 2)]


async def test_a_while_after_the_acknowledgement_its_alerts_are_over(theatre: Theatre) -> None:
    stage = theatre.stage("first")
    await theatre.watch(stage)
    async with theatre.database.unit_of_work() as work:
        await acknowledgement.acknowledge(work, SYSTEM, 1, via="console")

    await theatre.advance(minutes=5)
    steps = [await stage.play(), await stage.play()]

    assert steps == [Step.RESOLVE, Step.REST]
    assert await theatre.incidents() == [(1, "S1", "acknowledged", 0, None)]


async def test_a_restart_goes_on_with_the_outage_that_is_open(theatre: Theatre) -> None:
    await theatre.watch(theatre.stage("first"))

    again = theatre.stage("second")
    step = await theatre.watch(again)

    assert step is Step.WAIT
    assert await theatre.incidents() == [(1, "S1", "triggered", 3, 2)]


async def test_a_new_start_after_the_end_begins_a_fresh_outage(theatre: Theatre) -> None:
    first = theatre.stage("first")
    await theatre.watch(first)
    async with theatre.database.unit_of_work() as work:
        await resolution.cancel(work, SYSTEM, 1, reason="Enough")

    same = await theatre.watch(first)
    new = await theatre.watch(theatre.stage("second"))

    assert (same, new) == (Step.REST, Step.FIRE)
    assert [row[:3] for row in await theatre.incidents()] == [(1, "S1", "canceled"), (2, "S1", "triggered")]


async def test_each_minute_is_reported_once_and_those_that_were_missed_are_made_up_for(
    theatre: Theatre,
) -> None:
    first, second = theatre.reporter(), theatre.reporter()

    made_up = await first.report()
    again = [await first.report(), await second.report()]
    await theatre.advance(minutes=1)
    later = await first.report()

    assert (made_up, again, later) == (4 * 120, [0, 0], 4)
    assert {len(told) for told in (await theatre.told()).values()} == {121}


async def test_an_outage_shows_in_what_is_reported(theatre: Theatre) -> None:
    reporter = theatre.reporter()
    await reporter.report()
    await theatre.watch(theatre.stage("first"))

    await theatre.advance(minutes=3)
    await reporter.report()

    told = await theatre.told()
    assert told["checkout"][-1] < 0.5 * told["checkout"][-10]
    assert told["payments-failed"][-1] > 3 * told["payments-failed"][-10] + 3
