"""Who takes part in an incident, and as what."""

from __future__ import annotations

from sqlalchemy import literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from app import clock
from app.audit import trail
from app.errors import InvalidInput
from app.incidents import locking, timeline
from app.incidents.models import Incident, Participant
from app.incidents.words import IncidentRole
from app.security.models import Person
from app.security.permissions import Actor, Scope
from app.storage.unit_of_work import UnitOfWork


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
    if role is IncidentRole.ADMINISTRATOR:
        raise InvalidInput(
            "Administrators are paged, and lead no incident. Choose another role.", path=("role",)
        )
    person = await work.session.get(Person, person_id)
    if person is None or person.deactivated_at is not None:
        raise InvalidInput("There is no such active person.", path=("personId",))
    incident = await locking.lock(work, number, expected_version=expected_version)
    if await _holds(work, incident, role, person_id):
        return number
    await _take_over(work, incident, role, person_id)
    locking.touch(incident)
    words = role.value.replace("_", " ")
    await timeline.append(work, incident, actor, "role_assigned", f"{person.name} is {words}", role=role)
    await trail.record(work, actor, "incident.assign_role", ("incident", number), role=role, person=person_id)
    return number


def is_commander(incident: Incident, actor: Actor) -> bool:
    """Whether this person commands this incident."""
    return actor.kind == "person" and actor.id is not None and actor.id == incident.commander_id


async def join(work: UnitOfWork, incident: Incident, person_id: int, role: IncidentRole) -> None:
    """Note that somebody takes part; once is enough."""
    await work.session.execute(
        insert(Participant)
        .values(incident_id=incident.id, person_id=person_id, role=role, assumed_at=clock.now())
        .on_conflict_do_nothing()
    )


async def bring(work: UnitOfWork, incident: Incident, target: Incident) -> None:
    """Let an incident's people take part in another one; a role that somebody holds there stays theirs."""
    held = aliased(Participant)
    is_free = or_(
        Participant.role == IncidentRole.OPERATOR,
        ~select(held.id)
        .where(held.incident_id == target.id, held.role == Participant.role, held.renounced_at.is_(None))
        .exists(),
    )
    taking_part = select(literal(target.id), Participant.person_id, Participant.role, clock.now()).where(
        Participant.incident_id == incident.id,
        Participant.renounced_at.is_(None),
        Participant.person_id.is_not(None),
        is_free,
    )
    names = ["incident_id", "person_id", "role", "assumed_at"]
    await work.session.execute(insert(Participant).from_select(names, taking_part).on_conflict_do_nothing())
    target.commander_id = target.commander_id or incident.commander_id


async def _holds(work: UnitOfWork, incident: Incident, role: IncidentRole, person_id: int) -> bool:
    held = select(Participant.id).where(
        Participant.incident_id == incident.id,
        Participant.role == role,
        Participant.person_id == person_id,
        Participant.renounced_at.is_(None),
    )
    return await work.session.scalar(held) is not None


async def _take_over(work: UnitOfWork, incident: Incident, role: IncidentRole, person_id: int) -> None:
    if role is not IncidentRole.OPERATOR:
        held = (
            Participant.incident_id == incident.id,
            Participant.role == role,
            Participant.renounced_at.is_(None),
            Participant.person_id != person_id,
        )
        await work.session.execute(update(Participant).where(*held).values(renounced_at=clock.now()))
    await join(work, incident, person_id, role)
    if role is IncidentRole.INCIDENT_COMMANDER:
        incident.commander_id = person_id
