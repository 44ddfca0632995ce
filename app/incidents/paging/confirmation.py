"""Did the page get through? "202 Accepted" is not "somebody was paged", so the loop is closed here.

What is not accepted in 30 s, or of which PagerDuty shows nothing in 60 s, also leaves by mail and Slack.
Shortly before the commander would be paged, PagerDuty is asked once more: its webhook may be late.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import func, select, update

from app import clock
from app.incidents import locking, rules, timeline
from app.incidents.models import EscalationStep, Incident, Page
from app.incidents.paging import crowds
from app.incidents.paging.answering import SCOPES, answered_at_provider
from app.incidents.paging.channels import Channels
from app.incidents.paging.queueing import MAIL, PAGERDUTY, SLACK, queue_second_channel
from app.incidents.words import IncidentRole, IncidentStatus, PageStatus, PageTrouble, Signal
from app.outside.pagerduty import incident as pagerduty
from app.security.permissions import SYSTEM, Actor
from app.storage import arrays
from app.storage.engine import Database
from app.storage.unit_of_work import UnitOfWork

LOOK_EVERY = timedelta(seconds=10)
LAST_LOOK = timedelta(seconds=5)
WORDS = {PageTrouble.NOT_ACCEPTED: "has not taken", PageTrouble.UNCONFIRMED: "shows nothing of"}
NEXT_DUE = (
    select(EscalationStep.incident_id, func.min(EscalationStep.due_at))
    .where(
        arrays.among(EscalationStep.incident_id, "numbers"),
        EscalationStep.fired_at.is_(None),
        EscalationStep.cancelled_at.is_(None),
    )
    .group_by(EscalationStep.incident_id)
)


async def claim_checks(database: Database, limit: int, _full: Collection[str] = ()) -> list[Page]:
    """Take the pages that are to be looked after; a look that dies is made again in ten seconds."""
    due = (
        select(Page.id)
        .where(Page.check_at <= clock.once())
        .order_by(Page.urgency, Page.check_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    async with database.unit_of_work() as work:
        claimed = await work.session.scalars(
            update(Page)
            .where(Page.id.in_(select(due.c.id)))
            .values(check_at=clock.after(LOOK_EVERY))
            .returning(Page)
        )
        return list(claimed)


async def check(database: Database, channels: Channels, turns: asyncio.Semaphore, page: Page) -> None:
    """Look after one page: ask PagerDuty, and call by the second channel when it is time.

    Many ask at once, but write in `turns`: else they would hold every connection, and timers would wait.
    """
    if page.acknowledged_at is not None:
        async with turns:
            await _take_answer(database, page)
        return
    found = None
    key = page.carried_by or page.dedup_key
    if channels.rest is not None and page.accepted_at is not None:
        found = await channels.rest.find_incident(key)
    async with turns, database.unit_of_work() as work:
        crowd = await crowds.of(work, [key])
        incidents = await locking.lock_many(work, [page.incident_id, *(number for _, number in crowd)])
        pages = await crowds.loaded(work, [page.id, *(one for one, _ in crowd)])
        if pages[page.id].check_at is None:
            return
        if isinstance(found, pagerduty.Incident):
            await _found(work, incidents, pages.values(), found)
        else:
            await _missing(work, channels, incidents[page.incident_id], pages[page.id])


async def _take_answer(database: Database, page: Page) -> None:
    """Take an answer that was given at PagerDuty to a call that stood for this page, too."""
    async with database.unit_of_work() as work:
        incident = await locking.lock(work, page.incident_id)
        page = await work.session.get_one(Page, page.id, populate_existing=True)
        if page.check_at is not None and page.wanted is Signal.TRIGGER:
            by = Actor("provider", None, page.acknowledged_by or "PagerDuty", scopes=SCOPES)
            await answered_at_provider(work, incident, page, by=by, at=page.acknowledged_at)


async def _found(
    work: UnitOfWork, incidents: Mapping[int, Incident], pages: Collection[Page], found: pagerduty.Incident
) -> None:
    """PagerDuty shows a call; so it does for every page that it stands for."""
    for page in pages:
        await confirm(work, incidents[page.incident_id], page, found.id)
    await plan_last_looks(work, pages)
    for page in pages if found.status == "acknowledged" else ():
        await work.session.refresh(page)  # an answer to one page withdraws the others of its incident
        await _answered(work, incidents[page.incident_id], page, found)


async def confirm(work: UnitOfWork, incident: Incident, page: Page, provider_incident_id: str | None) -> None:
    """PagerDuty shows an incident for this page, which need not be looked after any more."""
    page.provider_incident_id = provider_incident_id or page.provider_incident_id
    if page.wanted is not Signal.TRIGGER:
        return
    if page.status in (PageStatus.QUEUED, PageStatus.ACCEPTED):
        page.status, page.confirmed_at = PageStatus.CONFIRMED, await work.now()
        text = f"PagerDuty shows the page for the {_role(page)}"
        await timeline.append(work, incident, SYSTEM, "page_confirmed", text, page=page.id)
    page.check_at = page.trouble = None


async def plan_last_looks(work: UnitOfWork, pages: Iterable[Page]) -> None:
    """Look at the operator's pages that are confirmed once more, shortly before the next rung is due."""
    shown = [page for page in pages if page.wanted is Signal.TRIGGER and page.status is PageStatus.CONFIRMED]
    alone = [page for page in shown if page.carried_by is None]  # one look is for all that a call stands for
    waiting = {page.incident_id: page for page in alone if page.role is IncidentRole.OPERATOR}
    if not waiting:
        return
    now = await work.now()
    for number, due_at in await work.session.execute(NEXT_DUE, {"numbers": list(waiting)}):
        if due_at - LAST_LOOK > now:
            waiting[number].check_at = due_at - LAST_LOOK


