"""Send what is due: claim pages under a lease, and tell their providers what they are to know.

At least once from here, exactly once at the receiver: a repeat carries the same key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from datetime import timedelta

from sqlalchemy import func, select

from app.incidents.models import Incident, Page, SeverityDecision
from app.incidents.paging import second_channel
from app.incidents.paging.channels import Call, Channels
from app.incidents.paging.queueing import PAGERDUTY, SLACK
from app.incidents.paging.settling import Sent
from app.outside.pagerduty import events
from app.storage import outbox
from app.storage.engine import Database
from app.storage.gathering import Gathering
from app.storage.unit_of_work import UnitOfWork

# A try ends well within its lease, so that no second process sends while the first still may.
LEASE = events.TIMEOUT + timedelta(seconds=2)
LEAVES_WITHIN = LEASE - events.TIMEOUT


def lane(call: Call) -> str:
    """What a page shares with those that would hang with it: its provider, and there its role's key."""
    return f"{call.page.provider}:{call.page.role.value}"


async def claim_due(database: Database, limit: int, full: Collection[str] = ()) -> list[Call]:
    """Take up to `limit` pages that are due, the worst incidents first, but none of a lane that is full."""
    leave_before = asyncio.get_running_loop().time() + LEAVES_WITHIN.total_seconds()
    async with database.unit_of_work() as work:
        pages = await outbox.claim(
            work.session,
            Page,
            lease=LEASE,
            limit=limit,
            urgency=(Page.urgency,),
            among=(func.concat(Page.provider, ":", Page.role).not_in(full),) if full else (),
        )
        if not pages:
            return []
        calls = await _calls(work, pages, leave_before)
    return sorted(calls, key=lambda call: (call.page.urgency, call.page.id))


async def send(
    database: Database, settlements: Gathering[Sent, None], channels: Channels, call: Call
) -> None:
    """Tell one page's provider what it is to know, once, and settle the page.

    A process that was frozen since it claimed the page leaves it to whoever claims it next: what it would
    send now may be older than what was sent since. Its own stopwatch says so before anything leaves.
    """
    if asyncio.get_running_loop().time() > call.leave_before:
        return
    if call.page.provider == SLACK and not await second_channel.may_leave(database, call.page):
        return
    outcome = await _tell(channels, call)
    await settlements.do(Sent(call.page, outcome))


async def _calls(work: UnitOfWork, pages: Iterable[Page], leave_before: float) -> list[Call]:
    newest = (
        select(SeverityDecision.reason)
        .where(SeverityDecision.incident_id == Incident.id)
        .order_by((SeverityDecision.id + 0).desc())  # else the key's index may be walked from its end
        .limit(1)
        .scalar_subquery()
    )
    rows = await work.session.execute(
        select(Incident.id, Incident.title, Incident.severity, newest).where(
            Incident.id.in_({page.incident_id for page in pages})
        )
    )
    words = {number: (title, severity, reason or title) for number, title, severity, reason in rows}
    return [Call(page, *words[page.incident_id], leave_before) for page in pages]


async def _tell(channels: Channels, call: Call) -> events.Outcome:
    if call.page.provider != PAGERDUTY:
        return await second_channel.tell(channels, call)
    variable, key = channels.routing_key(call.page.role)
    if key is None:
        return events.Refused(0, f"{variable} is not set")
    base_url = channels.settings.pagerduty_events_url
    event = channels.event(call, key)
    return await events.send(channels.client, base_url, event, within=channels.patience)
