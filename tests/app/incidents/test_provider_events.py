from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from app.incidents import participation, provider_events, resolution
from app.incidents.provider_events import Webhook
from app.incidents.words import IncidentRole, Severity
from app.outside.pagerduty import webhooks
from tests.app.incidents.world import OLIVE_THERE, PAGERDUTY_ITSELF, World

pytestmark = pytest.mark.anyio


async def report(world: World, what: str, *, step: int = 1, generation: int = 1, **event: Any) -> str:
    """Let PagerDuty report something about a page of OPS-1, which has left."""
    await world.change("update page set attempts = 1, told = 'trigger', due_at = null where told is null")
    event = {"id": f"Q{step}", "incident_key": f"opsbook:1:{generation}:{step}", **event}
    return await world.report(what, event.pop("incident_key"), **event)


async def test_an_acknowledgement_there_is_one_here(world: World) -> None:
    number = await world.declare(severity=Severity.S2)
    pressed_at = await world.one("select clock_timestamp()")
    await world.advance(minutes=1)

    assert await report(world, "acknowledged", at=pressed_at) == "applied"

    facts = "select status, acknowledged_by, acknowledged_at from incident where id = :number"
    assert await world.rows(facts, number=number) == [("acknowledged", "Olive Okafor", pressed_at)]
    page = "select status, acknowledged_by, due_at from page"
    assert await world.rows(page) == [("acknowledged", "Olive Okafor", None)]


async def test_it_is_never_earlier_than_the_incident(world: World) -> None:
    await world.declare(severity=Severity.S2)
    triggered_at = await world.one("select triggered_at from incident")

    await report(world, "acknowledged", at=triggered_at - timedelta(minutes=3))

    assert await world.one("select acknowledged_at from incident") == triggered_at


async def test_the_same_webhook_five_times_at_once_is_one_change(world: World) -> None:
    await world.declare(severity=Severity.S2)

    outcomes = await asyncio.gather(*(report(world, "acknowledged", webhook_id="one") for _ in range(5)))

    assert Counter(outcomes) == {"applied": 1, "repeated": 4}
    assert Counter(await world.kinds(1))["acknowledged"] == 1
    assert await world.one("select count(*) from provider_event") == 1


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"event": 5}', b'{"event": {"event_type": "moon.full"}}', b"\xff"]
)
async def test_what_is_not_understood_is_kept_and_ignored(world: World, body: bytes) -> None:
    outcomes = await world.do(provider_events.receive, [Webhook("moon", body, webhooks.parse(body))])

    assert outcomes == ["ignored"]
    assert await world.rows("select body, outcome from provider_event") == [(body, "ignored")]


async def test_news_of_somebody_elses_incident_are_ignored(world: World) -> None:
    await world.declare(severity=Severity.S2)

    assert await report(world, "acknowledged", incident_key="of-another", id="QOTHER") == "ignored"

    assert await world.status(1) == "triggered"


@pytest.mark.parametrize(
    "named",
    [
        {"id": "unknown", "title": "irrelevant"},
        {"incident_key": None, "title": "[OPS-1·1] S2: Checkout is down"},
        {"incident_key": None, "id": "QBOUND"},
    ],
)
async def test_a_page_is_found_by_key_by_marker_and_by_id(world: World, named: dict[str, Any]) -> None:
    await world.declare(severity=Severity.S2)
    await world.change("update page set provider_incident_id = 'QBOUND'")

    assert await report(world, "acknowledged", **named) == "applied"


async def test_a_late_acknowledgement_leaves_it_resolved(world: World) -> None:
    await world.declare(severity=Severity.S2)
    await report(world, "resolved")

    assert await report(world, "acknowledged") == "late"

    assert await world.status(1) == "resolved"


