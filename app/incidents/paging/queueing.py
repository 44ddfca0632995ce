"""Write down that somebody is to be paged, or no longer: the page's row is its own outbox."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import any_, case, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.incidents import rules
from app.incidents.models import Incident, Page
from app.incidents.words import IncidentRole, PageStatus, Signal
from app.security.models import Person
from app.security.permissions import Role
from app.storage.unit_of_work import UnitOfWork

PAGERDUTY = "pagerduty"
MAIL = "mail"
ROLES = {
    IncidentRole.OPERATOR: Role.OPERATOR,
    IncidentRole.INCIDENT_COMMANDER: Role.COMMANDER,
    IncidentRole.POLICY_OWNER: Role.POLICY_OWNER,
}
STATUS = {Signal.ACKNOWLEDGE: PageStatus.ACKNOWLEDGED, Signal.RESOLVE: PageStatus.RESOLVED}


async def queue(work: UnitOfWork, incident: Incident, *, step: int, role: IncidentRole) -> None:
    """Queue one page in the transaction that decided on it."""
    call = {"incident_id": incident.id, "generation": incident.generation, "step": step, "role": role}
    key = rules.page_key(incident.id, incident.generation, step)
    await _insert(work, call, provider=PAGERDUTY, dedup_key=key, urgency=incident.severity.rank)


async def queue_second_channel(work: UnitOfWork, page: Page, urgency: int) -> int:
    """Send the same call by mail to everybody who has its role; answers how many letters that makes."""
    people = await work.session.execute(
        select(Person.id, Person.email).where(
            any_(Person.roles) == ROLES[page.role].value, Person.deactivated_at.is_(None)
        )
    )
    call = {name: getattr(page, name) for name in ("incident_id", "generation", "step", "role")}
    letters = people.all()
    for person_id, email in letters:
        key = f"{page.dedup_key}:{MAIL}:{person_id}"
        await _insert(work, call, provider=MAIL, dedup_key=key, urgency=urgency, recipient=email)
    return len(letters)


async def withdraw(work: UnitOfWork, incident: Incident, signal: Signal) -> None:
    """Tell every provider that the call was answered or is over; what never left never leaves.

    A page whose first try may have arrived is told too, since its reply may be all that was lost. The policy
    owner's loop-in is not answered by anybody else's acknowledgement.
    """
    behind = Page.wanted.in_([one for one in Signal if one.rank < signal.rank])
    others = Page.role != IncidentRole.POLICY_OWNER if signal is Signal.ACKNOWLEDGE else true()
    unheard = or_(Page.attempts == 0, Page.provider == MAIL)
    await work.session.execute(
        update(Page)
        .where(Page.incident_id == incident.id, behind, others)
        .values(
            wanted=signal,
            status=case((Page.status == PageStatus.FAILED, Page.status), else_=STATUS[signal]),
            due_at=case((unheard, None), else_=clock.now()),
            check_at=None,
        )
    )
    work.wake("pager")


async def answer(work: UnitOfWork, page: Page, *, by: str, at: datetime) -> None:
    """Note on one page that its receiver acknowledged it at the provider."""
    await work.session.execute(
        update(Page)
        .where(Page.id == page.id, Page.acknowledged_at.is_(None))
        .values(
            acknowledged_at=at,
            acknowledged_by=by,
            status=case((Page.status == PageStatus.RESOLVED, Page.status), else_=PageStatus.ACKNOWLEDGED),
            wanted=case((Page.wanted == Signal.TRIGGER, Signal.ACKNOWLEDGE), else_=Page.wanted),
            told=case((Page.told == Signal.RESOLVE, Page.told), else_=Signal.ACKNOWLEDGE),
            due_at=case((Page.wanted == Signal.RESOLVE, Page.due_at), else_=None),
            check_at=None,
        )
    )


async def _insert(work: UnitOfWork, call: Mapping[str, Any], **values: Any) -> None:
    await work.session.execute(
        insert(Page)
        .values(
            **call,
            **values,
            status=PageStatus.QUEUED,
            wanted=Signal.TRIGGER,
            attempts=0,
            queued_at=clock.now(),
            due_at=clock.now(),
            check_at=clock.after(rules.ACCEPT_WITHIN),
        )
        .on_conflict_do_nothing()
    )
    work.wake("pager")
