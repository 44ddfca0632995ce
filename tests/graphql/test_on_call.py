from __future__ import annotations

from datetime import time

import pytest

from app.incidents.on_call import covers, rotas
from app.incidents.on_call.rotas import Handover
from app.incidents.on_call.rules import LONGEST_COVER
from app.incidents.on_call.words import Weekday
from app.incidents.words import IncidentRole
from app.security.permissions import SYSTEM
from tests.graphql.conftest import House

pytestmark = pytest.mark.anyio
HANDOVER = Handover(Weekday.MONDAY, time(9), "Europe/Berlin")
NOW = "{ onCall { role name source person { name } } }"


async def turns(house: House, role: IncidentRole, *members: int | None) -> None:
    async with house.database.unit_of_work() as work:
        await rotas.set_rota(work, SYSTEM, role, [one for one in members if one], HANDOVER)


async def test_each_role_has_one_who_is_on_call(house: House) -> None:
    await turns(house, IncidentRole.OPERATOR, house.olive.id, house.ada.id)
    await turns(house, IncidentRole.INCIDENT_COMMANDER, house.ivan.id)
    async with house.database.unit_of_work() as work:
        ends_at = await work.now() + LONGEST_COVER
        await covers.cover(work, SYSTEM, IncidentRole.OPERATOR, 5, begins_at=None, ends_at=ends_at)

    answer = await house.ask(NOW)

    assert sorted((one["role"], one["name"], one["source"]) for one in answer["onCall"]) == [
        ("INCIDENT_COMMANDER", "Ivan", "ROTA"),
        ("OPERATOR", "Ada", "COVER"),
    ]


async def test_shifts_ahead_are_of_one_role_and_so_many_days(house: House) -> None:
    await turns(house, IncidentRole.OPERATOR, house.olive.id, house.ada.id)
    await turns(house, IncidentRole.INCIDENT_COMMANDER, house.ivan.id)

    answer = await house.ask(
        """{ days: onCallShifts(role: OPERATOR, days: 15) { nodes { role } }
             all: onCallShifts(role: OPERATOR) { nodes { role } }
             beyond: onCallShifts(days: 2000000000) { nodes { role } } }"""
    )

    found = {name: len(answer[name]["nodes"]) for name in answer}
    assert found["days"] in (2, 3)  # the handover may be near
    assert 13 <= found["all"] <= 15
    assert found["beyond"] == 2 * found["all"]


async def test_a_step_of_the_ladder_names_who_is_on_call_then(house: House) -> None:
    await turns(house, IncidentRole.INCIDENT_COMMANDER, house.ivan.id)

    answer = await house.ask("{ incident(number: 3) { escalation { role onCall firedAt } } }")

    [commander] = [one for one in answer["incident"]["escalation"] if one["role"] == "INCIDENT_COMMANDER"][:1]
    assert commander["onCall"] == "Ivan"
