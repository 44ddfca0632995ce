from __future__ import annotations

from dataclasses import replace

import pytest

from app.incidents.paging import confirmation
from app.incidents.words import Severity
from tests.app.incidents.paging.conftest import Pager

pytestmark = pytest.mark.anyio

STATUS = "select status from page where step = 1 and provider = 'pagerduty'"


async def test_a_page_that_pagerduty_shows_is_confirmed(pager: Pager) -> None:
    await pager.world.declare(severity=Severity.S2)
    await pager.send_due()
    await pager.advance(seconds=2)

    await pager.look()

    await pager.expect("operator")
    assert await pager.world.one(STATUS) == "confirmed"
    incident = pager.pagerduty.account.incidents[0]
    assert await pager.world.one("select provider_incident_id from page") == incident.id


async def test_a_page_that_nobody_got_is_written_after_a_minute(pager: Pager) -> None:
    await pager.world.declare(severity=Severity.S2)
    pager.pagerduty.account.rotas["operator"].maintenance = True
    await pager.send_due()

    while not pager.relay.letters:
        await pager.advance(seconds=1)
        await pager.look()
        await pager.send_due()

    assert pager.relay.recipients == ["olive@example.com"]
    waited = (
        "select extract(epoch from recorded_at - accepted_at)::float from incident_event, page"
        " where kind = 'page_unconfirmed' and accepted_at is not null order by 1 desc"
    )
    assert 60 <= await pager.world.one(waited) <= 63


async def test_it_is_written_once(pager: Pager) -> None:
    await pager.world.declare(severity=Severity.S2)
    pager.pagerduty.account.rotas["operator"].enabled = False
    await pager.send_due()

    for _ in range(5):
        await pager.advance(seconds=50)
        await pager.look()
        await pager.send_due()

    assert len(pager.relay.letters) == 1
    assert (await pager.world.kinds(1)).count("page_unconfirmed") == 1


async def test_a_page_that_is_not_taken_is_written_after_half_a_minute(pager: Pager) -> None:
    await pager.world.declare(severity=Severity.S2)
    pager.pagerduty.faults.events = "500"

    for seconds in (0, 29):
        await pager.advance(seconds=seconds)
        await pager.rounds()
    early = list(pager.relay.letters)
    await pager.advance(seconds=1)
    await pager.rounds()

    assert early == []
    assert pager.relay.recipients == ["olive@example.com"]
    assert "page_not_accepted" in await pager.world.kinds(1)


async def test_an_api_that_does_not_answer_is_asked_again(pager: Pager) -> None:
    await pager.world.declare(severity=Severity.S2)
    pager.pagerduty.faults.rest = "500"
    await pager.send_due()
    await pager.advance(seconds=2)
    await pager.look()

    pager.pagerduty.faults.rest = "none"
    await pager.advance(seconds=10)
    await pager.look()

    await pager.expect("operator")
    assert await pager.world.one(STATUS) == "confirmed"


async def test_where_nothing_can_confirm_nothing_is_missed(pager: Pager) -> None:
    await pager.world.declare(severity=Severity.S2)
    pager.channels = replace(pager.channels, rest=None)
    pager.set(pagerduty_webhook_secrets=())
    await pager.send_due()
    await pager.advance(minutes=2)

    await pager.look()

    await pager.expect("operator")
    assert await pager.world.column("select check_at from page") == [None]
    assert "page_unconfirmed" not in await pager.world.kinds(1)


async def confirmed(pager: Pager) -> None:
    await pager.world.declare(severity=Severity.S2)
    await pager.send_due()
    await pager.advance(seconds=2)
    await pager.look()
    await pager.expect("operator")


async def test_an_acknowledgement_whose_webhook_is_late_is_found_before_the_commander_is_called(
    pager: Pager,
) -> None:
    await confirmed(pager)
    pager.pagerduty.acknowledge(pager.pagerduty.account.notifications[0])

    await pager.advance(minutes=4, seconds=53)
    await pager.look()
    await pager.advance(seconds=10)
    await pager.rounds()

    await pager.expect()
    assert await pager.world.status(1) == "acknowledged"
    assert await pager.world.one("select acknowledged_by from incident") == "Olive Okafor"


async def test_an_api_that_does_not_answer_delays_no_commander(pager: Pager) -> None:
    await confirmed(pager)
    pager.pagerduty.faults.rest = "500"

    await pager.advance(minutes=4, seconds=58)
    await pager.rounds()

    await pager.expect("commander")


async def test_a_look_that_died_is_made_again(pager: Pager) -> None:
    await pager.world.declare(severity=Severity.S2)
    await pager.send_due()
    await pager.advance(seconds=2)
    await confirmation.claim_checks(pager.world.database, 50)

    at_once = await pager.look()
    await pager.advance(seconds=10)
    later = await pager.look()

    await pager.expect("operator")
    assert (at_once, later) == (0, 1)


async def test_nobody_looks_after_what_is_answered(pager: Pager) -> None:
    await confirmed(pager)
    await pager.world.acknowledge(1)
    await pager.advance(minutes=30)

    assert await pager.look() == 0