async def test_acknowledged_before_triggered_comes_out_right(world: World) -> None:
    await world.declare(severity=Severity.S2)

    assert await report(world, "acknowledged") == "applied"
    assert await report(world, "triggered") == "applied"

    assert await world.column("select status from page") == ["acknowledged"]
    assert await world.column("select provider_incident_id from page") == ["Q1"]


async def test_what_we_told_it_ourselves_comes_back_as_an_echo(world: World) -> None:
    await world.declare(severity=Severity.S2)
    await report(world, "triggered")
    await world.acknowledge(1)

    assert await report(world, "acknowledged", agent=PAGERDUTY_ITSELF) == "echo"
    await world.do(resolution.resolve, world.olive, 1)
    assert await report(world, "resolved", agent=PAGERDUTY_ITSELF) == "echo"

    kinds = Counter(await world.kinds(1))
    assert (kinds["acknowledged_also"], kinds["resolved"]) == (0, 1)


async def test_one_acknowledgement_that_is_reported_twice_is_written_once(world: World) -> None:
    await world.declare(severity=Severity.S2)
    await report(world, "acknowledged", webhook_id="first")

    assert await report(world, "acknowledged", webhook_id="second") == "repeated"

    assert Counter(await world.kinds(1))["acknowledged_also"] == 0


async def test_somebody_else_who_acknowledges_there_is_written_down(world: World) -> None:
    await world.declare(severity=Severity.S2)
    await world.acknowledge(1)

    await report(world, "acknowledged")

    assert (await world.kinds(1))[-1] == "acknowledged_also"


async def test_an_acknowledgement_taken_back_pages_one_operator_anew(world: World) -> None:
    await world.declare(severity=Severity.S2)
    await report(world, "acknowledged")

    assert await report(world, "unacknowledged", agent=PAGERDUTY_ITSELF) == "applied"
    assert await report(world, "unacknowledged", agent=PAGERDUTY_ITSELF, webhook_id="again") == "late"

    assert await world.status(1) == "triggered"
    assert await world.column("select wanted from page order by id") == ["resolve", "trigger"]
    waits = (
        "select extract(epoch from due_at - clock_timestamp()) from escalation_step where fired_at is null"
    )
    assert 295 < max(await world.column(f"{waits} and cancelled_at is null")) <= 300


async def test_taken_back_before_somebody_acknowledged_anew_is_late(world: World) -> None:
    await world.declare(severity=Severity.S2)
    earlier = await world.one("select clock_timestamp()")
    await world.advance(minutes=1)
    await world.acknowledge(1)

    assert await report(world, "unacknowledged", agent=PAGERDUTY_ITSELF, at=earlier) == "late"

    assert await world.status(1) == "acknowledged"


async def test_an_acknowledgement_of_the_round_before_does_not_answer_the_new_one(world: World) -> None:
    await world.declare(severity=Severity.S2)
    pressed_at = await world.one("select clock_timestamp()")
    await world.acknowledge(1)
    await world.advance(minutes=1)
    await report(world, "unacknowledged", agent=PAGERDUTY_ITSELF)

    assert await report(world, "acknowledged", at=pressed_at) == "late"
    assert await world.status(1) == "triggered"

    assert await report(world, "acknowledged", webhook_id="anew") == "applied"
    assert await world.status(1) == "acknowledged"


async def test_a_page_of_an_earlier_generation_answers_nothing(world: World) -> None:
    await world.declare(severity=Severity.S2)
    await world.do(resolution.resolve, world.olive, 1)
    await world.do(resolution.reopen, world.olive, 1, reason="Not over")

    assert await report(world, "acknowledged", generation=1) == "late"
    assert await report(world, "resolved", generation=1) == "echo"

    assert await world.status(1) == "triggered"


async def test_a_person_resolves_a_mild_incident_there(world: World) -> None:
    await world.declare(severity=Severity.S3)

    assert await report(world, "resolved") == "applied"

    assert await world.status(1) == "resolved"


