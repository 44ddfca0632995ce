"""More calls than PagerDuty takes: some stand for many, all are accepted, and no minute sees too many."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.incidents import resolution, rules
from app.incidents.paging import claiming
from app.incidents.words import IncidentRole, Severity
from app.outside.pagerduty.shapes import MAX_SUMMARY
from tests.app.incidents.paging.conftest import Pager

pytestmark = pytest.mark.anyio

MINUTE = timedelta(seconds=60)
PAGES = "select status, carried_by is not null, count(*) from page group by 1, 2 order by 2"


async def crowd(pager: Pager, count: int, severity: Severity = Severity.S3) -> None:
    """Open so many incidents at once."""
    for number in range(count):
        await pager.world.declare(f"Fault {number}", severity)


async def spent(pager: Pager, tokens: float) -> None:
    """Let the operators' key have so many calls left when somebody looks next."""
    await pager.world.change(
        "insert into page_budget values ('operator', :tokens, clock_timestamp() + interval '1 hour', 0)"
        " on conflict (name) do update set tokens = :tokens, filled_at = excluded.filled_at",
        tokens=tokens,
    )


def most_in_a_minute(pager: Pager, role: str) -> int:
    """The most calls of any kind that PagerDuty got through a role's key in any 60 seconds."""
    moments = sorted(one.at for one in pager.pagerduty.calls if one.role == role)
    return max(sum(begin <= one < begin + MINUTE for one in moments) for begin in moments)


@pytest.fixture
async def grouped(pager: Pager) -> Pager:
    """Three incidents whose pages left in one call."""
    pager.pagerduty.pages.expect_anything()
    await spent(pager, 4.2)
    await crowd(pager, 3)
    await pager.send_due()
    return pager


async def test_one_call_says_how_many_it_stands_for(grouped: Pager) -> None:
    (call,) = [one for one in grouped.pagerduty.calls if one.action == "trigger"]

    payload = call.body["payload"]
    assert "[OPS-1·1] S3: Fault 0 (+2 more incidents: " in payload["summary"]
    assert "/incidents?status=TRIGGERED)" in payload["summary"]
    assert payload["custom_details"]["stands_for"] == ["OPS-2 S3: Fault 1", "OPS-3 S3: Fault 2"]


async def test_each_of_them_is_accepted_and_knows_the_key(grouped: Pager) -> None:
    told = await grouped.world.rows("select incident_id, status, carried_by from page order by 1")

    assert told == [
        (1, "accepted", None),
        (2, "accepted", "opsbook:1:1:1"),
        (3, "accepted", "opsbook:1:1:1"),
    ]
    for number in (1, 2, 3):
        assert (await grouped.world.kinds(number)).count("page_accepted") == 1


async def test_each_of_them_is_confirmed_by_one_look(grouped: Pager) -> None:
    await grouped.advance(seconds=2)

    assert await grouped.look() == 1
    assert await grouped.world.column("select status from page") == ["confirmed"] * 3


async def test_an_answer_at_pagerduty_answers_all(grouped: Pager) -> None:
    assert await grouped.world.report("acknowledged", "opsbook:1:1:1") == "applied"

    said = (
        "select count(*) from incident_event where kind = 'acknowledged' and payload ->> 'via' = 'pagerduty'"
    )
    assert await grouped.world.one(said) == 3
    assert await grouped.world.column("select acknowledged_by from incident") == ["Olive Okafor"] * 3
    assert await grouped.send_due() == 0


async def test_an_answer_to_very_many_holds_pagerduty_up_no_longer_than_to_few(pager: Pager) -> None:
    pager.pagerduty.pages.expect_anything()
    await spent(pager, 4.2)
    await crowd(pager, 60)
    await pager.send(*await pager.claim(limit=100))

    await pager.world.report("acknowledged", "opsbook:1:1:1")
    at_once = await pager.world.one("select count(*) from incident where status = 'acknowledged'")
    await pager.look()
    await pager.look()

    assert at_once == 25
    assert await pager.world.column("select distinct acknowledged_by from incident") == ["Olive Okafor"]
    assert await pager.world.one("select count(*) from page where wanted = 'trigger'") == 0
    assert await pager.send_due() == 0


async def test_an_answer_that_only_the_api_shows_answers_all(grouped: Pager) -> None:
    grouped.pagerduty.acknowledge(grouped.pagerduty.account.notifications[0])
    await grouped.advance(seconds=2)

    await grouped.look()

    assert await grouped.world.column("select status from incident") == ["acknowledged"] * 3


async def test_without_our_key_they_are_found_by_pagerdutys(grouped: Pager) -> None:
    await grouped.world.report("triggered", "opsbook:1:1:1", id="Q7")

    await grouped.world.report("acknowledged", None, id="Q7")

    assert await grouped.world.column("select status from incident") == ["acknowledged"] * 3


async def test_a_call_rings_until_the_last_of_them_is_answered(grouped: Pager) -> None:
    for number in (1, 2):
        await grouped.world.acknowledge(number)
        await grouped.send_due()
    early = grouped.calls("acknowledge")

    await grouped.world.acknowledge(3)
    await grouped.advance(seconds=30)
    await grouped.send_due()

    assert early == []
    assert grouped.calls("acknowledge") == [("operator", "opsbook:1:1:1")]


async def test_it_is_over_when_the_last_of_them_is(grouped: Pager) -> None:
    for number in (3, 1, 2):
        await grouped.world.do(resolution.resolve, grouped.world.olive, number)
        await grouped.advance(seconds=30)
        await grouped.send_due()

    assert grouped.calls("resolve") == [("operator", "opsbook:1:1:1")]
    assert [one.status for one in grouped.pagerduty.account.incidents] == ["resolved"]


