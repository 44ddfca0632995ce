from __future__ import annotations

import itertools
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from app.errors import Conflict, Forbidden, InvalidInput, InvalidTransition, StaleVersion
from app.incidents import acknowledgement, closing, participation, resolution, rules
from app.incidents.checklist import reviewing
from app.incidents.words import IncidentRole, IncidentStatus, Severity
from app.security.permissions import Actor
from tests.app.incidents.world import World

pytestmark = pytest.mark.anyio

Status = IncidentStatus
PAIRS = set(itertools.product(Status, Status))
# What leads to a state, but that a mitigated incident is acknowledged when it is reopened.
COMMANDS: dict[IncidentStatus, Any] = {
    Status.ACKNOWLEDGED: partial(acknowledgement.acknowledge, via="console"),
    Status.MITIGATED: resolution.mitigate,
    Status.RESOLVED: resolution.resolve,
    Status.CANCELED: partial(resolution.cancel, reason="Why"),
    Status.TRIGGERED: partial(resolution.reopen, reason="Why"),
    Status.CLOSED: closing.close,
}
# PagerDuty reports that an acknowledgement is taken back; merging takes two, see test_merging.py.
WITHOUT_COMMAND = {
    *((start, Status.MERGED) for start in Status),
    (Status.ACKNOWLEDGED, Status.TRIGGERED),
}


async def brought_to(world: World, status: IncidentStatus) -> int:
    if status is Status.CLOSED:
        number = await brought_to(world, Status.RESOLVED)
        return await world.do(closing.close, world.ivan, number)
    number = await world.declare(severity=Severity.S3)
    if status is Status.MERGED:
        await world.set_status(number, status)
    elif status is not Status.TRIGGERED:
        await world.do(COMMANDS[status], world.ivan, number)
    if status is Status.RESOLVED:  # ready to be closed
        await world.do(reviewing.review_timeline, world.ivan, number)
    return number


async def reached(world: World, start: IncidentStatus, command: Any) -> IncidentStatus | None:
    """Where a command leads; None when it is refused, which must leave everything as it was."""
    number = await brought_to(world, start)
    before = await world.kinds(number), await world.version(number)
    with suppress(InvalidTransition):
        await world.do(command, world.ivan, number)
        return IncidentStatus(await world.status(number))
    assert (await world.kinds(number), await world.version(number)) == before
    return None


async def test_exactly_the_listed_steps_are_taken(world: World) -> None:
    taken = set()

    for start, command in itertools.product(Status, COMMANDS.values()):
        after = await reached(world, start, command)
        if after not in (None, start):
            taken.add((start, after))

    assert taken == {pair for pair in PAIRS if rules.may_become(*pair)} - WITHOUT_COMMAND


def test_the_state_machine_has_the_steps_of_its_table() -> None:
    to = {start: {wanted.value for wanted in rules.TRANSITIONS[start]} for start in Status}

    assert to == {
        "triggered": {"acknowledged", "mitigated", "resolved", "canceled", "merged"},
        "acknowledged": {"triggered", "mitigated", "resolved", "canceled", "merged"},
        "mitigated": {"acknowledged", "resolved", "merged"},
        "resolved": {"triggered", "closed"},
        "closed": {"resolved"},
        "canceled": set(),
        "merged": set(),
    }


async def test_a_reopened_mitigated_incident_is_acknowledged_again(world: World) -> None:
    number = await brought_to(world, Status.MITIGATED)

    await world.do(resolution.reopen, world.olive, number, reason="It hurts again")

    assert await world.status(number) == "acknowledged"
    assert "regressed" in await world.kinds(number)


async def test_resolving_stops_timers_and_withdraws_what_never_left(world: World) -> None:
    number = await world.declare(severity=Severity.S2)

    await world.do(resolution.resolve, world.olive, number)

    assert await world.pages(number) == [("operator", "resolve", False)]
    waiting = "select count(*) from escalation_step where fired_at is null and cancelled_at is null"
    assert await world.one(waiting) == 0


async def test_a_severe_incident_is_resolved_only_under_a_commander(world: World) -> None:
    number = await world.declare(severity=Severity.S1)

    with pytest.raises(Forbidden, match="has no commander"):
        await world.do(resolution.resolve, world.olive, number)

    commander = {"role": IncidentRole.INCIDENT_COMMANDER, "person_id": world.ivan.id}
    await world.do(participation.assign, world.olive, number, **commander)
    await world.do(resolution.resolve, world.olive, number)
    assert await world.status(number) == "resolved"


async def test_a_commander_who_resolves_takes_command(world: World) -> None:
    number = await world.declare(severity=Severity.S0)

    await world.do(resolution.resolve, world.ivan, number)

    commander = "select commander_id from incident where id = :number"
    assert await world.one(commander, number=number) == world.ivan.id


