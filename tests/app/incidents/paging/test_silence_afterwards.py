"""After an answer or an end no page leaves any more, from any step, for any role, by any channel."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from app.incidents import resolution
from app.incidents.words import Severity
from tests.app.incidents.paging.conftest import Pager

pytestmark = pytest.mark.anyio
End = Callable[[Pager], Awaitable[object]]


async def acknowledged(pager: Pager) -> object:
    await pager.world.acknowledge(1, pager.world.paula)
    return await pager.world.acknowledge(1)


async def resolved(pager: Pager) -> object:
    return await pager.world.do(resolution.resolve, pager.world.ivan, 1)


async def nothing_left(_pager: Pager) -> None:
    """It is ended before anything left."""


async def all_taken(pager: Pager) -> None:
    await pager.send_due()


async def replies_lost(pager: Pager) -> None:
    pager.pagerduty.faults.once.extend(["lose_reply", "lose_reply"])
    await pager.send_due()


async def failing(pager: Pager) -> None:
    pager.pagerduty.faults.events = "500"
    await pager.send_due()


async def failing_for_long(pager: Pager) -> None:
    """Letters and posts wait to leave."""
    await failing(pager)
    await pager.advance(seconds=31)
    await pager.look()


async def refused(pager: Pager) -> None:
    """Letters and posts wait to leave."""
    pager.set(pagerduty_routing_key_operator=None, pagerduty_routing_key_policy_owner=None)
    await pager.send(*await pager.claim())


async def unconfirmed(pager: Pager) -> None:
    pager.pagerduty.account.rotas["operator"].maintenance = True
    await pager.send_due()
    await pager.advance(seconds=59)


@pytest.mark.parametrize("end", [acknowledged, resolved])
@pytest.mark.parametrize(
    "state", [nothing_left, all_taken, replies_lost, failing, failing_for_long, refused, unconfirmed]
)
async def test_nobody_is_called_for_half_an_hour(pager: Pager, state: End, end: End) -> None:
    pager.use_slack()
    await pager.world.declare(severity=Severity.S1)
    await state(pager)

    await end(pager)
    pager.pagerduty.faults.events = "none"
    before = len(pager.calls()), len(pager.relay.letters), len(pager.slack.channel.messages)
    for _ in range(30):
        await pager.advance(minutes=1)
        await pager.rounds()

    assert (len(pager.calls()), len(pager.relay.letters), len(pager.slack.channel.messages)) == before
    pager.pagerduty.pages.expect_anything()