async def test_what_the_provider_resolves_by_itself_ends_nothing(world: World) -> None:
    await world.declare(severity=Severity.S3)

    assert await report(world, "resolved", agent=PAGERDUTY_ITSELF) == "noted"

    assert await world.status(1) == "triggered"
    await world.advance(minutes=5)
    assert await world.fire_due() == 1


async def test_a_severe_incident_is_resolved_there_only_under_a_commander(world: World) -> None:
    number = await world.declare(severity=Severity.S1)
    assert await report(world, "resolved") == "noted"

    commander = {"role": IncidentRole.INCIDENT_COMMANDER, "person_id": world.ivan.id}
    await world.do(participation.assign, world.olive, number, **commander)
    await world.advance(minutes=5)
    await world.fire_due()

    assert await report(world, "resolved", step=2) == "applied"
    assert await world.status(number) == "resolved"


@pytest.mark.parametrize("what", ["acknowledged", "resolved"])
async def test_the_policy_owner_answers_only_the_loop_in(world: World, what: str) -> None:
    await world.declare(severity=Severity.S1)

    assert await report(world, what, step=0) == "applied"

    assert await world.status(1) == "triggered"
    assert await world.column("select met_by from obligation where kind = 'policy_owner_loop_in'") == [
        "Olive Okafor"
    ]


async def test_the_loop_ins_acknowledgement_running_out_pages_nobody(world: World) -> None:
    await world.declare(severity=Severity.S1)
    await report(world, "acknowledged", step=0)
    await world.acknowledge(1)

    assert await report(world, "unacknowledged", step=0, agent=PAGERDUTY_ITSELF) == "late"

    assert await world.status(1) == "acknowledged"


async def test_what_happens_there_is_noted(world: World) -> None:
    await world.declare(severity=Severity.S2)

    assert await report(world, "escalated") == "noted"

    assert (await world.kinds(1))[-1] == "provider_escalated"


def webhook(what: str, number: int, webhook_id: str, *, step: int = 1) -> Webhook:
    incident = {"type": "incident", "id": f"Q{number}", "incident_key": f"opsbook:{number}:1:{step}"}
    moment = "2026-01-31T09:30:00Z"
    event = {"event_type": f"incident.{what}", "occurred_at": moment, "agent": OLIVE_THERE, "data": incident}
    body = json.dumps({"event": event}).encode()
    return Webhook(webhook_id, body, webhooks.parse(body))


async def test_many_at_once_take_as_many_statements_as_one(world: World) -> None:
    for _ in range(21):
        await world.declare(severity=Severity.S2)
    await world.do(provider_events.receive, [webhook("triggered", 1, "warm")])

    with world.statements() as one:
        await world.do(provider_events.receive, [webhook("triggered", 2, "one")])
    many = [webhook("triggered", number, f"many-{number}") for number in range(3, 22)]
    with world.statements() as twenty:
        outcomes = await world.do(provider_events.receive, many)

    assert set(outcomes) == {"applied"}
    assert len(twenty) == len(one)
    assert (
        await world.one("select count(*) from page where status = 'confirmed' and check_at is not null") == 21
    )


async def test_of_one_incident_they_are_applied_in_their_order(world: World) -> None:
    await world.declare(severity=Severity.S2)
    told = [webhook("triggered", 1, "t"), webhook("acknowledged", 1, "a"), webhook("acknowledged", 1, "a")]

    outcomes = await world.do(provider_events.receive, told)

    assert outcomes == ["applied", "applied", "repeated"]
    assert await world.status(1) == "acknowledged"
    assert await world.column("select check_at from page") == [None]


async def test_one_that_withdraws_a_page_is_seen_by_the_next_about_it(world: World) -> None:
    await world.declare(severity=Severity.S3)
    await world.advance(minutes=5)
    await world.fire_due()
    told = [webhook("resolved", 1, "operator"), webhook("resolved", 1, "commander", step=2)]

    assert await world.do(provider_events.receive, told) == ["applied", "echo"]