async def test_only_the_commander_mitigates_a_severe_incident(world: World) -> None:
    number = await world.declare(severity=Severity.S1)
    commander = {"role": IncidentRole.INCIDENT_COMMANDER, "person_id": world.ivan.id}
    await world.do(participation.assign, world.olive, number, **commander)

    with pytest.raises(Forbidden, match="only its incident commander"):
        await world.do(resolution.mitigate, world.olive, number)

    await world.do(resolution.mitigate, world.ivan, number)
    assert await world.status(number) == "mitigated"


async def test_only_a_commander_cancels_a_severe_incident(world: World) -> None:
    number = await world.declare(severity=Severity.S0)

    with pytest.raises(Forbidden):
        await world.do(resolution.cancel, world.olive, number, reason="A drill")

    await world.do(resolution.cancel, world.ivan, number, reason="A drill")
    assert await world.status(number) == "canceled"


@pytest.mark.parametrize("act", [resolution.cancel, resolution.reopen])
async def test_a_reason_is_demanded(world: World, act: Any) -> None:
    number = await world.declare(severity=Severity.S3)

    with pytest.raises(InvalidInput) as refused:
        await world.do(act, world.ivan, number, reason="  ")

    assert refused.value.path == ("reason",)


async def test_a_reopened_incident_pages_anew_under_new_keys(world: World) -> None:
    number = await world.declare(severity=Severity.S1)
    await world.do(resolution.resolve, world.ivan, number)

    await world.do(resolution.reopen, world.olive, number, reason="Not over")

    fresh = "select dedup_key from page where incident_id = :number and wanted = 'trigger' order by step"
    keys = await world.column(fresh, number=number)
    assert keys == [f"opsbook:{number}:2:0", f"opsbook:{number}:2:1"]
    due = (
        "select extract(epoch from max(s.due_at) - max(e.recorded_at))::float from escalation_step s,"
        " incident_event e where s.generation = 2 and s.fired_at is null and e.kind = 'reopened'"
    )
    assert await world.one(due) == 300.0


async def test_reopening_waits_for_an_acknowledgement_as_if_there_had_been_none(world: World) -> None:
    number = await world.declare(severity=Severity.S2)
    await world.acknowledge(number)
    await world.do(resolution.resolve, world.olive, number)

    await world.do(resolution.reopen, world.olive, number, reason="Not over")

    facts = "acknowledged_at, acknowledged_by, mitigated_at, resolved_at"
    found = await world.rows(f"select {facts} from incident where id = :number", number=number)
    assert found == [(None, None, None, None)]


async def test_reopening_beside_an_open_incident_for_the_same_alerts_is_a_conflict(world: World) -> None:
    key = await world.source()
    await world.fire(key, severity="warning")
    await world.do(resolution.resolve, world.olive, 1)
    await world.advance(minutes=31)
    await world.fire(key, severity="warning")

    with pytest.raises(Conflict, match="OPS-2 is open"):
        await world.do(resolution.reopen, world.olive, 1, reason="Not over")


@pytest.mark.parametrize("act", [resolution.mitigate, resolution.resolve])
async def test_a_command_on_an_older_state_is_refused(world: World, act: Any) -> None:
    number = await world.declare(severity=Severity.S3)
    seen = await world.version(number)
    await world.acknowledge(number)

    with pytest.raises(StaleVersion):
        await world.do(act, world.olive, number, expected_version=seen)


@pytest.mark.parametrize("column", ["acknowledged_at", "mitigated_at", "resolved_at"])
async def test_the_database_refuses_what_happened_before_its_cause(world: World, column: str) -> None:
    number = await world.declare()

    with pytest.raises(Exception, match="ck_incident_chronology"):
        await world.change(
            f"update incident set {column} = triggered_at - interval '1 second' where id = :number",
            number=number,
        )


async def test_the_database_refuses_to_close_before_the_end(world: World) -> None:
    number = await world.declare()

    with pytest.raises(Exception, match="ck_incident_chronology"):
        await world.change(
            "update incident set resolved_at = triggered_at + interval '2 s',"
            " closed_at = triggered_at + interval '1 s' where id = :number",
            number=number,
        )


async def test_a_clock_that_is_set_back_stops_nobody(world: World) -> None:
    number = await world.declare(severity=Severity.S3)
    await world.advance(hours=-1)

    await world.acknowledge(number)
    await world.do(resolution.mitigate, world.olive, number)
    await world.do(resolution.resolve, world.olive, number)

    assert await world.status(number) == "resolved"


@pytest.mark.parametrize("act", [resolution.mitigate, resolution.resolve])
async def test_somebody_without_a_role_does_not_even_see_it(world: World, act: Any) -> None:
    number = await world.declare()
    stranger: Actor = world.nora

    with pytest.raises(Exception, match="no such thing"):
        await world.do(act, stranger, number)
