"""Whom a call reaches where PagerDuty does not bring it home: whoever is on call, else all with the role."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, any_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.incidents.models import OnCallShift
from app.incidents.on_call.now import SHIFT, runs
from app.incidents.words import IncidentRole
from app.security.models import Person
from app.security.permissions import Role


async def recipients(
    session: AsyncSession, role: IncidentRole, duty: Role | None, *, person_id: int | None = None
) -> Sequence[tuple[int, str]]:
    """The id and the address of each. `duty` is what everybody with the role is, if nobody is on call.

    Of PagerDuty and our rota each may name somebody: a letter too many is cheaper than one too few. A call to
    one person goes to no other.
    """
    if person_id is not None:
        return await _active(session, Person.id == person_id)
    on_call = (
        select(SHIFT.person_id).select_from(OnCallShift.__table__).where(SHIFT.role == role, runs(SHIFT))
    )
    found = await _active(session, Person.id.in_(on_call))
    return found or await _active(session, any_(Person.roles) == duty)


async def _active(session: AsyncSession, which: ColumnElement[bool]) -> Sequence[tuple[int, str]]:
    rows = await session.execute(
        select(Person.id, Person.email).where(which, Person.deactivated_at.is_(None)).order_by(Person.id)
    )
    return [(person_id, email) for person_id, email in rows]
