"""The first step: a named person reads the timeline and signs that it is complete."""

from __future__ import annotations

from app.audit import trail
from app.errors import EvidenceRequired
from app.incidents import locking, timeline
from app.incidents.checklist import demands, items
from app.incidents.words import ChecklistKey
from app.security.permissions import Actor, Scope
from app.storage.unit_of_work import UnitOfWork


async def review_timeline(
    work: UnitOfWork, actor: Actor, number: int, *, expected_version: int | None = None
) -> int:
    """Sign that the timeline tells what happened. What can be checked of it is checked first.

    Raises: EvidenceRequired, naming what the timeline lacks.
    Source: handbook, "Capture timeline".
    """
    actor.demand(Scope.INCIDENTS_WRITE, sees=Scope.INCIDENTS_READ)
    actor.demand_person("sign")
    incident = await locking.lock(work, number, expected_version=expected_version)
    item = await items.item_of(work, incident, ChecklistKey.TIMELINE)
    if missing := await items.lacking(work, item, demands.CAPTURED):
        raise EvidenceRequired(" ".join(missing))
    if (broken := await timeline.first_broken(work, incident)) is not None:
        raise EvidenceRequired(f"The timeline's chain is broken at entry {broken}. Tell an administrator.")
    entries, head = incident.last_seq, incident.last_hash.hex()
    await items.complete(work, incident, item, actor, entries=entries, head=head)
    await trail.record(work, actor, "incident.review_timeline", ("incident", number), entries=entries)
    return number
