"""An acknowledgement that nothing follows lapses: whoever took the incident may have fallen asleep over it.

Only severe incidents are taken back. Whatever somebody enters in the timeline keeps them, another press on
*Acknowledge* as well.
"""

from __future__ import annotations

from sqlalchemy import select, text

from app import clock
from app.incidents import escalation
from app.incidents.models import Incident
from app.incidents.models.incident import HELD
from app.security.permissions import SYSTEM
from app.storage.unit_of_work import UnitOfWork

BATCH = 20


async def lapse_due(work: UnitOfWork) -> int:
    """Take back a batch of what was acknowledged and forgotten, the worst first; answers how many.

    An incident that somebody holds is left to them: they are doing something.
    """
    forgotten = await work.session.scalars(
        select(Incident)
        .where(text(HELD), Incident.lapses_at <= clock.once())
        .order_by(Incident.severity, Incident.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    lapsed = forgotten.all()
    for incident in lapsed:
        minutes = incident.lapses_after.total_seconds() / 60
        reason = (
            f"{incident.acknowledged_by} acknowledged, and nobody has done anything for {minutes:g} minutes"
        )
        await escalation.rearm(work, incident, SYSTEM, reason)
    return len(lapsed)
