from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.errors import InvalidTransition
from app.incidents import escalation, resolution
from app.incidents.words import Severity
from app.observability import health
from app.storage.unit_of_work import UnitOfWork
from tests.app.incidents.world import World

pytestmark = pytest.mark.anyio

STEPS = "select step, role, fired_at is not null, cancelled_at is not null from escalation_step order by step"
COMMANDER_CALLED = "select count(*) from page where role = 'incident_commander'"


async def set_clock(world: World, seconds: float) -> None:
    """Let exactly so much time have passed since the incident, whatever the test itself takes."""
    await world.change(
        "update escalation_step set due_at = clock_timestamp() + make_interval(secs => 300 - :seconds)"
        " where fired_at is null",
        seconds=seconds,
    )


async def test_the_commander_is_called_after_five_minutes(world: World) -> None:
    await world.declare(severity=Severity.S2)
    await world.advance(minutes=5)

    fired = await world.fire_due()

    assert fired == 1
    assert await world.one(COMMANDER_CALLED) == 1
    assert (await world.kinds(1))[-1] == "escalated"


async def test_not_a_moment_before(world: World) -> None:
    await world.declare(severity=Severity.S2)
    await set_clock(world, 299.5)

    assert await world.fire_due() == 0
    assert await world.one(COMMANDER_CALLED) == 0


async def test_firing_twice_calls_once(world: World) -> None:
    await world.declare(severity=Severity.S2)
    await world.advance(minutes=5)

    assert [await world.fire_due(), await world.fire_due()] == [1, 0]
    assert await world.one(COMMANDER_CALLED) == 1


async def test_the_database_refuses_to_fire_early(world: World) -> None:
    await world.declare()

    with pytest.raises(Exception, match="ck_escalation_step_never_early"):
        await world.change("update escalation_step set fired_at = clock_timestamp() where step = 2")


async def test_the_database_refuses_a_step_that_fired_and_was_cancelled(world: World) -> None:
    await world.declare()

    with pytest.raises(Exception, match="ck_escalation_step_once"):
        await world.change("update escalation_step set cancelled_at = clock_timestamp() where step = 1")


async def test_several_sweepers_fire_each_step_once(world: World) -> None:
    for number in range(30):
        await world.declare(f"Fault {number}", Severity.S2)
    await world.advance(minutes=5)

    async def sweep() -> int:
        return sum([await world.fire_due() for _ in range(8)])

    fired = await asyncio.gather(*(sweep() for _ in range(4)))

    assert sum(fired) == 30
    assert await world.one(COMMANDER_CALLED) == 30
    assert await world.one("select count(distinct incident_id) from page where step = 2") == 30


async def test_the_worst_are_called_first(world: World) -> None:
    for number, severity in enumerate([Severity.S3] * 25 + [Severity.S0]):
        await world.declare(f"Fault {number}", severity)
    await world.advance(minutes=5)

    await world.fire_due()

    assert await world.one(f"{COMMANDER_CALLED} and urgency = 0") == 1


async def test_while_somebody_holds_the_worst_few_others_are_called(world: World) -> None:
    for number, severity in enumerate([Severity.S3] * 25 + [Severity.S0]):
        await world.declare(f"Fault {number}", severity)
    await world.advance(minutes=5)

    async with world.database.engine.begin() as holder:
        await holder.exec_driver_sql("select 1 from incident where severity = 'S0' for update")
        assert await world.fire_due() == escalation.MEANWHILE

    assert await world.fire_due() == 1
    assert await world.one(f"{COMMANDER_CALLED} and urgency = 0") == 1


async def test_an_incident_that_somebody_holds_is_left_to_them(world: World) -> None:
    number = await world.declare(severity=Severity.S2)
    await world.advance(minutes=5)

    async with world.database.engine.begin() as holder:
        await holder.exec_driver_sql("select 1 from incident for update")
        assert await world.fire_due() == 0

    assert await world.status(number) == "triggered"
    assert await world.fire_due() == 1


async def test_a_crash_in_the_firing_transaction_leaves_the_timer(world: World) -> None:
    await world.declare(severity=Severity.S2)
    await world.advance(minutes=5)

    async def crash(work: UnitOfWork) -> None:
        await escalation.fire_due(work)
        raise RuntimeError("crash")

    with pytest.raises(RuntimeError, match="crash"):
        await world.do(crash)

    assert await world.one(COMMANDER_CALLED) == 0
    assert await world.fire_due() == 1


async def test_escalating_by_hand_fires_the_next_timer_now(world: World) -> None:
    number = await world.declare(severity=Severity.S2)

    await world.do(escalation.escalate, world.olive, number)

    assert await world.rows(STEPS) == [
        (1, "operator", True, False),
        (2, "incident_commander", True, False),
        (3, "incident_commander", False, False),
    ]
    await world.advance(minutes=4, seconds=50)
    assert await world.fire_due() == 0


async def test_past_the_last_rung_the_commander_is_called_again(world: World) -> None:
    number = await world.declare(severity=Severity.S2)

    for _ in range(3):
        await world.do(escalation.escalate, world.olive, number)

    called = "select step, dedup_key from page where role = 'incident_commander' order by step"
    assert await world.rows(called) == [(step, f"opsbook:{number}:1:{step}") for step in (2, 3, 4)]


@pytest.mark.parametrize("act", [resolution.resolve, resolution.cancel])
async def test_nobody_is_called_for_what_is_over(world: World, act: Any) -> None:
    number = await world.declare(severity=Severity.S3)
    await world.do(act, world.olive, number, **({"reason": "Drill"} if act is resolution.cancel else {}))

    with pytest.raises(InvalidTransition, match="nobody needs to be paged"):
        await world.do(escalation.escalate, world.olive, number)


async def test_an_edited_policy_changes_nothing_for_an_incident_that_runs(world: World) -> None:
    number = await world.declare(severity=Severity.S2)
    await world.change(
        "insert into escalation_policy_version (policy_id, version, steps, created_at, created_by)"
        """ select id, 2, '[{"role": "incident_commander", "after_seconds": 0}]', clock_timestamp(), 'Ada'"""
        " from escalation_policy"
    )
    await world.do(resolution.resolve, world.olive, number)

    await world.do(resolution.reopen, world.olive, number, reason="Not over")
    await world.declare("Another", Severity.S2)

    called = "select incident_id, generation, role from page order by id"
    assert await world.rows(called) == [
        (number, 1, "operator"),
        (number, 2, "operator"),
        (number + 1, 1, "incident_commander"),
    ]


async def test_how_late_the_next_timer_is_can_be_asked(world: World) -> None:
    await world.declare(severity=Severity.S2)
    in_time = await health.seconds_overdue(world.database)
    await world.advance(minutes=5, seconds=20)

    assert in_time == 0
    assert 20 <= await health.seconds_overdue(world.database) < 25
