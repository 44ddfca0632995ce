from __future__ import annotations

import pytest

from app.incidents import resolution, severity
from app.incidents.words import Severity
from app.storage.unit_of_work import UnitOfWork
from tests.app.incidents.world import World

pytestmark = pytest.mark.anyio

OWED = """select kind, met_by from obligation
    where incident_id = :number and kind = 'policy_owner_loop_in' order by id"""
CALLS = "select count(*) from page where role = 'policy_owner' and incident_id = :number"


async def change(world: World, number: int, to: Severity) -> None:
    await world.do(severity.change, world.olive, number, severity=to, reason="As I see it")


@pytest.mark.parametrize("mild", [Severity.S2, Severity.S3])
async def test_a_mild_incident_calls_no_policy_owner(world: World, mild: Severity) -> None:
    number = await world.declare(severity=mild)

    assert await world.one(CALLS, number=number) == 0
    assert await world.rows(OWED, number=number) == []


async def test_going_down_and_up_again_calls_once(world: World) -> None:
    number = await world.declare(severity=Severity.S1)

    await change(world, number, Severity.S2)
    await change(world, number, Severity.S1)

    assert await world.one(CALLS, number=number) == 1
    assert await world.rows(OWED, number=number) == [("policy_owner_loop_in", None)]


async def test_raising_it_later_calls_then(world: World) -> None:
    number = await world.declare(severity=Severity.S2)
    await world.advance(minutes=12)

    await change(world, number, Severity.S1)

    late = "select extract(epoch from page.queued_at - triggered_at)::int from page join incident on true"
    assert await world.column(f"{late} where role = 'policy_owner'") == [720]


async def test_a_failed_raise_leaves_neither_page_nor_participant(world: World) -> None:
    number = await world.declare(severity=Severity.S2)

    async def crash(work: UnitOfWork) -> None:
        await severity.change(work, world.olive, number, severity=Severity.S0, reason="Worse")
        raise RuntimeError("crash")

    with pytest.raises(RuntimeError, match="crash"):
        await world.do(crash)

    assert await world.one(CALLS, number=number) == 0
    assert await world.one("select count(*) from participant") == 0


async def test_each_generation_calls_anew_for_one_team(world: World) -> None:
    number = await world.declare(severity=Severity.S1)
    await world.do(resolution.resolve, world.ivan, number)

    await world.do(resolution.reopen, world.ivan, number, reason="Not over")

    assert await world.one(CALLS, number=number) == 2
    team = "select count(*) from participant where role = 'policy_owner' and person_id is null"
    assert await world.one(team) == 1


async def test_an_operators_acknowledgement_does_not_answer_it(world: World) -> None:
    number = await world.declare(severity=Severity.S1)

    await world.acknowledge(number)

    assert await world.pages(number) == [
        ("policy_owner", "trigger", True),
        ("operator", "acknowledge", False),
    ]
    assert await world.rows(OWED, number=number) == [("policy_owner_loop_in", None)]


async def test_the_policy_owner_answers_for_nobody_else(world: World) -> None:
    number = await world.declare(severity=Severity.S1)

    answer = await world.acknowledge(number, world.paula)
    again = await world.acknowledge(number, world.paula)

    assert (answer.first, again.first, again.by) == (True, False, "Paula")
    assert await world.status(number) == "triggered"
    assert await world.rows(OWED, number=number) == [("policy_owner_loop_in", "Paula")]
    assert await world.pages(number) == [
        ("policy_owner", "acknowledge", False),
        ("operator", "trigger", True),
    ]


async def test_where_nobody_was_looped_in_the_policy_owner_answers_like_anybody(world: World) -> None:
    number = await world.declare(severity=Severity.S2)

    await world.acknowledge(number, world.paula)

    assert await world.status(number) == "acknowledged"
