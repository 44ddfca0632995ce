"""Remind whoever has to write, the moment a message is due, and once for each that is."""

from __future__ import annotations

from sqlalchemy import select, text, update

from app import clock
from app.incidents import timeline
from app.incidents.communication import notices, rules
from app.incidents.models import Incident, Obligation
from app.incidents.models.incident import UNTOLD
from app.security.permissions import SYSTEM
from app.storage.unit_of_work import UnitOfWork

BATCH = 20
DUE = {
    rules.FIRST_PUBLIC_UPDATE: "The first word to the community is due",
    rules.NEXT_UPDATE: "The next word to the community is due",
    rules.NEXT_ENTERPRISE_UPDATE: "The next word to enterprise customers is due",
}


async def nudge_due(work: UnitOfWork) -> int:
    """Remind of what is due, the worst incidents first; answers of how many duties.

    An incident that somebody holds is left to them: they may be sending the message.
    """
    due = select(Obligation.incident_id).where(text(UNTOLD), Obligation.due_at <= clock.once())
    held = await work.session.scalars(
        select(Incident)
        .where(Incident.id.in_(due))
        .order_by(Incident.severity, Incident.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    incidents = {incident.id: incident for incident in held}
    if not incidents:
        return 0
    # Looks again under the locks: a message may have been sent in between.
    told = await work.session.execute(
        update(Obligation)
        .where(Obligation.incident_id.in_(incidents), text(UNTOLD), Obligation.due_at <= clock.once())
        .values(nudged_at=clock.now())
        .returning(Obligation.incident_id, Obligation.id, Obligation.kind)
        .execution_options(synchronize_session=False)
    )
    rows = sorted(told.all())
    for number, obligation_id, kind in rows:
        await _nudge(work, incidents[number], obligation_id, kind)
    return len(rows)


async def _nudge(work: UnitOfWork, incident: Incident, obligation_id: int, kind: str) -> None:
    people = await notices.nudge(work, incident, obligation_id)
    whom = f"{', '.join(people.names)} ({people.role})" if people.names else "the channel; nobody is known"
    words = f"{DUE[kind]}: reminding {whom}"
    await timeline.append(work, incident, SYSTEM, "update_due", words, obligation=obligation_id, duty=kind)
