"""Close an incident once everything owed is done, and reopen its review."""

from __future__ import annotations

from app.audit import trail
from app.incidents import checklist, locking, timeline
from app.incidents.models import Incident
from app.incidents.words import IncidentStatus
from app.security.permissions import Actor, Scope
from app.storage.unit_of_work import UnitOfWork


async def close(work: UnitOfWork, actor: Actor, number: int, *, expected_version: int | None = None) -> int:
    """Close a resolved incident. There is no way past its checklist: the database holds the same gate.

    Raises: ChecklistIncomplete, naming what is missing.
    Source: handbook, "Post-incident checklist".
    """
    actor.demand(Scope.INCIDENTS_COMMAND, sees=Scope.INCIDENTS_READ)
    incident = await locking.lock(work, number, expected_version=expected_version)
    if incident.status is IncidentStatus.RESOLVED:
        await checklist.demand_complete(work, incident)
    locking.move(incident, IncidentStatus.CLOSED)
    now = await work.now()
    incident.closed_at = max(incident.resolved_at or now, now)
    await timeline.append(work, incident, actor, "closed", f"{actor.name} closed it: everything owed is done")
    await trail.record(work, actor, "incident.close", ("incident", number))
    return number


async def reopen_review(work: UnitOfWork, incident: Incident, actor: Actor, reason: str) -> None:
    """Take a closed, locked incident back to its review. It does not begin again, and nobody is paged."""
    actor.demand(Scope.INCIDENTS_COMMAND, sees=Scope.INCIDENTS_READ)
    locking.move(incident, IncidentStatus.RESOLVED)
    incident.closed_at = None
    text = f"{actor.name} reopened the review: {reason}"
    await timeline.append(work, incident, actor, "review_reopened", text)
