"""Send what was claimed: tell each page's provider what it is to know.

At least once from here, exactly once at the receiver: a repeat carries the same key.
"""

from __future__ import annotations

import asyncio

from app.incidents.paging import second_channel
from app.incidents.paging.channels import Call, Channels
from app.incidents.paging.queueing import PAGERDUTY, SLACK
from app.incidents.paging.settling import Sent
from app.outside.pagerduty import events
from app.storage.engine import Database
from app.storage.gathering import Gathering


def lane(call: Call) -> str:
    """What a page shares with those that would hang with it: its provider, and there its role's key."""
    return f"{call.page.provider}:{call.page.role.value}"


async def send(
    database: Database, settlements: Gathering[Sent, None], channels: Channels, call: Call
) -> None:
    """Tell one page's provider what it is to know, once, and settle the page and those that it stands for.

    A process that was frozen since it claimed the page leaves it to whoever claims it next: what it would
    send now may be older than what was sent since. Its own stopwatch says so before anything leaves.
    """
    if asyncio.get_running_loop().time() > call.leave_before:
        return
    if call.page.provider == SLACK and not await second_channel.may_leave(database, call.page):
        return
    outcome = await _tell(channels, call)
    # What a letter or a post mentions is not told by it; what PagerDuty takes is.
    others = tuple(page for page, *_ in call.others) if call.page.provider == PAGERDUTY else ()
    await settlements.do(Sent(call.page, outcome, call.told, others))


async def _tell(channels: Channels, call: Call) -> events.Outcome:
    if call.page.provider != PAGERDUTY:
        return await second_channel.tell(channels, call)
    variable, key = channels.routing_key(call.page.role)
    if key is None:
        return events.Refused(0, f"{variable} is not set")
    base_url = channels.settings.pagerduty_events_url
    event = channels.event(call, key)
    return await events.send(channels.client, base_url, event, within=channels.patience)
