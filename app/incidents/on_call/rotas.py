"""Set who takes turns in a role. The first of them is on call at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from zoneinfo import available_timezones

from sqlalchemy import select, update

from app.audit import trail
from app.errors import InvalidInput
from app.incidents.models import Rota
from app.incidents.on_call import planning
from app.incidents.on_call.rules import MOST_MEMBERS
from app.incidents.on_call.words import ON_CALL_ROLES, Weekday
from app.incidents.paging.queueing import ROLES
from app.incidents.words import IncidentRole
from app.security.models import Person
from app.security.permissions import Actor, Scope
from app.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Handover:
    """When it is handed over: once a week, by the clock of a zone."""

    weekday: Weekday
    at: time
    zone: str


async def set_rota(
    work: UnitOfWork, actor: Actor, role: IncidentRole, members: Sequence[int], handover: Handover
) -> int:
    """Let these people take turns in a role from now on, in this order; nobody at all ends its rota.

    Answers the rota's id. Raises: InvalidInput, naming the field.
    """
    actor.demand(Scope.ADMIN)
    demand_on_call(role)
    _demand_zone(handover.zone)
    await _demand_members(work, role, members)
    now = await planning.hold(work, role)
    await work.session.execute(
        update(Rota).where(Rota.role == role, Rota.replaced_at.is_(None)).values(replaced_at=now)
    )
    rota = Rota(
        role=role,
        members=list(members),
        weekday=handover.weekday,
        at=handover.at,
        zone=handover.zone,
        set_at=now,
        set_by=actor.name,
    )
    work.session.add(rota)
    await work.session.flush()
    await planning.plan(work, role)
    when = f"{handover.weekday.value} {handover.at:%H:%M}"
    changes = {"members": list(members), "handover": when, "zone": handover.zone}
    await trail.record(work, actor, "on_call.set_rota", ("rota", role.value), **changes)
    work.announce("on_call")
    return rota.id


def demand_on_call(role: IncidentRole) -> None:
    """Refuse a role that nobody is paged in. Raises: InvalidInput, path `role`."""
    if role not in ON_CALL_ROLES:
        raise InvalidInput("Nobody is paged in this role, so nobody is on call in it.", path=("role",))


async def demand_members(
    work: UnitOfWork, role: IncidentRole, people: Sequence[int], path: tuple[str, ...]
) -> None:
    """Refuse people who could not answer a page in a role. Raises: InvalidInput, at `path`."""
    wanted = ROLES[role].value
    found = await work.session.execute(
        select(Person.id, Person.name, Person.roles.contains([wanted])).where(
            Person.id.in_(people), Person.deactivated_at.is_(None)
        )
    )
    known = {person_id: (name, may) for person_id, name, may in found}
    for person_id in people:
        name, may = known.get(person_id, ("", False))
        if not name:
            raise InvalidInput("Choose somebody who may still sign in.", path=path)
        if not may:
            duty = wanted.replace("_", " ")
            raise InvalidInput(f"{name} is no {duty}. Give them that role first.", path=path)


async def _demand_members(work: UnitOfWork, role: IncidentRole, members: Sequence[int]) -> None:
    if len(members) > MOST_MEMBERS:
        raise InvalidInput(f"At most {MOST_MEMBERS} people take turns.", path=("memberIds",))
    if len(set(members)) != len(members):
        raise InvalidInput("Name each person once.", path=("memberIds",))
    await demand_members(work, role, members, ("memberIds",))


def _demand_zone(zone: str) -> None:
    if zone not in available_timezones():
        raise InvalidInput(f"{zone!r} is no time zone. Write it as in Europe/Berlin.", path=("timeZone",))
