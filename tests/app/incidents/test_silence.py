from __future__ import annotations

import random

import pytest

from app.incidents import escalation
from app.incidents.words import Severity
from tests.app.incidents.test_escalation_races import answer_around_the_due_time
from tests.app.incidents.world import PAGERDUTY_ITSELF, World

pytestmark = pytest.mark.anyio

SAID = (
    "select kind, text from incident_event where kind in ('escalated', 'paged_again', 'administrators_paged')"
)
CALLED = "select role, count(*) from page where role <> 'policy_owner' group by role order by role"
WAITS = "select step, role from escalation_step where fired_at is null and cancelled_at is null"
RUNG = """
    select fired_at is not null, cancelled_at is not null, incident.status,
           (select count(*) from page where page.incident_id = incident.id and page.step = 3),
           (select count(*) from escalation_step next where next.incident_id = incident.id and next.step = 4)
      from incident join escalation_step rung on rung.incident_id = incident.id and rung.step = 3
"""


async def administrator(world: World, name: str) -> None:
    await world.change(
        "insert into person (email, name, roles, created_at)"
        " values (:email, :name, '{admin}', clock_timestamp())",
        email=f"{name.lower()}@example.com",
        name=name,
    )


async def in_silence(world: World, *, minutes: int) -> None:
    for _ in range(minutes):
        await world.advance(minutes=1)
        await world.fire_due()


async def test_a_silent_commander_is_called_three_more_times_and_then_every_administrator_once(
    world: World,
) -> None:
    await administrator(world, "Ada")
    await administrator(world, "Aki")
    await world.declare(severity=Severity.S2)

    await in_silence(world, minutes=40)

    assert await world.rows(f"{SAID} order by seq") == [
        ("escalated", "No acknowledgement within 5 minutes: paging the incident commander"),
        ("paged_again", "No answer for 5 minutes: paging the incident commander again, 1 of 3"),
        ("paged_again", "No answer for 5 minutes: paging the incident commander again, 2 of 3"),
        ("paged_again", "No answer for 5 minutes: paging the incident commander again, 3 of 3"),
        ("administrators_paged", "Nobody has answered: paging every administrator"),
    ]
    assert await world.rows(CALLED) == [("administrator", 2), ("incident_commander", 4), ("operator", 1)]
    called = "select recipient from page where role = 'administrator' order by recipient"
    assert await world.column(called) == ["ada@example.com", "aki@example.com"]


async def test_the_steps_are_five_minutes_apart(world: World) -> None:
    await world.declare(severity=Severity.S2)

    await in_silence(world, minutes=26)

    apart = (
        "select extract(epoch from due_at - lag(fired_at) over (order by step))::float from escalation_step"
    )
    assert (await world.column(apart))[1:] == [300] * 5


async def test_nobody_is_called_again_before_the_five_minutes(world: World) -> None:
    await world.declare(severity=Severity.S2)
    await world.advance(minutes=5)
    await world.fire_due()
    await world.advance(minutes=4, seconds=50)

    assert await world.fire_due() == 0


async def test_after_an_outage_one_call_is_late_and_not_five_at_once(world: World) -> None:
    await world.declare(severity=Severity.S2)
    await world.advance(hours=1)

    assert [await world.fire_due(), await world.fire_due()] == [1, 0]


async def test_an_answer_ends_it(world: World) -> None:
    await world.declare(severity=Severity.S2)
    await in_silence(world, minutes=11)

    await world.acknowledge(1, world.ivan)

    assert await world.rows(WAITS) == []
    await in_silence(world, minutes=20)
    assert await world.one("select count(*) from page where wanted = 'trigger'") == 0


async def test_by_hand_one_goes_through_all_of_it_and_then_calls_the_commander_on(world: World) -> None:
    await administrator(world, "Ada")
    number = await world.declare(severity=Severity.S2)

    for _ in range(6):
        await world.do(escalation.escalate, world.olive, number)

    roles = "select role from escalation_step order by step"
    commander = ["incident_commander"]
    assert await world.column(roles) == ["operator", *commander * 4, "administrator", *commander]
    assert await world.rows(WAITS) == []


async def test_paging_that_begins_again_ends_with_the_administrators_again(world: World) -> None:
    await administrator(world, "Ada")
    await world.declare(severity=Severity.S2)
    await world.acknowledge(1)
    await world.report("unacknowledged", "opsbook:1:1:1", agent=PAGERDUTY_ITSELF)

    await in_silence(world, minutes=26)

    assert await world.rows(CALLED) == [("administrator", 1), ("incident_commander", 4), ("operator", 2)]


async def test_answers_around_a_repeat_leave_no_step_both_fired_and_cancelled(world: World) -> None:
    numbers = [await world.declare(f"Fault {number}", Severity.S3) for number in range(100)]
    await world.advance(minutes=5)
    while await world.fire_due():
        pass
    random.shuffle(numbers)

    await answer_around_the_due_time(world, numbers)

    outcomes = await world.rows(RUNG)
    assert len(outcomes) == 100
    for fired, cancelled, status, calls, followers in outcomes:
        assert fired != cancelled
        assert calls == followers == int(fired)
        assert status == "acknowledged"
    assert await world.rows(WAITS) == []
