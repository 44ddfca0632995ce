"""Write down how a page went, and what follows from it: told, tried again, or called by mail as well."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from app.incidents import locking, rules, timeline
from app.incidents.models import Incident, Page
from app.incidents.paging.queueing import MAIL, PAGERDUTY, SLACK, queue_second_channel
from app.incidents.words import PageStatus, PageTrouble, Signal
from app.outside.pagerduty import events
from app.security.permissions import SYSTEM
from app.storage import outbox
from app.storage.engine import Database
from app.storage.gathering import Gathering
from app.storage.unit_of_work import UnitOfWork

FIRST_LOOK = timedelta(seconds=2)
NAMES = {MAIL: "The mail server", SLACK: "Slack", PAGERDUTY: "PagerDuty"}


@dataclass(frozen=True, slots=True)
class Sent:
    """A page as it was sent, and what came back; it may have been answered meanwhile."""

    page: Page
    outcome: events.Outcome


def settlements(database: Database, *, slack: bool = False) -> Gathering[Sent, None]:
    """Settle together what a moment's answers brought."""

    async def together(sent: Sequence[Sent]) -> Sequence[None]:
        async with database.unit_of_work() as work:
            await settle(work, sent, slack=slack)
        return [None] * len(sent)

    return Gathering(together)


async def settle(work: UnitOfWork, sent: Sequence[Sent], *, slack: bool = False) -> None:
    """Settle pages that were sent, each as far as it is still ours. `slack`: whether calls can go there."""
    incidents = await locking.lock_many(work, [one.page.incident_id for one in sent])
    held = await outbox.hold(work.session, Page, [one.page for one in sent])
    for one in sent:
        page = held[one.page.id]
        if outbox.is_ours(page, one.page):
            await _settle(work, incidents[page.incident_id], page, one, slack=slack)
        else:
            await _was_too_late(work, page, one)


async def _settle(work: UnitOfWork, incident: Incident, page: Page, sent: Sent, *, slack: bool) -> None:
    told = sent.page.wanted
    match sent.outcome:
        case events.Accepted():
            await _accepted(work, incident, page, told)
        case events.Refused(reason=reason):
            await _refused(work, incident, page, told, reason, slack=slack)
        case events.Failed(kind=kind, permanent=True):
            await _refused(work, incident, page, told, kind, slack=slack)
        case events.Throttled(retry_after=wait):
            await _again(work, page, "throttled", wait)
        case events.Failed(kind=kind, retry_after=wait):
            await _again(work, page, kind, wait)


async def _accepted(work: UnitOfWork, incident: Incident, page: Page, told: Signal) -> None:
    now = await work.now()
    if rules.is_behind(told, page.told):
        page.told = told
    # Answered while it was under way: the provider is told so at once.
    is_behind = page.provider == PAGERDUTY and rules.is_behind(page.wanted, page.told)
    outbox.release(page, due_at=now if is_behind else None)
    page.last_error = None
    if is_behind:
        work.wake("pager")
    if told is Signal.TRIGGER:
        await _has_left(work, incident, page)


async def _has_left(work: UnitOfWork, incident: Incident, page: Page) -> None:
    page.accepted_at, page.trouble, page.left_at = await work.now(), None, None
    if page.status is PageStatus.QUEUED:
        page.status = PageStatus.ACCEPTED
    if page.status is not PageStatus.CONFIRMED:  # by a webhook that overtook the answer
        is_open = page.wanted is Signal.TRIGGER and page.provider == PAGERDUTY
        page.check_at = page.accepted_at + FIRST_LOOK if is_open else None
    text = f"{_name(page)} took the page for the {_role(page)}"
    await timeline.append(work, incident, SYSTEM, "page_accepted", text, page=page.id, step=page.step)


async def _refused(
    work: UnitOfWork, incident: Incident, page: Page, told: Signal, reason: str, *, slack: bool
) -> None:
    """Trying again cannot help: say so in red, and call by the second channel at once."""
    outbox.release(page, due_at=None)
    page.last_error = reason
    if told is not Signal.TRIGGER:
        return
    page.check_at = None
    text = f"{_name(page)} refused the page for the {_role(page)}: {reason}"
    await timeline.append(work, incident, SYSTEM, "page_failed", text, page=page.id, step=page.step)
    if page.wanted is Signal.TRIGGER:
        page.status = PageStatus.FAILED
        if page.provider == PAGERDUTY:
            page.trouble = PageTrouble.REFUSED
            await queue_second_channel(work, page, incident.severity.rank, slack=slack)


async def _again(work: UnitOfWork, page: Page, reason: str, wait: timedelta | None) -> None:
    jitter = random.uniform(-1, 1)  # noqa: S311 - spreads retries, guards nothing
    delay = max(rules.retry_delay(page.attempts, jitter=jitter), wait or timedelta())
    # A letter or a post says only that somebody is needed; once nobody is, it stays unwritten.
    is_over = page.provider != PAGERDUTY and page.wanted is not Signal.TRIGGER
    outbox.release(page, due_at=None if is_over else await work.now() + delay)
    page.last_error, page.left_at = reason, None


async def _was_too_late(work: UnitOfWork, page: Page, sent: Sent) -> None:
    """Somebody else took the page over. If ours was the last call to ring, its end must be told again."""
    rang = isinstance(sent.outcome, events.Accepted) and sent.page.wanted is Signal.TRIGGER
    if rang and page.provider == PAGERDUTY and page.wanted is not Signal.TRIGGER:
        page.told, page.due_at = Signal.TRIGGER, await work.now()
        work.wake("pager")


def _name(page: Page) -> str:
    return NAMES.get(page.provider, page.provider)


def _role(page: Page) -> str:
    return page.role.value.replace("_", " ")
