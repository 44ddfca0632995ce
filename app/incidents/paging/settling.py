"""Write down how a page went, and what follows from it: told, tried again, or called by mail as well."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from app.incidents import locking, rules, timeline
from app.incidents.models import Incident, Page
from app.incidents.paging import crowds
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
    """A page as it was sent, what was told of it and the `others` that it stood for, and what came back.

    Any of them may have been answered meanwhile.
    """

    page: Page
    outcome: events.Outcome
    told: Signal
    others: tuple[Page, ...] = ()

    @property
    def pages(self) -> tuple[Page, ...]:
        """All of them."""
        return self.page, *self.others


def settlements(database: Database, *, slack: bool = False) -> Gathering[Sent, None]:
    """Settle together what a moment's answers brought."""

    async def together(sent: Sequence[Sent]) -> Sequence[None]:
        async with database.unit_of_work() as work:
            await settle(work, sent, slack=slack)
        return [None] * len(sent)

    return Gathering(together)


async def settle(work: UnitOfWork, sent: Sequence[Sent], *, slack: bool = False) -> None:
    """Settle pages that were sent, each as far as it is still ours. `slack`: whether calls can go there."""
    incidents = await locking.lock_many(work, [page.incident_id for one in sent for page in one.pages])
    held = await outbox.hold(work.session, Page, [page for one in sent for page in one.pages])
    for one in sent:
        page = held[one.page.id]
        if outbox.is_ours(page, one.page):
            await _settle(work, incidents, [held[each.id] for each in one.pages], one, slack=slack)
        else:
            await _was_too_late(work, page, one)


async def _settle(
    work: UnitOfWork, incidents: Mapping[int, Incident], pages: Sequence[Page], sent: Sent, *, slack: bool
) -> None:
    """Settle a call and those that it stood for, the call itself first."""
    told, page = sent.told, pages[0]
    match sent.outcome:
        case events.Accepted():
            await _accepted(work, page, told, wanted=_least_wanted(pages))
            for one in pages:
                await _was_told(work, incidents[one.incident_id], one, told)
        case events.Refused(reason=reason) | events.Failed(kind=reason, permanent=True):
            outbox.release(page, due_at=None)
            for one in pages:
                await _refused(work, incidents[one.incident_id], one, told, reason)
            await _second_channel(work, incidents, pages, told, slack=slack)
        case events.Throttled(retry_after=wait):
            await _again(work, page, "throttled", wait)
        case events.Failed(kind=kind, retry_after=wait):
            await _again(work, page, kind, wait)


def _least_wanted(pages: Iterable[Page]) -> Signal:
    """What all of these want to be told at least: a call rings until the last of them is answered."""
    return min((page.wanted for page in pages), key=lambda signal: signal.rank)


async def _accepted(work: UnitOfWork, page: Page, told: Signal, *, wanted: Signal) -> None:
    # Answered while it was under way: the provider is told so at once.
    known = told if rules.is_behind(told, page.told) else page.told
    is_behind = page.provider == PAGERDUTY and rules.is_behind(wanted, known)
    outbox.release(page, due_at=await work.now() if is_behind else None)
    if is_behind:
        work.wake("pager")


async def _was_told(work: UnitOfWork, incident: Incident, page: Page, told: Signal) -> None:
    if rules.is_behind(told, page.told):
        page.told = told
    page.last_error = None
    if told is Signal.TRIGGER:
        await _has_left(work, incident, page)


async def _has_left(work: UnitOfWork, incident: Incident, page: Page) -> None:
    page.accepted_at, page.trouble, page.left_at = await work.now(), None, None
    if page.status is PageStatus.QUEUED:
        page.status = PageStatus.ACCEPTED
    if page.status is not PageStatus.CONFIRMED:  # by a webhook that overtook the answer
        is_open = page.wanted is Signal.TRIGGER and page.provider == PAGERDUTY
        # Who looks after a call looks after all that it stands for; they are looked after again at the end.
        wait = rules.CONFIRM_WITHIN if page.carried_by else FIRST_LOOK
        page.check_at = page.accepted_at + wait if is_open else None
    text = f"{_name(page)} took the page for the {_role(page)}{_with_others(page)}"
    about: dict[str, Any] = {"page": page.id, "step": page.step}
    about |= {"key": page.carried_by} if page.carried_by else {}
    await timeline.append(work, incident, SYSTEM, "page_accepted", text, **about)


async def _refused(work: UnitOfWork, incident: Incident, page: Page, told: Signal, reason: str) -> None:
    """Trying again cannot help: say so in red."""
    page.last_error = reason
    if told is not Signal.TRIGGER:
        return
    page.check_at = None
    text = f"{_name(page)} refused the page for the {_role(page)}{_with_others(page)}: {reason}"
    await timeline.append(work, incident, SYSTEM, "page_failed", text, page=page.id, step=page.step)
    if page.wanted is Signal.TRIGGER:
        page.status = PageStatus.FAILED
        page.trouble = PageTrouble.REFUSED if page.provider == PAGERDUTY else None


async def _second_channel(
    work: UnitOfWork, incidents: Mapping[int, Incident], pages: Iterable[Page], told: Signal, *, slack: bool
) -> None:
    """Call by the second channel at once, by one call for all that still wait for an answer."""
    waiting = [page for page in pages if page.provider == PAGERDUTY and page.wanted is Signal.TRIGGER]
    if told is Signal.TRIGGER and waiting:
        rank = incidents[waiting[0].incident_id].severity.rank
        await queue_second_channel(work, waiting[0], rank, slack=slack)


async def _again(work: UnitOfWork, page: Page, reason: str, wait: timedelta | None) -> None:
    jitter = random.uniform(-1, 1)  # noqa: S311 - spreads retries, guards nothing
    delay = max(rules.retry_delay(page.attempts, jitter=jitter), wait or timedelta())
    # A letter or a post says only that somebody is needed; once nobody is, it stays unwritten.
    is_over = page.provider != PAGERDUTY and page.wanted is not Signal.TRIGGER
    outbox.release(page, due_at=None if is_over else await work.now() + delay)
    page.last_error, page.left_at = reason, None


async def _was_too_late(work: UnitOfWork, page: Page, sent: Sent) -> None:
    """Somebody else took the page over. If ours was the last call to ring, its end must be told again."""
    rang = isinstance(sent.outcome, events.Accepted) and sent.told is Signal.TRIGGER
    if rang and page.provider == PAGERDUTY and page.wanted is not Signal.TRIGGER:
        page.told, page.due_at = Signal.TRIGGER, await work.now()
        work.wake("pager")


def _with_others(page: Page) -> str:
    return f", {crowds.together(page)}" if page.carried_by else ""


def _name(page: Page) -> str:
    return NAMES.get(page.provider, page.provider)


def _role(page: Page) -> str:
    return page.role.value.replace("_", " ")
