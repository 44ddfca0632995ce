from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from app.incidents import resolution
from app.incidents.paging import claiming
from app.incidents.words import Severity
from tests.app.incidents.paging.conftest import Pager

pytestmark = pytest.mark.anyio

WAITS = "select extract(epoch from due_at - clock_timestamp())::float from page where provider = 'pagerduty'"
PAGE = "select status, told, due_at is not null from page where provider = 'pagerduty'"


async def test_a_page_rings_with_the_words_of_its_incident(pager: Pager) -> None:
    await pager.world.declare("Checkout is down", Severity.S2)

    await pager.send_due()

    page = await pager.pagerduty.pages.expect(role="operator")
    assert (page.title, page.dedup_key) == ("[OPS-1·1] S2: Checkout is down", "opsbook:1:1:1")
    assert await pager.world.rows(PAGE) == [("accepted", "trigger", False)]


async def test_each_role_is_called_through_its_own_key(pager: Pager) -> None:
    await pager.world.declare(severity=Severity.S1)
    await pager.world.advance(minutes=5)
    await pager.world.fire_due()

    await pager.send_due()

    await pager.expect("operator", "commander", "policy_owner")


async def test_the_worst_leave_first(pager: Pager) -> None:
    for severity in (Severity.S3, Severity.S2, Severity.S0):
        await pager.world.declare(severity=severity)

    calls = await pager.claim(limit=2)

    assert [call.severity for call in calls] == [Severity.S0, Severity.S0]


async def test_two_pagers_share_the_work(pager: Pager) -> None:
    for number in range(20):
        await pager.world.declare(f"Fault {number}", Severity.S3)

    claimed: list[int] = []
    while len(claimed) < 20:
        claims = await asyncio.gather(*(pager.claim(limit=5) for _ in range(6)))
        claimed += [call.page.id for calls in claims for call in calls]

    assert len(claimed) == len(set(claimed)) == 20


@pytest.mark.parametrize("fault", ["500", "429", "hang", "lose_reply"])
async def test_what_fails_is_tried_again_under_the_same_key(pager: Pager, fault: Any) -> None:
    await pager.world.declare(severity=Severity.S2)
    pager.pagerduty.faults.once.extend([fault, fault])

    for _ in range(3):
        await pager.send_due()
        await pager.advance(seconds=3)

    await pager.expect("operator")
    assert pager.calls() == [("operator", "opsbook:1:1:1")] * 3
    assert await pager.world.rows(PAGE) == [("accepted", "trigger", False)]


async def test_it_is_tried_again_after_1_2_4_8_15_and_30_seconds(pager: Pager) -> None:
    await pager.world.declare(severity=Severity.S2)
    pager.pagerduty.faults.events = "500"

    for seconds in (1, 2, 4, 8, 15, 30, 30):
        assert await pager.send_due() == 1
        waits = await pager.world.one(WAITS)
        assert 0.8 * seconds - 0.5 <= waits <= 1.2 * seconds
        await pager.advance(seconds=waits + 0.01)


async def test_retry_after_is_kept(pager: Pager) -> None:
    await pager.world.declare(severity=Severity.S2)
    pager.pagerduty.faults.once.append("429")
    pager.pagerduty.faults.retry_after = 90

    await pager.send_due()

    assert 85 < await pager.world.one(WAITS) <= 90
    assert await pager.world.one("select last_error from page") == "throttled"


async def test_an_answer_after_our_patience_rings_once(pager: Pager) -> None:
    await pager.world.declare(severity=Severity.S2)
    pager.pagerduty.faults.once.append("late")
    pager.pagerduty.faults.late_seconds = 1.2

    await pager.send_due()
    await pager.advance(seconds=2)
    await pager.send_due()

    await pager.expect("operator")
    assert await pager.world.rows(PAGE) == [("accepted", "trigger", False)]


