"""Answers that were given at the provider: an acknowledgement there stops the escalation here."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from app.incidents import acknowledgement, loop_in, rules
from app.incidents.models import Incident, Page
from app.incidents.paging.queueing import LADDER, answer
from app.incidents.words import IncidentRole, IncidentStatus, Signal
from app.security.permissions import Actor, Scope
from app.storage.unit_of_work import UnitOfWork

SCOPES = frozenset({Scope.INCIDENTS_READ, Scope.INCIDENTS_WRITE})
PROVIDER = Actor("provider", None, "PagerDuty", scopes=SCOPES)


async def answered_at_provider(
    work: UnitOfWork, incident: Incident, page: Page, *, by: Actor, at: datetime | None
) -> str:
    """Take an acknowledgement that was given at PagerDuty; answers what came of it."""
    moment = await acknowledgement.moment(work, incident, at)
    is_news, was_open = page.acknowledged_by != by.name, page.wanted is Signal.TRIGGER
    answer(page, by=by.name, at=moment)
    if page.role is IncidentRole.POLICY_OWNER:
        return await _of_the_loop_in(work, incident, page, by, moment)
    if await _is_late(work, incident, page, moment, was_open=was_open):
        return "late"
    if incident.status is not IncidentStatus.TRIGGERED and not is_news:
        return "repeated"
    await acknowledgement.acknowledge(work, by, incident.id, via="pagerduty", occurred_at=moment)
    return "applied"


async def _of_the_loop_in(work: UnitOfWork, incident: Incident, page: Page, by: Actor, at: datetime) -> str:
    if page.generation != incident.generation:
        return "late"
    return "applied" if await loop_in.met(work, incident, by, at=at) else "repeated"


async def _is_late(
    work: UnitOfWork, incident: Incident, page: Page, moment: datetime, *, was_open: bool
) -> bool:
    """Whether it was given before what waits for an answer now; nothing that is over waits."""
    if page.generation != incident.generation or incident.status not in rules.OPEN:
        return True
    if was_open or incident.status is not IncidentStatus.TRIGGERED:
        return False
    began = await _round_began(work, incident)
    return began is not None and moment < began


async def _round_began(work: UnitOfWork, incident: Incident) -> datetime | None:
    """When the pages left that wait for an answer now; an earlier answer was to earlier ones."""
    began: datetime | None = await work.session.scalar(
        select(func.min(Page.queued_at)).where(
            Page.incident_id == incident.id,
            Page.generation == incident.generation,
            Page.wanted == Signal.TRIGGER,
            Page.role.in_(LADDER),
        )
    )
    return began
