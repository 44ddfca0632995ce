"""Did the page get through? "202 Accepted" is not "somebody was paged", so the loop is closed here.

A page that was not accepted in 30 s, or of which PagerDuty shows nothing in 60 s, also leaves by mail.
Shortly before the commander would be paged, PagerDuty is asked once more: its webhook may be late.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from app import clock
from app.errors import InvalidTransition
from app.incidents import acknowledgement, locking, participation, rules, timeline
from app.incidents.models import EscalationStep, Incident, Page
from app.incidents.paging.channels import Channels
from app.incidents.paging.queueing import PAGERDUTY, answer, queue_second_channel
from app.incidents.words import IncidentRole, IncidentStatus, PageStatus
from app.outside.pagerduty import incident as pagerduty
from app.outside.pagerduty.rest import Unanswered
from app.security.permissions import SYSTEM, Actor, Scope
from app.storage.engine import Database
from app.storage.unit_of_work import UnitOfWork

LOOK_EVERY = timedelta(seconds=10)
LAST_LOOK = timedelta(seconds=5)
PROVIDER = Actor(
    "provider", None, "PagerDuty", scopes=frozenset({Scope.INCIDENTS_READ, Scope.INCIDENTS_WRITE})
)


async def claim_checks(database: Database, limit: int) -> list[Page]:
    """Take the pages that are to be looked after; a look that dies is made again in ten seconds."""
    due = (
        select(Page.id)
        .where(Page.check_at <= clock.now())
        .order_by(Page.urgency, Page.check_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    async with database.unit_of_work() as work:
        claimed = await work.session.scalars(
            update(Page).where(Page.id.in_(due)).values(check_at=clock.after(LOOK_EVERY)).returning(Page)
        )
        return list(claimed)


async def check(database: Database, channels: Channels, page: Page) -> None:
    """Look after one page: ask PagerDuty, and call by the second channel when it is time."""
    found = None
    if channels.rest is not None and page.accepted_at is not None:
        found = await channels.rest.find_incident(page.dedup_key)
    async with database.unit_of_work() as work:
        incident = await locking.lock(work, page.incident_id)
        page = await work.session.get_one(Page, page.id, populate_existing=True)
        if page.check_at is None:
            return
        if isinstance(found, pagerduty.Incident):
            await confirm(work, incident, page, found.id)
            if found.status == "acknowledged":
                await _answered(work, incident, page, found)
        else:
            knows = channels.rest is not None or bool(channels.settings.pagerduty_webhook_secrets)
            asked = not isinstance(found, Unanswered)
            await _missing(work, incident, page, can_know=knows and asked)


async def confirm(work: UnitOfWork, incident: Incident, page: Page, provider_incident_id: str | None) -> None:
    """PagerDuty shows an incident for this page; look once more before the next rung is due."""
    next_due = select(func.min(EscalationStep.due_at) - LAST_LOOK).where(
        EscalationStep.incident_id == incident.id,
        EscalationStep.fired_at.is_(None),
        EscalationStep.cancelled_at.is_(None),
    )
    last_look = await work.session.scalar(next_due)
    if (
        page.role is not IncidentRole.OPERATOR
        or last_look is None
        or last_look <= await clock.read(work.session)
    ):
        last_look = None
    if page.status in (PageStatus.QUEUED, PageStatus.ACCEPTED):
        page.status, page.confirmed_at = PageStatus.CONFIRMED, await clock.read(work.session)
        text = f"PagerDuty shows the page for the {page.role.value.replace('_', ' ')}"
        await timeline.append(work, incident, SYSTEM, "page_confirmed", text, page=page.id)
    page.provider_incident_id = provider_incident_id or page.provider_incident_id
    page.check_at = last_look


async def answered_at_provider(
    work: UnitOfWork, incident: Incident, page: Page, *, by: Actor, at: datetime | None
) -> str:
    """Take an acknowledgement that was given at PagerDuty; answers what came of it."""
    now = await clock.read(work.session)
    moment = max(incident.triggered_at, min(at or now, now))
    await answer(work, page, by=by.name, at=moment)
    if page.role is IncidentRole.POLICY_OWNER:
        await participation.meet(work, incident, participation.LOOP_IN, by.name)
        await timeline.append(work, incident, by, "policy_owner_acknowledged", f"{by.name} is looped in")
        return "applied"
    if page.generation != incident.generation:
        return "late"
    try:
        await acknowledgement.acknowledge(work, by, incident.id, via="pagerduty", occurred_at=moment)
    except InvalidTransition:
        return "late"
    return "applied"


async def _answered(work: UnitOfWork, incident: Incident, page: Page, found: pagerduty.Incident) -> None:
    if incident.status is IncidentStatus.TRIGGERED and page.acknowledged_at is None:
        name = found.acknowledged_by or found.changed_by or "PagerDuty"
        by = Actor("provider", None, name, scopes=PROVIDER.scopes)
        await answered_at_provider(work, incident, page, by=by, at=found.acknowledged_at)


async def _missing(work: UnitOfWork, incident: Incident, page: Page, *, can_know: bool) -> None:
    now = await clock.read(work.session)
    if page.status is PageStatus.QUEUED and now >= page.queued_at + rules.ACCEPT_WITHIN:
        page.check_at = None
        await _second_channel(work, incident, page, "page_not_accepted", "has not taken")
    elif page.status is PageStatus.ACCEPTED and page.accepted_at is not None:
        if not can_know:
            page.check_at = None
        elif now >= page.accepted_at + rules.CONFIRM_WITHIN:
            page.check_at = None
            await _second_channel(work, incident, page, "page_unconfirmed", "shows nothing of")
    else:
        page.check_at = None


async def _second_channel(work: UnitOfWork, incident: Incident, page: Page, kind: str, words: str) -> None:
    if page.provider != PAGERDUTY:
        return
    letters = await queue_second_channel(work, page, incident.severity.rank)
    role = page.role.value.replace("_", " ")
    text = f"PagerDuty {words} the page for the {role}: {letters} by mail as well"
    await timeline.append(work, incident, SYSTEM, kind, text, page=page.id)
