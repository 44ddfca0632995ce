"""Alerts that come and go: one incident and one page, which end only when it has been quiet for a while.

Ending it at once would page anew with every return, and holding a return back could miss the one that stays.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Interval, case, cast, select

from app import clock
from app.incidents import resolution, rules, timeline
from app.incidents.intake import alerts
from app.incidents.models import Incident
from app.incidents.words import Severity
from app.security.permissions import SYSTEM
from app.storage.unit_of_work import UnitOfWork

BATCH = 100
ENDS_BY_ITSELF = tuple(severity for severity in Severity if not rules.needs_commander(severity))
# When an incident ends of which nothing fires any more.
ENDS_AT: ColumnElement[datetime | None] = Incident.quiet_at + case(
    (Incident.flapping_at.is_(None), cast(rules.QUIET_FOR, Interval)),
    else_=cast(rules.FLAPS_WITHIN, Interval),
)
MAY_END = (
    Incident.quiet_at.is_not(None),
    Incident.status.in_(rules.OPEN),
    Incident.severity.in_(ENDS_BY_ITSELF),
)


async def note_quiet(work: UnitOfWork, incident: Incident) -> None:
    """Note on a locked incident, an alert of which is over, whether nothing fires any more."""
    if incident.status in rules.OPEN and not await alerts.still_hurts(work, incident):
        incident.quiet_at = await work.now()


async def note_return(work: UnitOfWork, incident: Incident) -> None:
    """Note on a locked incident that it fires again; often in a short while, and it is flapping."""
    if incident.quiet_at is None:
        return
    now, incident.quiet_at = await work.now(), None
    if incident.flaps_since is None or now - incident.flaps_since > rules.FLAPS_WITHIN:
        incident.flaps, incident.flaps_since = 0, now
    incident.flaps += 1
    if incident.flaps >= rules.FLAPS and incident.flapping_at is None:
        incident.flapping_at = now
        text = "It comes and goes: it stays open until nothing has fired for ten minutes"
        await timeline.append(work, incident, SYSTEM, "flapping", text, flaps=incident.flaps)


async def end_quiet(work: UnitOfWork) -> int:
    """End a batch of what has been quiet for long enough; answers how many. S0 and S1 end by people alone."""
    found = await work.session.scalars(
        select(Incident)
        .where(*MAY_END, clock.once() >= ENDS_AT)
        .order_by(Incident.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    incidents = found.all()
    for incident in incidents:
        incident.quiet_at = None
        if not await alerts.still_hurts(work, incident):
            await resolution.end(work, incident, SYSTEM, "All its alerts are over")
    return len(incidents)
