from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.errors import Forbidden, InvalidInput, Unauthenticated
from app.incidents import flapping, heartbeats, pulse, sources
from app.incidents.heartbeats import Rhythm
from app.incidents.silences import keeping
from app.security.permissions import SYSTEM
from app.storage.unit_of_work import UnitOfWork
from tests.app.incidents.world import World

pytestmark = pytest.mark.anyio
COUNTS = "select (select count(*) from alert), (select count(*) from incident), (select count(*) from page)"
TERM = 90.0  # every 60 seconds, 30 of grace


class Job:
    """A sender of heartbeats, and the world that listens."""

    def __init__(self, world: World, source_id: int, key: str) -> None:
        self.world, self.id, self.key = world, source_id, key

    async def beat(self) -> None:
        await self.world.do(heartbeats.beat, self.key, name="cron")

    async def sweep(self) -> int:
        return await self.world.do(heartbeats.fire_missed)

    async def change(self, actor: Any = SYSTEM, **rhythm: Any) -> None:
        await self.world.do(heartbeats.change, actor, self.id, Rhythm(**rhythm))

    async def is_missed(self) -> bool:
        return bool(await self.world.one("select missed_at is not null from heartbeat"))


@pytest.fixture
async def job(world: World) -> Job:
    return Job(world, *await world.do(sources.add, SYSTEM, name="cron", sends="heartbeat"))


async def test_nothing_is_due_before_the_first_beat(job: Job) -> None:
    await job.world.advance(days=30)

    assert await job.sweep() == 0
    assert (await pulse.seconds_until_due(job.world.database))["heartbeats"] is None


async def test_a_missed_beat_is_an_alert_and_never_early(job: Job) -> None:
    await job.beat()

    await job.world.advance(seconds=TERM - 1)
    early = await job.sweep()
    await job.world.advance(seconds=1)
    late = await job.sweep()

    assert (early, late) == (0, 1)
    assert await job.world.rows(COUNTS) == [(1, 1, 1)]
    assert await job.world.one("select summary from alert") == "No heartbeat from cron for 90 seconds"
    due_at = (
        "select min(first_occurred_at) = (select last_beat_at + interval '90 s' from heartbeat) from alert"
    )
    assert await job.world.one(due_at)


async def test_a_silenced_job_is_missed_without_a_page(job: Job) -> None:
    await job.beat()
    hour = timedelta(hours=1)
    await job.world.do(keeping.create, SYSTEM, matchers=["source = cron"], reason="It moves", lasts=hour)

    await job.world.advance(seconds=TERM)
    await job.sweep()

    assert await job.is_missed()
    assert await job.world.rows(COUNTS) == [(1, 0, 0)]


async def test_the_sweep_knows_when_to_look(job: Job) -> None:
    await job.beat()

    wait = (await pulse.seconds_until_due(job.world.database))["heartbeats"]

    assert wait is not None
    assert TERM - 30 < wait <= TERM


async def test_beats_in_time_are_no_alert(job: Job) -> None:
    for _ in range(10):
        await job.beat()
        await job.world.advance(seconds=TERM - 1)
        assert await job.sweep() == 0

    assert await job.world.rows(COUNTS) == [(0, 0, 0)]


async def test_silence_is_told_once_however_many_look_and_how_long_it_lasts(job: Job) -> None:
    await job.beat()
    await job.world.advance(seconds=TERM)

    done = await asyncio.gather(*(job.sweep() for _ in range(8)))
    await job.world.advance(days=3)
    again = await job.sweep()

    assert (sum(done), again) == (1, 0)
    assert await job.world.rows(COUNTS) == [(1, 1, 1)]
    assert await job.world.one("select count from alert") == 1


class Killed(Exception):
    """The process ends in the middle of it."""


async def fire_and_die(work: UnitOfWork) -> None:
    await heartbeats.fire_missed(work)
    raise Killed


async def test_a_sweeper_that_dies_in_the_middle_leaves_it_to_the_next(job: Job) -> None:
    await job.beat()
    await job.world.advance(seconds=TERM)

    for _ in range(3):
        with pytest.raises(Killed):
            await job.world.do(fire_and_die)
    after_deaths = await job.world.rows(COUNTS)
    done = [await job.sweep(), await job.sweep()]

    assert (after_deaths, done) == ([(0, 0, 0)], [1, 0])
    assert await job.world.rows(COUNTS) == [(1, 1, 1)]


async def test_the_next_beat_ends_the_alert(job: Job) -> None:
    await job.beat()
    await job.world.advance(seconds=TERM)
    await job.sweep()

    await job.beat()

    assert not await job.is_missed()
    assert await job.world.one("select status from alert") == "resolved"
    await job.world.advance(minutes=2)
    await job.world.do(flapping.end_quiet)
    assert await job.world.status(1) == "resolved"  # an S2, quiet for a while
    await job.world.advance(hours=1)
    assert await job.sweep() == 1


async def test_a_beat_that_comes_as_it_is_missed_leaves_both_or_neither(job: Job) -> None:
    for _ in range(20):
        await job.beat()
        await job.world.advance(seconds=TERM)

        await asyncio.gather(job.sweep(), job.beat(), job.sweep(), job.beat())

        assert not await job.is_missed()
        assert await job.world.one("select count(*) from alert where status <> 'resolved'") == 0


async def test_how_bad_it_is_can_be_said(job: Job) -> None:
    await job.change(severity="critical", scope="platform", every=timedelta(hours=24), grace=timedelta(0))
    await job.beat()
    await job.world.advance(hours=24)

    await job.sweep()

    assert await job.world.severity(1) == "S0"


async def test_another_rhythm_counts_from_the_last_beat(job: Job) -> None:
    await job.beat()
    await job.world.advance(seconds=60)

    await job.change(every=timedelta(seconds=70), grace=timedelta(0))
    early = await job.sweep()
    await job.world.advance(seconds=10)

    assert (early, await job.sweep()) == (0, 1)
    assert (
        await job.world.one("select changes->>'every_seconds' from audit_event where action like '%beat'")
        == "70"
    )


@pytest.mark.parametrize(
    ("rhythm", "path"),
    [
        ({"every": timedelta(seconds=4)}, "everySeconds"),
        ({"every": timedelta(days=32)}, "everySeconds"),
        ({"grace": timedelta(seconds=-1)}, "graceSeconds"),
        ({"severity": "dreadful"}, "severity"),
        ({"scope": "world"}, "scope"),
    ],
)
async def test_a_rhythm_that_makes_no_sense_is_refused(job: Job, rhythm: Any, path: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await job.change(**rhythm)

    assert refused.value.path == (path,)


async def test_only_an_administrator_changes_it(job: Job) -> None:
    with pytest.raises(Forbidden):
        await job.change(job.world.olive)


async def test_a_source_of_another_format_has_none(job: Job) -> None:
    other, key = await job.world.do(sources.add, SYSTEM, name="other", sends="json")

    with pytest.raises(InvalidInput):
        await job.world.do(heartbeats.change, SYSTEM, other, Rhythm())
    with pytest.raises(Unauthenticated):
        await job.world.do(heartbeats.beat, key, name="other")


async def test_a_revoked_source_is_awaited_no_longer(job: Job) -> None:
    await job.beat()
    await job.world.do(sources.revoke, SYSTEM, job.id)
    await job.world.advance(hours=1)

    assert await job.sweep() == 0
    with pytest.raises(Unauthenticated):
        await job.beat()
