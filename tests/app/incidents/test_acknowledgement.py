from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from app.errors import Forbidden, InvalidTransition, StaleVersion
from app.incidents import acknowledgement, escalation, links, opening, resolution
from app.incidents.words import Severity
from app.security.permissions import Actor, Role, Scope, granted
from tests.app.incidents.world import World

pytestmark = pytest.mark.anyio

TOKEN = Actor("token", 7, "ci", scopes=frozenset({Scope.INCIDENTS_READ, Scope.INCIDENTS_WRITE}))
SECRET_KEY = "k" * 64


async def test_an_acknowledgement_stops_timers_and_pages(world: World) -> None:
    number = await world.declare(severity=Severity.S2)

    answer = await world.acknowledge(number)

    assert (answer.first, answer.by) == (True, "Olive")
    assert await world.status(number) == "acknowledged"
    assert await world.pages(number) == [("operator", "acknowledge", False)]
    stopped = "select role, cancel_reason from escalation_step where cancelled_at is not null"
    assert await world.rows(stopped) == [("incident_commander", "acknowledged by Olive")]


async def test_the_second_learns_who_was_first(world: World) -> None:
    number = await world.declare(severity=Severity.S2)
    first = await world.acknowledge(number)

    second = await world.acknowledge(number, TOKEN, via="graphql")

    assert second == acknowledgement.Answer(number, False, "Olive", first.at)
    assert (await world.kinds(number))[-2:] == ["acknowledged", "acknowledged_also"]


async def test_of_many_at_once_exactly_one_is_first(world: World) -> None:
    number = await world.declare(severity=Severity.S1)
    queued_at = await world.one("select queued_at from page where role = 'operator'")
    link = links.acknowledgement_link(
        "", SECRET_KEY, number=number, generation=1, step=1, queued_at=queued_at
    )

    await asyncio.gather(
        *(world.acknowledge(number, actor, via="x") for actor in (world.olive, world.ivan, TOKEN) * 4),
        *(world.do(links.acknowledge, SECRET_KEY, link.rpartition("/")[2]) for _ in range(3)),
    )

    kinds = Counter(await world.kinds(number))
    assert kinds["acknowledged"] == 1
    # Twelve by hand and one through the link, which may be used once; one of these thirteen was first.
    assert kinds["acknowledged_also"] == 12


async def test_after_it_nothing_leaves_for_half_an_hour(world: World) -> None:
    number = await world.declare(severity=Severity.S2)
    await world.acknowledge(number)

    for _ in range(30):
        await world.advance(minutes=1)
        assert await world.fire_due() == 0

    assert await world.pages(number) == [("operator", "acknowledge", False)]


async def test_it_happened_when_it_was_pressed_but_not_before_the_incident(world: World) -> None:
    early, late = await world.declare(severity=Severity.S2), await world.declare(severity=Severity.S2)
    triggered_at = await world.one("select triggered_at from incident where id = :number", number=early)
    await world.advance(minutes=2)

    before = await world.acknowledge(early, occurred_at=triggered_at - timedelta(minutes=1))
    after = await world.acknowledge(late, occurred_at=triggered_at + timedelta(minutes=1))

    assert before.at == triggered_at
    assert after.at == triggered_at + timedelta(minutes=1)


async def test_it_did_not_happen_in_the_future(world: World) -> None:
    number = await world.declare(severity=Severity.S2)
    triggered_at = await world.one("select triggered_at from incident")

    answer = await world.acknowledge(number, occurred_at=triggered_at + timedelta(days=1))

    assert answer.at - triggered_at < timedelta(minutes=1)


async def test_a_late_one_does_not_undo_the_resolution(world: World) -> None:
    number = await world.declare(severity=Severity.S2)
    await world.do(resolution.resolve, world.olive, number)

    with pytest.raises(InvalidTransition):
        await world.acknowledge(number)

    assert await world.status(number) == "resolved"


async def test_a_late_one_does_not_undo_the_mitigation(world: World) -> None:
    number = await world.declare(severity=Severity.S2)
    await world.do(resolution.mitigate, world.olive, number)

    answer = await world.acknowledge(number)

    assert answer.first
    assert await world.status(number) == "mitigated"
    assert await world.one("select acknowledged_by from incident") == "Olive"


async def test_on_an_older_state_that_still_waits_it_is_refused(world: World) -> None:
    number = await world.declare(severity=Severity.S2)
    seen = await world.version(number)
    await world.do(escalation.escalate, world.olive, number)

    with pytest.raises(StaleVersion):
        await world.acknowledge(number, expected_version=seen)


async def test_on_an_older_state_that_is_answered_it_names_the_winner(world: World) -> None:
    number = await world.declare(severity=Severity.S2)
    seen = await world.version(number)
    await world.acknowledge(number)

    answer = await world.acknowledge(number, world.ivan, expected_version=seen)

    assert (answer.first, answer.by) == (False, "Olive")


async def test_whoever_acknowledges_takes_part(world: World) -> None:
    number = await world.declare(severity=Severity.S2)

    await world.acknowledge(number)

    assert await world.rows("select person_id, role from participant") == [(world.olive.id, "operator")]


async def test_a_commander_who_was_called_and_answers_is_in_command(world: World) -> None:
    number = await world.declare(severity=Severity.S1)
    await world.do(escalation.escalate, world.olive, number)

    await world.acknowledge(number, world.ivan)

    assert await world.one("select commander_id from incident") == world.ivan.id


async def test_a_commander_who_answers_late_is_called_no_more(world: World) -> None:
    number = await world.declare(severity=Severity.S2)
    await world.acknowledge(number)
    await world.do(escalation.escalate, world.olive, number)

    await world.acknowledge(number, world.ivan)

    assert await world.pages(number) == [
        ("operator", "acknowledge", False),
        ("incident_commander", "acknowledge", False),
    ]


async def test_a_viewer_may_not(world: World) -> None:
    number = await world.declare()
    viewer = Actor("person", 99, "Vera", scopes=granted([Role.VIEWER]), roles=frozenset({Role.VIEWER}))

    with pytest.raises(Forbidden):
        await world.acknowledge(number, viewer)


async def test_each_is_audited(world: World) -> None:
    number = await world.do(opening.declare, world.olive, title="Slow", severity=Severity.S3)

    await world.acknowledge(number)
    await world.acknowledge(number, world.ivan)

    assert await world.rows("select action, actor_name from audit_event order by id") == [
        ("incident.declare", "Olive"),
        ("incident.acknowledge", "Olive"),
        ("incident.acknowledge", "Ivan"),
    ]
