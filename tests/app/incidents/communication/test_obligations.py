from __future__ import annotations

from typing import Any

import pytest

from app.errors import Conflict, Forbidden, NotFound
from app.incidents import participation, resolution, severity
from app.incidents.communication import nudging, waiving
from app.incidents.words import IncidentRole, Severity
from tests.app.incidents.communication.desk import notices, tell
from tests.app.incidents.world import World

pytestmark = pytest.mark.anyio
OWED = """
    select kind, (extract(epoch from due_at - triggered_at) / 10)::int * 10, met_by, waived_by is not null
      from obligation join incident on incident.id = incident_id
     where kind like '%update' order by obligation.id
"""


async def owed(world: World) -> list[Any]:
    return await world.rows(OWED)


@pytest.mark.parametrize(
    ("severity_", "first"),
    [(Severity.S0, [300]), (Severity.S1, [300]), (Severity.S2, []), (Severity.S3, [])],
)
async def test_the_community_hears_of_a_severe_incident_within_five_minutes(
    world: World, severity_: Severity, first: list[int]
) -> None:
    await world.declare(severity=severity_)

    assert [due for _, due, *_ in await owed(world)] == first


async def test_the_next_update_is_owed_twenty_minutes_after_the_last(world: World) -> None:
    number = await world.declare()
    await world.advance(minutes=2)
    await tell(world, number)
    await world.advance(minutes=20)
    await tell(world, number)

    assert await owed(world) == [
        ("first_public_update", 300, "Olive", False),
        ("next_update", 1320, "Olive", False),
        ("next_update", 2520, None, False),
    ]


async def test_a_promise_to_enterprise_customers_is_met_by_telling_them(world: World) -> None:
    number = await world.declare()
    await tell(world, number, "enterprise")
    await tell(world, number)
    await tell(world, number, "enterprise", status="resolved")

    met = {kind: by for kind, _, by, _ in await owed(world)}
    assert met == {"first_public_update": "Olive", "next_enterprise_update": "Olive", "next_update": None}


async def test_the_last_word_owes_nothing_more(world: World) -> None:
    number = await world.declare()
    await tell(world, number)
    await tell(world, number, status="resolved")

    assert [by for _, _, by, _ in await owed(world)] == ["Olive", "Olive"]


async def test_an_incident_that_becomes_severe_owes_a_word_from_then_on(world: World) -> None:
    number = await world.declare(severity=Severity.S2)
    await world.advance(minutes=12)

    await world.do(severity.change, world.olive, number, severity=Severity.S1, reason="Worse")
    await world.do(severity.change, world.olive, number, severity=Severity.S0, reason="Worse still")

    assert await owed(world) == [("first_public_update", 1020, None, False)]


async def test_lowering_the_severity_lifts_what_was_owed_and_raising_it_owes_it_anew(world: World) -> None:
    number = await world.declare()

    for one in (Severity.S3, Severity.S1):
        await world.do(severity.change, world.olive, number, severity=one, reason="See")

    assert [(kind, lifted) for kind, _, _, lifted in await owed(world)] == [
        ("first_public_update", True),
        ("first_public_update", False),
    ]


async def test_what_ends_before_it_was_due_owes_nothing(world: World) -> None:
    number = await world.declare()

    await world.do(resolution.resolve, world.ivan, number)

    assert await world.rows("select waived_by, waive_reason from obligation where kind like 'first%'") == [
        (["Opsbook"], "over before it was due")
    ]


async def test_what_ends_too_late_still_shows_that_nobody_was_told(world: World) -> None:
    number = await world.declare()
    await world.advance(minutes=6)

    await world.do(resolution.resolve, world.ivan, number)

    assert await owed(world) == [("first_public_update", 300, None, False)]


async def test_a_promise_outlives_the_incident(world: World) -> None:
    number = await world.declare()
    await tell(world, number)
    await world.do(resolution.resolve, world.ivan, number)
    await world.advance(minutes=20)

    assert await world.do(nudging.nudge_due) == 1


async def test_somebody_is_reminded_when_it_is_due_and_only_once(world: World) -> None:
    number = await world.declare()

    await world.advance(seconds=299)
    early = await world.do(nudging.nudge_due)
    await world.advance(seconds=1)
    at_last, again = [await world.do(nudging.nudge_due) for _ in range(2)]

    assert (early, at_last, again) == (0, 1, 0)
    assert (await world.kinds(number)).count("update_due") == 1


@pytest.mark.parametrize(
    ("role", "who", "words"),
    [
        (None, "olive@example.com", "Olive (operator)"),
        (IncidentRole.INCIDENT_COMMANDER, "ivan@example.com", "Ivan (incident commander)"),
        (IncidentRole.COMMS_LEAD, "ivan@example.com", "Ivan (communications lead)"),
    ],
)
async def test_who_speaks_for_it_is_reminded(
    world: World, role: IncidentRole | None, who: str, words: str
) -> None:
    number = await world.declare()
    if role:
        await world.do(participation.assign, world.olive, number, role=role, person_id=world.ivan.id)
    await world.advance(minutes=5)

    await world.do(nudging.nudge_due)

    assert await notices(world) == [
        ("nudge", "mail", who, "queued"),
        ("nudge", "slack", "incident channel", "queued"),
    ]
    said = await world.one("select text from incident_event where kind = 'update_due'")
    assert said == f"The first word to the community is due: reminding {words}"


async def test_a_duty_is_left_out_by_two_people(world: World) -> None:
    number = await world.declare()
    asked = {"kind": "first_public_update", "reason": "It concerns nobody outside"}

    await world.do(waiving.waive, world.ivan, number, **asked)
    alone = [waived for *_, waived in await owed(world)]
    await world.do(waiving.waive, world.paula, number, **asked)

    assert alone == [False]
    assert await world.column("select waived_by from obligation where kind like 'first%'") == [
        ["Ivan", "Paula"]
    ]


async def test_one_person_or_an_operator_leaves_nothing_out(world: World) -> None:
    number = await world.declare()
    asked = {"kind": "first_public_update", "reason": "A drill"}
    await world.do(waiving.waive, world.ivan, number, **asked)

    with pytest.raises(Conflict, match="signed already"):
        await world.do(waiving.waive, world.ivan, number, **asked)
    with pytest.raises(Forbidden):
        await world.do(waiving.waive, world.olive, number, **asked)
    with pytest.raises(NotFound):
        await world.do(waiving.waive, world.paula, number, kind="next_update", reason="A drill")
