"""The policy owner's loop-in: paged with the decision that it is severe, owed until they answer.

Source: handbook, "The policy owner (Trust & Safety) must be looped in for S0/S1 incidents".
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from app.incidents import paging, rules, timeline
from app.incidents.models import Incident, Obligation, Page, Participant
from app.incidents.words import IncidentRole
from app.security.permissions import SYSTEM, Actor, Role
from app.storage.unit_of_work import UnitOfWork

KIND = "policy_owner_loop_in"
STEP = 0


async def begin(work: UnitOfWork, incident: Incident) -> None:
    """Page the policy owner of a generation that has just begun, if its severity demands it."""
    if not rules.needs_policy_owner(incident.severity):
        return
    now = await work.now()
    await _bring_in(work, incident)
    await paging.queue(work, incident, step=STEP, role=IncidentRole.POLICY_OWNER)
    call = {"incident_id": incident.id, "generation": incident.generation, "kind": KIND}
    work.write(Obligation, **call, due_at=now + rules.ACKNOWLEDGE_WITHIN)
    text = f"Looped in Trust & Safety, the policy owner for {incident.severity}"
    await timeline.append(work, incident, SYSTEM, "policy_owner_looped_in", text)


async def catch_up(work: UnitOfWork, incident: Incident) -> None:
    """Page the policy owner of an incident that has become severe, once per generation."""
    if rules.needs_policy_owner(incident.severity) and await page_of(work, incident) is None:
        await begin(work, incident)


async def page_of(work: UnitOfWork, incident: Incident) -> Page | None:
    """The loop-in's page of the current generation; None when nobody was looped in."""
    key = rules.page_key(incident.id, incident.generation, STEP)
    page: Page | None = await work.session.scalar(select(Page).where(Page.dedup_key == key))
    return page


async def met(work: UnitOfWork, incident: Incident, by: Actor, *, at: datetime) -> bool:
    """Write down that the policy owner knows; False when they said so before."""
    owed = (
        Obligation.incident_id == incident.id,
        Obligation.generation == incident.generation,
        Obligation.kind == KIND,
        Obligation.met_at.is_(None),
    )
    paid = update(Obligation).where(*owed).values(met_at=at, met_by=by.name).returning(Obligation.id)
    if await work.session.scalar(paid) is None:
        return False
    text = f"{by.name} is looped in"
    await timeline.append(work, incident, by, "policy_owner_acknowledged", text, occurred_at=at)
    return True


def speaks_only_for(actor: Actor) -> bool:
    """Whether somebody is the policy owner and nothing that the ladder calls."""
    return Role.POLICY_OWNER in actor.roles and not actor.roles & {Role.OPERATOR, Role.COMMANDER}


async def _bring_in(work: UnitOfWork, incident: Incident) -> None:
    """The team takes part from its first loop-in on; a later generation may find it there."""
    team = {"incident_id": incident.id, "role": IncidentRole.POLICY_OWNER, "assumed_at": await work.now()}
    if incident.generation == 1:
        work.write(Participant, **team)
    else:
        await work.session.execute(insert(Participant).values(**team).on_conflict_do_nothing())
