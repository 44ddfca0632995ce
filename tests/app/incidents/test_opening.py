from __future__ import annotations

import pytest

from app.errors import NotFound
from app.incidents import opening
from app.incidents.words import Severity
from app.storage.unit_of_work import UnitOfWork
from tests.app.incidents.world import World

pytestmark = pytest.mark.anyio

PAGES = "select step, role, status from page where incident_id = :number order by step"


async def test_an_incident_pages_the_operator_at_once(world: World) -> None:
    number = await world.declare(severity=Severity.S2)

    assert await world.rows(PAGES, number=number) == [(1, "operator", "queued")]


async def test_a_severe_incident_loops_in_the_policy_owner(world: World) -> None:
    number = await world.declare(severity=Severity.S1)

    assert await world.rows(PAGES, number=number) == [
        (0, "policy_owner", "queued"),
        (1, "operator", "queued"),
    ]
    joined = "select role from participant where incident_id = :number"
    assert await world.rows(joined, number=number) == [("policy_owner",)]


async def test_the_commander_is_due_exactly_five_minutes_after_it_was_triggered(world: World) -> None:
    number = await world.declare()

    due = """
        select extract(epoch from step.due_at - incident.triggered_at)::float
        from escalation_step step join incident on incident.id = step.incident_id
        where incident.id = :number and step.role = 'incident_commander'
    """
    assert await world.one(due, number=number) == 300.0


async def test_a_rollback_leaves_neither_page_nor_participant(world: World) -> None:
    async def crash(work: UnitOfWork) -> None:
        await opening.declare(work, world.olive, title="Lost", severity=Severity.S0)
        raise RuntimeError("crash")

    with pytest.raises(RuntimeError, match="crash"):
        await world.do(crash)

    tables = ("incident", "page", "participant", "obligation", "incident_event", "audit_event")
    assert [await world.one(f"select count(*) from {table}") for table in tables] == [0] * 6


async def test_somebody_without_a_role_finds_nothing(world: World) -> None:
    with pytest.raises(NotFound):
        await world.do(opening.declare, world.nora, title="No", severity=Severity.S3)