async def _answered(work: UnitOfWork, incident: Incident, page: Page, found: pagerduty.Incident) -> None:
    if incident.status is IncidentStatus.TRIGGERED and page.wanted is Signal.TRIGGER:
        name = found.acknowledged_by or found.changed_by or "PagerDuty"
        by = Actor("provider", None, name, scopes=SCOPES)
        await answered_at_provider(work, incident, page, by=by, at=found.acknowledged_at)


def _can_know(channels: Channels) -> bool:
    """Whether PagerDuty could have told us, by its API or its webhooks, that it shows the page."""
    return channels.rest is not None or bool(channels.settings.pagerduty_webhook_secrets)


async def _missing(work: UnitOfWork, channels: Channels, incident: Incident, page: Page) -> None:
    """Nothing is to be seen of a page: look again until it is time for the second channel."""
    now = await work.now()
    if page.status is PageStatus.QUEUED:
        deadline = page.queued_at + rules.ACCEPT_WITHIN
        trouble = PageTrouble.NOT_ACCEPTED
    elif page.status is PageStatus.ACCEPTED and page.accepted_at is not None and _can_know(channels):
        deadline = page.accepted_at + rules.CONFIRM_WITHIN
        trouble = PageTrouble.UNCONFIRMED
    else:
        page.check_at = None
        return
    if now >= deadline:
        page.check_at = None
        await _second_channel(work, incident, page, trouble, slack=channels.has_slack)
    else:
        page.check_at = min(deadline, now + LOOK_EVERY)


async def _second_channel(
    work: UnitOfWork, incident: Incident, page: Page, trouble: PageTrouble, *, slack: bool
) -> None:
    if page.provider != PAGERDUTY:
        return
    if page.carried_by and await crowds.still_rings(work, page.carried_by):
        also = f"it left {crowds.together(page)}"
    else:
        also = _also(await queue_second_channel(work, page, incident.severity.rank, slack=slack))
    page.trouble = trouble
    text = f"PagerDuty {WORDS[trouble]} the page for the {_role(page)}: {also}"
    await timeline.append(work, incident, SYSTEM, f"page_{trouble}", text, page=page.id)


def _also(added: Sequence[str]) -> str:
    ways = [f"mail ({added.count(MAIL)})"] if MAIL in added else []
    ways += ["Slack"] if SLACK in added else []
    return f"called by {' and '.join(ways)} as well" if ways else "there is nobody new to call"


def _role(page: Page) -> str:
    return page.role.value.replace("_", " ")
