from __future__ import annotations

import pytest

from app.errors import InvalidInput, StaleVersion
from app.incidents import participation
from app.incidents.words import IncidentRole, Severity
from app.security.permissions import Actor
from tests.app.incidents.world import World

pytestmark = pytest.mark.anyio

HELD = "select person_id, role from participant where renounced_at is null order by id"


async def assign(world: World, role: IncidentRole, who: Actor, **options: int) -> None:
    await world.do(participation.assign, world.olive, 1, role=role, person_id=who.id, **options)


async def test_a_commander_hands_over_to_the_next(world: World) -> None:
    await world.declare(severity=Severity.S2)

    await assign(world, IncidentRole.INCIDENT_COMMANDER, world.ivan)
    await assign(world, IncidentRole.INCIDENT_COMMANDER, world.paula)

    assert await world.one("select commander_id from incident") == world.paula.id
    assert await world.rows(HELD) == [(world.paula.id, "incident_commander")]


async def test_there_may_be_several_operators(world: World) -> None:
    await world.declare(severity=Severity.S2)

    await assign(world, IncidentRole.OPERATOR, world.olive)
    await assign(world, IncidentRole.OPERATOR, world.ivan)

    assert await world.rows(HELD) == [(world.olive.id, "operator"), (world.ivan.id, "operator")]


async def test_naming_a_policy_owner_leaves_the_team_in(world: World) -> None:
    await world.declare(severity=Severity.S1)

    await assign(world, IncidentRole.POLICY_OWNER, world.paula)

    assert await world.rows(HELD) == [(None, "policy_owner"), (world.paula.id, "policy_owner")]


async def test_giving_a_role_twice_changes_nothing(world: World) -> None:
    await world.declare(severity=Severity.S2)
    await assign(world, IncidentRole.SCRIBE, world.ivan)
    before = await world.kinds(1), await world.version(1)

    await assign(world, IncidentRole.SCRIBE, world.ivan)

    assert (await world.kinds(1), await world.version(1)) == before


async def test_a_role_comes_back(world: World) -> None:
    await world.declare(severity=Severity.S2)

    for who in (world.ivan, world.paula, world.ivan):
        await assign(world, IncidentRole.COMMS_LEAD, who)

    assert await world.rows(HELD) == [(world.ivan.id, "comms_lead")]
    assert await world.one("select count(*) from participant") == 3


async def test_somebody_who_left_gets_no_role(world: World) -> None:
    await world.declare()
    await world.change("update person set deactivated_at = clock_timestamp() where name = 'Ivan'")

    with pytest.raises(InvalidInput):
        await assign(world, IncidentRole.INCIDENT_COMMANDER, world.ivan)


async def test_on_an_older_state_it_is_refused(world: World) -> None:
    number = await world.declare()
    await world.acknowledge(number)

    with pytest.raises(StaleVersion):
        await assign(world, IncidentRole.SCRIBE, world.ivan, expected_version=1)


async def test_nobody_takes_part_as_administrator(world: World) -> None:
    await world.declare(severity=Severity.S2)

    with pytest.raises(InvalidInput, match="lead no incident"):
        await assign(world, IncidentRole.ADMINISTRATOR, world.ivan)