async def test_a_refusal_is_not_tried_again_but_written_at_once(pager: Pager) -> None:
    await pager.world.declare(severity=Severity.S2)
    pager.set(pagerduty_routing_key_operator="0" * 32)

    await pager.send_due()

    assert pager.calls() == [(None, "opsbook:1:1:1")]
    assert await pager.world.rows(PAGE) == [("failed", None, False)]
    assert pager.relay.recipients == ["olive@example.com"]
    assert "page_failed" in await pager.world.kinds(1)
    assert "0" * 32 not in str(await pager.world.rows("select * from page, incident_event"))


async def test_a_role_without_a_key_is_called_by_mail(pager: Pager) -> None:
    await pager.world.declare(severity=Severity.S1)
    pager.set(pagerduty_routing_key_operator=None, pagerduty_routing_key_policy_owner=None)

    await pager.send_due()

    assert sorted(pager.relay.recipients) == ["olive@example.com", "paula@example.com"]
    assert str(pager.relay.letters[0]["Subject"]).startswith("[OPS-1·")


async def test_without_mail_either_the_failure_is_in_the_timeline(pager: Pager) -> None:
    await pager.world.declare(severity=Severity.S2)
    pager.set(pagerduty_routing_key_operator=None, smtp_url=None)

    await pager.send_due()

    assert (await pager.world.kinds(1)).count("page_failed") == 2


async def test_a_page_whose_sender_died_is_sent_by_the_next(pager: Pager) -> None:
    await pager.world.declare(severity=Severity.S2)
    await pager.claim()

    held = await pager.send_due()
    await pager.advance(seconds=claiming.LEASE.total_seconds())
    freed = await pager.send_due()

    assert (held, freed) == (0, 1)
    await pager.expect("operator")


async def test_a_sender_that_was_frozen_sends_nothing(pager: Pager) -> None:
    await pager.world.declare(severity=Severity.S2)
    calls = await pager.claim()
    loop = asyncio.get_running_loop()

    await pager.send(*(replace(call, leave_before=loop.time()) for call in calls))

    assert pager.pagerduty.calls == []


async def test_a_sender_that_froze_in_the_middle_undoes_nothing(pager: Pager) -> None:
    number = await pager.world.declare(severity=Severity.S2)
    frozen = await pager.claim()
    await pager.advance(seconds=claiming.LEASE.total_seconds())
    await pager.send_due()
    await pager.world.do(resolution.resolve, pager.world.olive, number)
    await pager.send_due()

    await pager.send(*frozen)
    await pager.send_due()

    await pager.expect("operator", "operator")
    assert {one.status for one in pager.pagerduty.account.incidents} == {"resolved"}
    assert await pager.world.rows(PAGE) == [("resolved", "resolve", False)]


async def test_one_that_hangs_delays_no_other(pager: Pager) -> None:
    await pager.world.declare(severity=Severity.S1)
    pager.pagerduty.faults.by_role["operator"] = "hang"
    calls = {call.page.role.value: call for call in await pager.claim()}
    hanging = asyncio.create_task(pager.send(calls["operator"]))

    await pager.send(calls["policy_owner"])

    assert not hanging.done()
    await pager.expect("policy_owner")
    await hanging


async def test_reopening_rings_anew(pager: Pager) -> None:
    number = await pager.world.declare(severity=Severity.S2)
    await pager.send_due()
    await pager.world.do(resolution.resolve, pager.world.olive, number)
    await pager.send_due()

    await pager.world.do(resolution.reopen, pager.world.olive, number, reason="Not over")
    await pager.send_due()

    await pager.expect("operator", "operator")
    assert [key for _, key in pager.calls()] == ["opsbook:1:1:1", "opsbook:1:2:1"]


@pytest.mark.parametrize(
    ("what", "status", "told"),
    [("triggered", "confirmed", "trigger"), ("acknowledged", "acknowledged", "acknowledge")],
)
async def test_a_webhook_that_overtakes_the_reply_stands(
    pager: Pager, what: str, status: str, told: str
) -> None:
    await pager.world.declare(severity=Severity.S2)
    calls = await pager.claim()
    await pager.world.report(what, "opsbook:1:1:1")

    await pager.send(*calls)

    await pager.expect("operator")
    assert await pager.world.rows(PAGE) == [(status, told, False)]
    assert await pager.world.one("select accepted_at is not null from page")
