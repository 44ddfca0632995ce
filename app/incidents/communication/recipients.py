"""Who is written to about an incident inside the house: who speaks for it, and who may approve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, any_, or_, select

from app.incidents.models import Incident, Participant, StatusUpdate
from app.incidents.words import IncidentRole
from app.security.models import Person
from app.security.permissions import Role
from app.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Colleagues:
    """Some people, and as what they are written to."""

    role: str
    names: Sequence[str]
    addresses: Sequence[str]


async def speakers(work: UnitOfWork, incident: Incident) -> Colleagues:
    """Who has to write the next message: the communications lead, else who leads, else who operates.

    When nobody takes part yet, it is everybody who operates.
    """
    ways = (
        ("communications lead", _holds(incident, IncidentRole.COMMS_LEAD)),
        ("incident commander", Person.id == incident.commander_id),
        ("operator", _holds(incident, IncidentRole.OPERATOR)),
        ("operator", any_(Person.roles) == Role.OPERATOR),
    )
    for role, condition in ways:
        found = await _people(work, role, condition)
        if found.addresses:
            return found
    return Colleagues("operator", (), ())


async def approvers(work: UnitOfWork, incident: Incident, message: StatusUpdate) -> Colleagues:
    """Who is asked to approve: who leads (else every commander) and the policy owner, but not the author."""
    leads = Person.id == incident.commander_id
    if incident.commander_id in (None, message.author_id):
        leads = any_(Person.roles) == Role.COMMANDER
    asked = or_(leads, any_(Person.roles) == Role.POLICY_OWNER)
    return await _people(work, "approver", asked, Person.id.is_distinct_from(message.author_id))


async def _people(work: UnitOfWork, role: str, *conditions: ColumnElement[bool]) -> Colleagues:
    chosen = select(Person.name, Person.email).where(*conditions, Person.deactivated_at.is_(None))
    rows = (await work.session.execute(chosen.order_by(Person.id))).all()
    return Colleagues(role, [name for name, _ in rows], [email for _, email in rows])


def _holds(incident: Incident, role: IncidentRole) -> ColumnElement[bool]:
    holding = select(Participant.person_id).where(
        Participant.incident_id == incident.id,
        Participant.role == role,
        Participant.renounced_at.is_(None),
    )
    return Person.id.in_(holding)
