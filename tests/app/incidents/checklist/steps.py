"""An incident that is over, and short words for its checklist."""

from __future__ import annotations

from typing import Any

from app.incidents import closing, locking, resolution
from app.incidents.checklist import items, playbooks, reviewing, waiving
from app.incidents.models import Followup
from app.incidents.words import ChecklistKey, Severity
from app.security.permissions import Actor
from app.storage.unit_of_work import UnitOfWork
from tests.app.incidents.world import World

FILED = "https://github.example/acme/operations/issues/7"


async def ended(world: World, severity: Severity = Severity.S1) -> int:
    """Let an incident be answered by Olive and resolved by Ivan."""
    number = await world.declare(severity=severity)
    await world.acknowledge(number)
    await world.do(resolution.resolve, world.ivan, number)
    return number


async def prove(work: UnitOfWork, actor: Actor, number: int) -> None:
    """Attach what the revenue part will: evidence that has passed its judge."""
    incident = await locking.lock(work, number)
    item = await items.item_of(work, incident, ChecklistKey.REVENUE_PROOF)
    await items.complete(work, incident, item, actor, view="All revenue")


async def file(work: UnitOfWork, actor: Actor, number: int) -> None:
    """Do what follows once GitHub shows the issue in its project."""
    incident = await locking.lock(work, number)
    item = await items.item_of(work, incident, ChecklistKey.RETROSPECTIVE)
    work.write(
        Followup,
        incident_id=number,
        marker=f"marker-{number}",
        requested_at=await work.now(),
        requested_by=actor.name,
        external_url=FILED,
        in_project=True,
        attempts=1,
    )
    await items.complete(work, incident, item, actor, url=FILED)


DONE: dict[ChecklistKey, Any] = {
    ChecklistKey.TIMELINE: reviewing.review_timeline,
    ChecklistKey.REVENUE_PROOF: prove,
    ChecklistKey.RETROSPECTIVE: file,
    ChecklistKey.PLAYBOOKS: lambda work, actor, number: playbooks.record(
        work, actor, number, url="https://git.example/pull/7"
    ),
}


async def do(world: World, number: int, *keys: ChecklistKey) -> None:
    """Complete these steps of the checklist."""
    for key in keys:
        await world.do(DONE[key], world.olive, number)


async def waive(world: World, number: int, key: ChecklistKey, *actors: Actor) -> None:
    """Let these people sign that a step is left out."""
    for actor in actors:
        await world.do(waiving.waive, actor, number, key=key, reason="The view is not there yet")


async def close(world: World, number: int) -> int:
    """Let Ivan close it."""
    return await world.do(closing.close, world.ivan, number)
