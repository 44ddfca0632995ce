from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import pytest

from app.errors import StaleVersion, Unavailable
from app.incidents import resolution
from app.incidents.words import Severity
from tests.app.incidents.world import World

pytestmark = pytest.mark.anyio

INCIDENTS = 300
AROUND_DUE_SECONDS = 0.03
FIRST_SECONDS = 0.5
APART_SECONDS = 0.01

# What an incident's own numbering says of how its race ended.
OUTCOMES = """
    select step.fired_at is not null as fired, step.cancelled_at is not null as cancelled,
           escalated.seq, acknowledged.seq, incident.status,
           (select count(*) from page where page.incident_id = incident.id and page.step = 2) as calls
      from incident
      join escalation_step step on step.incident_id = incident.id and step.step = 2
      left join incident_event escalated
             on escalated.incident_id = incident.id and escalated.kind = 'escalated'
      left join incident_event acknowledged
             on acknowledged.incident_id = incident.id and acknowledged.kind = 'acknowledged'
"""


async def test_acknowledgements_around_the_due_time_leave_no_step_both_fired_and_cancelled(
    world: World,
) -> None:
    numbers = [await world.declare(f"Fault {number}", Severity.S3) for number in range(INCIDENTS)]

    await answer_around_the_due_time(world, numbers)

    for fired, cancelled, escalated, acknowledged, status, calls in await world.rows(OUTCOMES):
        assert fired != cancelled
        assert calls == int(fired)
        assert status == "acknowledged"
        assert (escalated is not None) == fired
        assert not fired or escalated < acknowledged


async def test_of_two_commands_on_one_version_one_wins(world: World) -> None:
    number = await world.declare(severity=Severity.S3)
    seen = await world.version(number)

    outcomes = await asyncio.gather(
        *(world.do(resolution.mitigate, world.olive, number, expected_version=seen) for _ in range(5)),
        return_exceptions=True,
    )

    assert sum(outcome == number for outcome in outcomes) == 1
    assert sum(isinstance(outcome, StaleVersion) for outcome in outcomes) == 4


async def test_what_waited_for_a_lock_is_written_after_what_held_it(world: World) -> None:
    number = await world.declare(severity=Severity.S3)
    async with world.database.unit_of_work() as work:
        await resolution.mitigate(work, world.olive, number)
        waiting = asyncio.create_task(world.acknowledge(number))
        await world.somebody_waits()
        held_at = work.moment

    answer = await waiting

    assert held_at is not None
    assert answer.at > held_at
    recorded = await world.column("select recorded_at from incident_event order by seq")
    assert recorded == sorted(recorded)


async def answer_around_the_due_time(world: World, numbers: Sequence[int]) -> None:
    """Let timers run out one after the other while three sweep and everybody answers at about that time."""
    first_due = await due_one_after_the_other(world)
    sweeping = [asyncio.create_task(sweep(world)) for _ in range(3)]
    await asyncio.gather(*(acknowledge_around(world, number, first_due) for number in numbers))
    for task in sweeping:
        task.cancel()
    await asyncio.gather(*sweeping, return_exceptions=True)


async def due_one_after_the_other(world: World) -> float:
    """Set the timers 10 ms apart; answers when the first is due, by the event loop's stopwatch."""
    await world.change(
        "update escalation_step set due_at = clock_timestamp()"
        " + (cast(:first as float) + incident_id * cast(:apart as float)) * interval '1 s'"
        " where fired_at is null",
        first=FIRST_SECONDS,
        apart=APART_SECONDS,
    )
    return asyncio.get_running_loop().time() + FIRST_SECONDS


async def acknowledge_around(world: World, number: int, first_due: float) -> None:
    due = first_due + number * APART_SECONDS
    wanted = due + random.Random(number).uniform(-AROUND_DUE_SECONDS, AROUND_DUE_SECONDS)
    await asyncio.sleep(max(0.0, wanted - asyncio.get_running_loop().time()))
    await insistently(world.acknowledge, number)


async def insistently(act: Callable[..., Awaitable[object]], *values: object) -> None:
    """Do it once a connection is free: on a busy machine that takes longer than anybody is made to wait."""
    while True:
        with suppress(Unavailable):
            await act(*values)
            return


async def sweep(world: World) -> None:
    while True:
        await insistently(world.fire_due)
        await asyncio.sleep(0.02)