async def test_a_resolution_at_pagerduty_is_a_word_on_the_first_alone(grouped: Pager) -> None:
    await grouped.world.report("resolved", "opsbook:1:1:1")

    assert await grouped.world.column("select status from incident order by id") == [
        "resolved",
        "triggered",
        "triggered",
    ]
    assert "provider_resolved" in await grouped.world.kinds(2)


async def test_what_fails_is_tried_again_for_all_under_the_same_key(pager: Pager) -> None:
    pager.pagerduty.pages.expect_anything()
    await spent(pager, 4.2)
    await crowd(pager, 3)
    pager.pagerduty.faults.once.extend(["500", "lose_reply"])

    for _ in range(4):
        await pager.send_due()
        await pager.advance(seconds=3)

    assert pager.calls() == [("operator", "opsbook:1:1:1")] * 3
    assert await pager.world.column("select status from page") == ["accepted"] * 3


async def test_the_first_answered_while_it_fails_the_others_still_ring(pager: Pager) -> None:
    pager.pagerduty.pages.expect_anything()
    await spent(pager, 4.2)
    await crowd(pager, 3)
    pager.pagerduty.faults.once.append("500")
    await pager.send_due()

    await pager.world.acknowledge(1)
    await pager.advance(seconds=3)
    await pager.send_due()

    assert pager.calls() == [("operator", "opsbook:1:1:1")] * 2
    assert pager.calls("acknowledge") == []


async def test_what_is_refused_leaves_by_one_letter_for_all(pager: Pager) -> None:
    pager.use_slack()
    pager.set(pagerduty_routing_key_operator=None)
    await spent(pager, 4.2)
    await crowd(pager, 3)

    await pager.send_due()

    (letter,) = pager.relay.letters
    assert "+2 more incidents" in letter.get_content()
    assert len(pager.slack.channel.messages) == 1
    assert (
        await pager.world.column("select trouble from page where provider = 'pagerduty'") == ["refused"] * 3
    )


async def test_what_is_not_taken_leaves_by_one_letter_for_all(pager: Pager) -> None:
    await spent(pager, 4.2)
    await crowd(pager, 3)
    pager.pagerduty.faults.events = "500"
    await pager.send_due()

    await pager.advance(seconds=31)
    await pager.look()
    await pager.send_due()

    assert len(pager.relay.letters) == 1
    assert (
        await pager.world.column("select trouble from page where provider = 'pagerduty'")
        == ["not_accepted"] * 3
    )


async def test_a_page_that_was_tried_by_itself_stays_by_itself(pager: Pager) -> None:
    pager.pagerduty.pages.expect_anything()
    pager.pagerduty.faults.once.append("lose_reply")
    await crowd(pager, 1)
    await pager.send_due()
    await spent(pager, 4.2)
    await crowd(pager, 3)
    await pager.advance(seconds=2)

    for _ in range(10):
        await pager.send_due()
        await pager.advance(seconds=1)

    assert Counter(pager.calls())[("operator", "opsbook:1:1:1")] == 2
    assert await pager.world.column("select carried_by from page where incident_id = 1") == [None]
    assert set(await pager.world.column("select status from page")) == {"accepted"}


async def test_two_pagers_spend_one_budget(pager: Pager) -> None:
    await crowd(pager, 60)

    claims = await asyncio.gather(*(pager.claim(limit=10) for _ in range(6)))

    assert sum(map(len, claims)) <= rules.CALLS_AT_ONCE


HOLDS = ["select * from page_budget for update", "update page_budget set tokens = tokens"]


@pytest.mark.parametrize("holds", HOLDS)
async def test_a_pager_that_freezes_with_the_budget_stops_no_other(pager: Pager, holds: str) -> None:
    pager.pagerduty.pages.expect_anything()
    await crowd(pager, 2)
    pager.set(pagerduty_routing_key_operator=None)
    await pager.send(*await pager.claim())
    async with pager.world.database.engine.begin() as frozen:
        await frozen.execute(text(holds))

        calls = await asyncio.wait_for(pager.claim(), 1)

    assert {call.page.provider for call in calls} == {"mail"}


async def test_roles_that_share_a_key_share_its_budget(pager: Pager) -> None:
    pager.set(pagerduty_routing_key_commander=pager.channels.settings.pagerduty_routing_key_operator)

    whose = [
        pager.channels.budget_of(role) for role in (IncidentRole.OPERATOR, IncidentRole.INCIDENT_COMMANDER)
    ]

    assert whose == ["operator", "operator"]


async def test_500_incidents_in_a_minute_are_110_calls_at_most_and_the_worst_leave_first(
    pager: Pager,
) -> None:
    pager.pagerduty.pages.expect_anything()
    for number in range(500):
        await pager.world.declare(f"Fault {number}", Severity.S1 if number % 50 == 7 else Severity.S3)
        await pager.advance(seconds=0.1)
        if number % 3 == 0:
            await pager.send(*await pager.claim(limit=150))
    while await pager.world.one("select count(*) from page where status = 'queued'"):
        await pager.advance(seconds=1)
        await pager.send(*await pager.claim(limit=150))

    assert most_in_a_minute(pager, "operator") <= 110
    assert await pager.world.column("select distinct status from page") == ["accepted"]
    waits = "select max(extract(epoch from accepted_at - queued_at))::float from page where urgency {}"
    urgent = await pager.world.one(waits.format("<= 1 and attempts = 1"))
    assert urgent < 2
    assert all(len(one.body["payload"]["summary"]) <= MAX_SUMMARY for one in pager.pagerduty.calls)
    assert claiming.LEASE.total_seconds() * rules.CALLS_PER_SECOND < 10
