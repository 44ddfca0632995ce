"""Who takes part in an incident, and the policy owner's loop-in.

Source: handbook, "The policy owner (Trust & Safety) must be looped in for S0/S1 incidents".
"""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.audit import trail
from app.errors import InvalidInput
from app.incidents import locking, paging, rules, timeline
from app.incidents.models import Incident, Obligation, Page, Participant
from app.incidents.words import IncidentRole
from app.security.models import Person
from app.security.permissions import SYSTEM, Actor, Scope
from app.storage.unit_of_work import UnitOfWork

LOOP_IN = "policy_owner_loop_in"
LOOP_IN_STEP = 0


async def assign(
    work: UnitOfWork,
    actor: Actor,
    number: int,
    *,
    role: IncidentRole,
    person_id: int,
    expected_version: int | None = None,
) -> int:
    """Give somebody a role. A role that one person holds at a time passes from whoever had it."""
    actor.demand(Scope.INCIDENTS_WRITE, sees=Scope.INCIDENTS_READ)
    person = await work.session.get(Person, person_id)
    if person is None or person.deactivated_at is not None:
        raise InvalidInput("There is no such active person.", path=("personId",))
    incident = await locking.lock(work, number, expected_version=expected_version)
    await _take_over(work, incident, role, person_id)
    locking.touch(incident)
    words = role.value.replace("_", " ")
    await timeline.append(work, incident, actor, "role_assigned", f"{person.name} is {words}", role=role)
    await trail.record(work, actor, "incident.assign_role", ("incident", number), role=role, person=person_id)
    return number


async def join(work: UnitOfWork, incident: Incident, person_id: int, role: IncidentRole) -> None:
    """Note that somebody takes part; once is enough."""
    await work.session.execute(
        insert(Participant)
        .values(incident_id=incident.id, person_id=person_id, role=role, assumed_at=clock.now())
        .on_conflict_do_nothing()
    )


async def loop_in(work: UnitOfWork, incident: Incident) -> None:
    """Page the policy owner if the severity demands it, once per generation, and note what is owed."""
    if not rules.needs_policy_owner(incident.severity) or await _is_looped_in(work, incident):
        return
    session = work.session
    await paging.queue(work, incident, step=LOOP_IN_STEP, role=IncidentRole.POLICY_OWNER)
    await session.execute(
        insert(Participant)
        .values(incident_id=incident.id, role=IncidentRole.POLICY_OWNER, assumed_at=clock.now())
        .on_conflict_do_nothing()
    )
    await session.execute(
        insert(Obligation).values(
            incident_id=incident.id,
            generation=incident.generation,
            kind=LOOP_IN,
            due_at=clock.after(rules.ACKNOWLEDGE_WITHIN),
        )
    )
    text = f"Looped in Trust & Safety, the policy owner for {incident.severity}"
    await timeline.append(work, incident, SYSTEM, "policy_owner_looped_in", text)


async def meet(work: UnitOfWork, incident: Incident, kind: str, by: str) -> None:
    """Write down that an obligation was met, and by whom."""
    await work.session.execute(
        update(Obligation)
        .where(
            Obligation.incident_id == incident.id,
            Obligation.generation == incident.generation,
            Obligation.kind == kind,
            Obligation.met_at.is_(None),
        )
        .values(met_at=clock.now(), met_by=by)
    )


async def _is_looped_in(work: UnitOfWork, incident: Incident) -> bool:
    key = rules.page_key(incident.id, incident.generation, LOOP_IN_STEP)
    return await work.session.scalar(select(Page.id).where(Page.dedup_key == key)) is not None


async def _take_over(work: UnitOfWork, incident: Incident, role: IncidentRole, person_id: int) -> None:
    alone = role is not IncidentRole.OPERATOR
    held = (
        Participant.incident_id == incident.id,
        Participant.role == role,
        Participant.renounced_at.is_(None),
        Participant.person_id != person_id,
    )
    if alone:
        await work.session.execute(update(Participant).where(*held).values(renounced_at=clock.now()))
    await join(work, incident, person_id, role)
    if role is IncidentRole.INCIDENT_COMMANDER:
        incident.commander_id = person_id
