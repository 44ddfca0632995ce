"""The items of a checklist: made when an incident ends, done by evidence, demanded before it is closed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import not_, select

from app.errors import ChecklistIncomplete
from app.incidents import locking, rules, timeline
from app.incidents.checklist import demands
from app.incidents.models import ChecklistItem, Incident
from app.incidents.words import ChecklistKey
from app.security.permissions import Actor
from app.storage.unit_of_work import UnitOfWork


async def begin(work: UnitOfWork, incident: Incident) -> None:
    """Open the checklist of a generation that has just ended: all of it, for the severity may change."""
    for key in ChecklistKey:
        work.write(
            ChecklistItem,
            incident_id=incident.id,
            generation=incident.generation,
            key=key,
            evidence={},
        )


async def item_of(work: UnitOfWork, incident: Incident, key: ChecklistKey) -> ChecklistItem:
    """An item of a locked incident's present checklist.

    Raises: InvalidTransition while there is none: it begins when the incident is resolved.
    """
    found: ChecklistItem | None = await work.session.scalar(
        select(ChecklistItem).where(
            ChecklistItem.incident_id == incident.id,
            ChecklistItem.generation == incident.generation,
            ChecklistItem.key == key,
        )
    )
    if found is None or not rules.is_in_review(incident.status):
        raise locking.refusal(incident, incident.status, "its checklist is worked on between end and closing")
    return found


async def complete(
    work: UnitOfWork,
    incident: Incident,
    item: ChecklistItem,
    actor: Actor,
    *,
    url: str | None = None,
    **evidence: Any,
) -> None:
    """Tick an item off with its evidence; one that is done gets the newer evidence."""
    item.done_at, item.done_by = await work.now(), actor.name
    item.evidence, item.evidence_url = evidence, url
    locking.touch(incident)
    text = f"{demands.TITLES[item.key]}: done"
    await timeline.append(work, incident, actor, "checklist_done", text, item=item.key, url=url, **evidence)


async def lacking(
    work: UnitOfWork, item: ChecklistItem, wanted: tuple[demands.Demand, ...] = demands.DEMANDS
) -> list[str]:
    """What an item lacks, in words."""
    found = await work.session.scalar(select(demands.missing(wanted)).where(ChecklistItem.id == item.id))
    return list(found or ())


async def demand_complete(work: UnitOfWork, incident: Incident) -> None:
    """Refuse what comes after the checklist while a step of it is open.

    Raises: ChecklistIncomplete, naming all that is missing. The database refuses it again.
    """
    found = await work.session.execute(
        select(ChecklistItem.key, demands.missing())
        .where(
            ChecklistItem.incident_id == incident.id,
            ChecklistItem.generation == incident.generation,
            demands.IS_OWED,
            not_(demands.IS_DONE),
            not_(demands.IS_WAIVED),
        )
        .order_by(ChecklistItem.id)
    )
    if missing := [word for _, words in found for word in words]:
        raise ChecklistIncomplete(f"OPS-{incident.id} cannot be closed yet. {' '.join(missing)}")
