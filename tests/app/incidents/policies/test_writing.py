from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.errors import Conflict, Forbidden, InvalidInput, NotFound, StaleVersion
from app.incidents import policies, resolution
from app.incidents.policies import Draft, Planned
from app.incidents.words import IncidentRole, Severity
from app.security.permissions import SYSTEM
from tests.app.incidents.world import World

pytestmark = pytest.mark.anyio

COMMANDER = IncidentRole.INCIDENT_COMMANDER
PAGED = (
    "select incident_id, role, extract(epoch from due_at - since)::int from escalation_step order by 1, step"
)
AUDITED = "select action, changes from audit_event where action like 'policy.%' order by id"


def strict(minutes: float = 3, *, person_id: int | None = None, **limits: Any) -> Draft:
    commander = Planned(timedelta(minutes=minutes), COMMANDER)
    named = [Planned(timedelta(minutes=1), person_id=person_id)] if person_id else []
    return Draft((Planned(timedelta()), *named, commander), **limits)


async def revise(world: World, draft: Draft, **options: Any) -> int:
    options = {"reason": "Nights are short", **options}
    return await world.do(policies.revise, SYSTEM, 1, draft, **options)


async def test_an_edited_policy_is_taken_by_the_next_incident_and_changes_no_open_one(world: World) -> None:
    first = await world.declare(severity=Severity.S2)
    await revise(world, strict(minutes=3))
    second = await world.declare(severity=Severity.S2)

    assert await world.rows(PAGED) == [
        (first, "operator", 0),
        (first, "incident_commander", 300),
        (second, "operator", 0),
        (second, "incident_commander", 180),
    ]
    await world.do(resolution.resolve, world.olive, first)
    await world.do(resolution.reopen, world.olive, first, reason="Not over")
    assert await world.rows(
        f"{PAGED.removesuffix(' order by 1, step')} where generation = 2 order by step"
    ) == [
        (first, "operator", 0),
        (first, "incident_commander", 300),
    ]


async def test_how_often_and_how_long_are_the_policys_too(world: World) -> None:
    await revise(world, strict(repeats=0, lapses_after=timedelta(minutes=10)))
    await world.declare(severity=Severity.S1)
    await world.advance(minutes=3)
    await world.fire_due()

    last = "select role from escalation_step order by step desc limit 1"
    assert await world.one(last) == "administrator"
    assert await world.one("select lapses_after from incident") == timedelta(minutes=10)


async def test_somebody_who_is_named_is_called_by_letter(world: World) -> None:
    await revise(world, strict(person_id=world.ivan.id))
    await world.declare(severity=Severity.S2)
    await world.advance(minutes=1)

    assert await world.fire_due() == 1
    assert await world.rows("select role, provider, recipient from page where step = 2") == [
        ("operator", "mail", "ivan@example.com")
    ]
    said = "select text from incident_event where kind = 'escalated'"
    assert await world.column(said) == ["No acknowledgement within a minute: paging Ivan"]


async def test_that_they_are_gone_is_said_in_red_and_the_next_are_called(world: World) -> None:
    await revise(world, strict(person_id=world.ivan.id))
    await world.declare(severity=Severity.S2)
    await world.change("update person set deactivated_at = clock_timestamp() where name = 'Ivan'")
    await world.advance(minutes=4)
    await world.fire_due()

    assert (await world.kinds(1))[-3:] == ["escalated", "page_failed", "escalated"]


async def test_versions_count_and_say_why_and_by_whom(world: World) -> None:
    await revise(world, strict(3))
    await revise(world, strict(2), reason="Still too long", expected_version=2)

    kept = "select version, reason, created_by from escalation_policy_version order by version"
    assert await world.rows(kept) == [
        (1, "", "Opsbook"),
        (2, "Nights are short", "Opsbook"),
        (3, "Still too long", "Opsbook"),
    ]
    with pytest.raises(Exception, match="append-only"):
        await world.change("update escalation_policy_version set repeats = 0")


async def test_what_was_changed_is_in_the_audit_trail(world: World) -> None:
    await revise(world, strict(3))

    ((action, changes),) = await world.rows(AUDITED)
    assert action == "policy.revise"
    assert changes["before"]["steps"][1] == {"role": "incident_commander", "after_seconds": 300}
    assert changes["after"]["steps"][1] == {"role": "incident_commander", "after_seconds": 180}
    assert changes["reason"] == "Nights are short"


async def test_of_two_at_once_one_must_look_again(world: World) -> None:
    wanted = [revise(world, strict(one), expected_version=1) for one in (2, 3)]

    outcomes = await asyncio.gather(*wanted, return_exceptions=True)

    assert sum(outcome == 1 for outcome in outcomes) == 1
    assert sum(isinstance(outcome, StaleVersion) for outcome in outcomes) == 1


async def test_what_would_be_too_late_changes_nothing(world: World) -> None:
    with pytest.raises(InvalidInput, match="The handbook demands"):
        await revise(world, strict(6))

    assert await world.one("select count(*) from escalation_policy_version") == 1


async def test_the_same_again_is_no_version(world: World) -> None:
    with pytest.raises(Conflict, match="says already"):
        await revise(world, strict(5))


async def test_nobody_is_named_who_is_not_active(world: World) -> None:
    with pytest.raises(InvalidInput, match="not active"):
        await revise(world, strict(person_id=4711))


async def test_only_administrators_write_policies(world: World) -> None:
    with pytest.raises(Forbidden):
        await world.do(policies.revise, world.ivan, 1, strict(), reason="I would like it")


async def test_a_source_may_choose_and_its_incidents_take_that(world: World) -> None:
    checkout, other = await world.source(name="checkout"), await world.source(name="other")
    policy = await world.do(policies.add, SYSTEM, name="Checkout", draft=strict(2))
    await world.do(policies.choose, SYSTEM, 1, policy)

    await world.fire(other, "a", severity="info")
    await world.fire(checkout, "b", severity="info")

    assert [row[2] for row in await world.rows(PAGED)] == [0, 300, 0, 120]


async def test_a_retired_policy_lets_its_sources_fall_back(world: World) -> None:
    key = await world.source()
    policy = await world.do(policies.add, SYSTEM, name="Checkout", draft=strict(2))
    await world.do(policies.choose, SYSTEM, 1, policy)
    await world.do(policies.retire, SYSTEM, policy)

    await world.fire(key, severity="info")

    assert [row[2] for row in await world.rows(PAGED)] == [0, 300]
    with pytest.raises(NotFound):
        await world.do(policies.choose, SYSTEM, 1, policy)


async def test_the_usual_one_cannot_be_retired(world: World) -> None:
    with pytest.raises(Conflict, match="every incident needs one"):
        await world.do(policies.retire, SYSTEM, 1)


async def test_names_are_of_one_policy(world: World) -> None:
    with pytest.raises(InvalidInput, match="Choose another name"):
        await world.do(policies.add, SYSTEM, name="default", draft=strict())
