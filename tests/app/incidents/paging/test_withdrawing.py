from __future__ import annotations

from typing import Any

import pytest

from app.incidents import resolution
from app.incidents.words import Severity
from tests.app.incidents.paging.conftest import Pager

pytestmark = pytest.mark.anyio

WAITS = "select extract(epoch from due_at - clock_timestamp())::float from page where provider = 'pagerduty'"
PAGE = "select status, told, due_at is not null from page where provider = 'pagerduty'"


async def test_what_is_answered_before_it_left_never_leaves(pager: Pager) -> None:
    number = await pager.world.declare(severity=Severity.S2)

    await pager.world.acknowledge(number)

    assert await pager.send_due() == 0
    assert pager.pagerduty.calls == []


async def test_an_acknowledgement_while_it_is_under_way_is_told_at_once(pager: Pager) -> None:
    number = await pager.world.declare(severity=Severity.S2)
    calls = await pager.claim()
    await pager.world.acknowledge(number)

    await pager.send(*calls)
    await pager.send_due()

    await pager.expect("operator")
    assert pager.calls("acknowledge") == [("operator", "opsbook:1:1:1")]
    assert await pager.world.rows(PAGE) == [("acknowledged", "acknowledge", False)]


async def test_an_acknowledgement_after_a_lost_reply_is_told(pager: Pager) -> None:
    number = await pager.world.declare(severity=Severity.S2)
    pager.pagerduty.faults.once.append("lose_reply")
    await pager.send_due()

    await pager.world.acknowledge(number)
    await pager.send_due()

    await pager.expect("operator")
    assert pager.pagerduty.account.incidents[0].status == "acknowledged"


async def test_resolving_resolves_every_page_through_its_own_key(pager: Pager) -> None:
    number = await pager.world.declare(severity=Severity.S1)
    await pager.send_due()

    await pager.world.do(resolution.resolve, pager.world.ivan, number)
    await pager.send_due()

    await pager.expect("operator", "policy_owner")
    assert [one.status for one in pager.pagerduty.account.incidents] == ["resolved", "resolved"]


async def test_after_an_acknowledgement_nobody_is_called_for_half_an_hour(pager: Pager) -> None:
    number = await pager.world.declare(severity=Severity.S1)
    pager.pagerduty.faults.once.extend(["lose_reply", "500"])
    await pager.send_due()
    await pager.world.acknowledge(number)
    await pager.world.acknowledge(number, pager.world.paula)
    before = len(pager.calls())

    for _ in range(30):
        await pager.advance(minutes=1)
        await pager.rounds()

    assert len(pager.calls()) == before
    assert pager.relay.letters == []
    await pager.expect(*(one.role for one in pager.pagerduty.account.notifications[:2]))


@pytest.mark.parametrize("trouble", ["4xx", "drop_after_data", "none"])
async def test_no_letter_follows_an_acknowledgement(pager: Pager, trouble: Any) -> None:
    number = await pager.world.declare(severity=Severity.S2)
    pager.set(pagerduty_routing_key_operator=None)
    pager.relay.trouble = trouble
    await pager.send(*await pager.claim())
    letters = await pager.claim()
    await pager.world.acknowledge(number)
    await pager.send(*letters)
    pager.relay.letters.clear()

    pager.relay.trouble = "none"
    await pager.advance(minutes=1)
    await pager.rounds()

    assert pager.relay.letters == []


async def test_a_refusal_that_comes_after_the_acknowledgement_calls_nobody(pager: Pager) -> None:
    number = await pager.world.declare(severity=Severity.S2)
    pager.set(pagerduty_routing_key_operator=None)
    calls = await pager.claim()
    await pager.world.acknowledge(number)

    await pager.send(*calls)
    await pager.send_due()

    assert pager.relay.letters == []
