from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.incidents.paging import claiming
from app.incidents.words import Severity
from tests.app.incidents.paging.conftest import Pager

pytestmark = pytest.mark.anyio

SLACK = "select status, attempts from page where provider = 'slack'"
WAITED = "select extract(epoch from clock_timestamp() - min(queued_at)) from page"
TROUBLE = "select trouble from page where provider = 'pagerduty'"


@pytest.fixture
def lost(pager: Pager) -> Pager:
    """A pager whose PagerDuty knows no operator, and which can speak to Slack."""
    pager.use_slack()
    pager.set(pagerduty_routing_key_operator=None)
    return pager


async def until_called(pager: Pager, seconds: int) -> float:
    """Do rounds, a second apart, until something stands in Slack; answers how many seconds that took.

    What the rounds themselves take counts as well.
    """
    for _ in range(seconds):
        await pager.look()
        await pager.send_due()
        if pager.slack.channel.messages:
            return float(await pager.world.one(WAITED))
        await pager.advance(seconds=1)
    raise AssertionError("nothing came")


async def test_what_pagerduty_refuses_is_in_slack_at_once_and_once(lost: Pager) -> None:
    await lost.world.declare(severity=Severity.S2)

    took = await until_called(lost, 2)
    for _ in range(40):
        await lost.advance(seconds=60)
        await lost.look()
        await lost.send_due()

    assert took <= 2
    assert [one.text for one in lost.slack.channel.messages] == ["[OPS-1·1] S2: Checkout is down"]
    assert len(lost.relay.letters) == 1


async def test_the_post_carries_a_button_and_the_way_to_the_incident(lost: Pager) -> None:
    await lost.world.declare(severity=Severity.S2)

    await lost.send_due()

    press, look = lost.slack.last.buttons
    assert (press["action_id"], press["value"]) == ("acknowledge", "opsbook:1:1:1:slack")
    assert look["url"].endswith("/incidents/1")


async def test_without_a_signing_secret_there_is_no_button_that_leads_nowhere(lost: Pager) -> None:
    lost.set(slack_signing_secret=None)
    await lost.world.declare(severity=Severity.S2)

    await lost.send_due()

    assert [one["action_id"] for one in lost.slack.last.buttons] == ["open"]


async def test_what_is_not_taken_is_in_slack_after_half_a_minute(pager: Pager) -> None:
    pager.use_slack()
    pager.pagerduty.faults.events = "500"
    await pager.world.declare(severity=Severity.S2)

    took = await until_called(pager, 40)

    assert 30 <= took <= 32
    assert await pager.world.one(TROUBLE) == "not_accepted"


async def test_what_pagerduty_shows_nothing_of_is_in_slack_after_a_minute(pager: Pager) -> None:
    pager.use_slack()
    pager.pagerduty.account.rotas["operator"].maintenance = True
    await pager.world.declare(severity=Severity.S2)

    took = await until_called(pager, 70)

    assert 60 <= took <= 65
    assert await pager.world.one(TROUBLE) == "unconfirmed"


async def test_a_page_that_is_taken_after_all_is_in_trouble_no_more(pager: Pager) -> None:
    pager.pagerduty.faults.events = "500"
    await pager.world.declare(severity=Severity.S2)
    await pager.advance(seconds=31)
    await pager.look()

    pager.pagerduty.faults.events = "none"
    await pager.advance(seconds=31)
    await pager.send_due()

    await pager.expect("operator")
    assert await pager.world.column(TROUBLE) == [None]


async def test_a_sender_that_dies_while_it_speaks_to_slack_is_not_followed_by_a_second_post(
    lost: Pager,
) -> None:
    await lost.world.declare(severity=Severity.S2)
    await lost.send(*await lost.claim())
    lost.slack.faults.once.append("hang")
    dying = asyncio.create_task(lost.send(*await lost.claim()))
    while await lost.world.one("select count(*) from page where left_at is not null") == 0:
        await asyncio.sleep(0.01)
    dying.cancel()

    await lost.advance(seconds=claiming.LEASE.total_seconds())
    await lost.send_due()

    assert lost.slack.channel.messages == []
    assert await lost.world.rows(SLACK) == [("failed", 2)]
    assert "Slack may show it all the same" in str(
        await lost.world.column("select text from incident_event where kind = 'page_failed'")
    )


@pytest.mark.parametrize(("fault", "posts"), [("500", 1), ("429", 1), ("lose_reply", 1), ("reset", 1)])
async def test_slack_shows_a_call_once_whatever_fails(lost: Pager, fault: Any, posts: int) -> None:
    lost.slack.faults.once.append(fault)
    await lost.world.declare(severity=Severity.S2)

    for _ in range(5):
        await lost.send_due()
        await lost.advance(seconds=2)

    assert len(lost.slack.channel.messages) <= posts
    assert await lost.world.one("select count(*) from page where provider = 'slack'") == 1


async def test_where_slack_is_not_set_up_nobody_speaks_of_it(pager: Pager) -> None:
    pager.set(pagerduty_routing_key_operator=None)
    await pager.world.declare(severity=Severity.S2)

    await pager.send_due()

    assert await pager.world.rows(SLACK) == []


async def test_an_acknowledgement_before_it_left_keeps_it_out_of_slack(lost: Pager) -> None:
    number = await lost.world.declare(severity=Severity.S2)
    await lost.send(*await lost.claim())

    await lost.world.acknowledge(number)
    await lost.send_due()

    assert lost.slack.channel.messages == []


async def test_each_role_has_a_post_of_its_own(lost: Pager) -> None:
    lost.set(pagerduty_routing_key_commander=None)
    number = await lost.world.declare(severity=Severity.S2)
    await lost.send_due()

    await lost.advance(minutes=5)
    await lost.rounds()

    assert [one.text for one in lost.slack.channel.messages] == [
        f"[OPS-{number}·1] S2: Checkout is down",
        f"[OPS-{number}·2] S2: Checkout is down",
    ]
