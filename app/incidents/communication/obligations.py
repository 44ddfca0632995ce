"""What is owed to readers by a certain time: the first word, and every next one that was promised.

A promise outlives the incident: it is met by the next message, which may say that it is over.
Source: incidents specification, fact 38; for which severities, `rules.owes_first_update`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update

from app.incidents.communication import rules
from app.incidents.models import Incident, Obligation, StatusUpdate
from app.security.permissions import SYSTEM
from app.storage.unit_of_work import UnitOfWork
from app.templates import Audience

# The kind of the promise that a message makes to its audience.
PROMISES = {
    Audience.COMMUNITY: rules.NEXT_UPDATE,
    Audience.ENTERPRISE: rules.NEXT_ENTERPRISE_UPDATE,
}


async def begin(work: UnitOfWork, incident: Incident) -> None:
    """Owe the community a first word about a generation that has just begun, if its severity demands it."""
    if rules.owes_first_update(incident.severity):
        call = {"incident_id": incident.id, "generation": incident.generation}
        due = await work.now() + rules.FIRST_UPDATE_WITHIN
        work.write(Obligation, **call, kind=rules.FIRST_PUBLIC_UPDATE, due_at=due)


async def follow(work: UnitOfWork, incident: Incident) -> None:
    """Let what is owed follow a severity that has changed: five minutes from now, or nothing."""
    if not rules.owes_first_update(incident.severity):
        await _lift(work, incident, f"{incident.severity} owes no public update")
    elif not await _is_owed_or_done(work, incident):
        due = await work.now() + rules.FIRST_UPDATE_WITHIN
        await _owe(work, incident, rules.FIRST_PUBLIC_UPDATE, due)


async def lift(work: UnitOfWork, incident: Incident) -> None:
    """An incident has ended: a first word that was not due yet is owed no more."""
    await _lift(work, incident, "over before it was due", Obligation.due_at > await work.now())


async def hand_over(work: UnitOfWork, incident: Incident, target: Incident) -> None:
    """An incident goes on in another one: what readers were promised is owed there, and nothing here."""
    promised = await work.session.execute(
        select(Obligation.kind, Obligation.due_at)
        .where(Obligation.kind.in_(PROMISES.values()), *_open(incident))
        .order_by(Obligation.id)
    )
    for kind, due_at in promised.all():
        await _owe(work, target, kind, due_at)
    await work.session.execute(
        update(Obligation)
        .where(*_open(incident))
        .values(waived_by=[SYSTEM.name], waive_reason=f"merged into OPS-{target.id}")
        .execution_options(synchronize_session=False)
    )


async def told(work: UnitOfWork, incident: Incident, message: StatusUpdate) -> None:
    """A message was sent: what was owed to its readers is met, and what it promises is owed."""
    now = await work.now()
    await work.session.execute(
        update(Obligation)
        .where(Obligation.kind.in_(rules.OWED[message.audience]), *_open(incident))
        .values(met_at=now, met_by=message.written_by)
        .execution_options(synchronize_session=False)
    )
    if message.next_update_at is not None and message.audience in PROMISES:
        await _owe(work, incident, PROMISES[message.audience], message.next_update_at)


async def _lift(work: UnitOfWork, incident: Incident, reason: str, *conditions: ColumnElement[bool]) -> None:
    await work.session.execute(
        update(Obligation)
        .where(Obligation.kind == rules.FIRST_PUBLIC_UPDATE, *_open(incident), *conditions)
        .values(waived_by=[SYSTEM.name], waive_reason=reason)
        .execution_options(synchronize_session=False)
    )


async def _owe(work: UnitOfWork, incident: Incident, kind: str, due_at: datetime) -> None:
    newest = select(func.coalesce(func.max(Obligation.ordinal), 0)).where(
        Obligation.incident_id == incident.id,
        Obligation.generation == incident.generation,
        Obligation.kind == kind,
    )
    work.session.add(
        Obligation(
            incident_id=incident.id,
            generation=incident.generation,
            kind=kind,
            ordinal=(await work.session.scalar(newest) or 0) + 1,
            due_at=due_at,
        )
    )
    work.wake("pager")


async def _is_owed_or_done(work: UnitOfWork, incident: Incident) -> bool:
    found = select(Obligation.id).where(
        Obligation.incident_id == incident.id,
        Obligation.generation == incident.generation,
        Obligation.kind == rules.FIRST_PUBLIC_UPDATE,
        Obligation.waived_by.is_(None),
    )
    sent = select(StatusUpdate.id).where(
        StatusUpdate.incident_id == incident.id,
        StatusUpdate.generation == incident.generation,
        StatusUpdate.audience == Audience.COMMUNITY,
        StatusUpdate.sent_at.is_not(None),
    )
    return await work.session.scalar(found.union_all(sent).limit(1)) is not None


def _open(incident: Incident) -> tuple[ColumnElement[bool], ...]:
    return (
        Obligation.incident_id == incident.id,
        Obligation.met_at.is_(None),
        Obligation.waived_by.is_(None),
    )
