"""The shifts that are written down, for the command line and for calendars."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app import clock
from app.incidents.models import OnCallShift
from app.incidents.on_call.now import SHIFT, is_heard, reaches_somebody
from app.incidents.on_call.words import ShiftSource
from app.incidents.words import IncidentRole
from app.security.models import Person


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody's shift. `number` rises whenever what it says is changed."""

    number: int
    role: IncidentRole
    name: str
    source: ShiftSource
    begins_at: datetime
    ends_at: datetime | None
    planned_at: datetime


async def listed(
    session: AsyncSession, *, back: timedelta, ahead: timedelta, person_id: int | None = None
) -> list[Entry]:
    """The shifts of everybody, or of one person, that lie around now: by role and time."""
    wanted = [
        or_(SHIFT.ends_at.is_(None), SHIFT.ends_at > clock.now() - back),
        SHIFT.begins_at < clock.after(ahead),
        reaches_somebody(SHIFT),
        is_heard(SHIFT),
    ]
    if person_id is not None:
        wanted.append(SHIFT.person_id == person_id)
    name = func.coalesce(Person.name, SHIFT.name)
    rows = await session.execute(
        select(SHIFT.id, SHIFT.role, name, SHIFT.source, SHIFT.begins_at, SHIFT.ends_at, SHIFT.planned_at)
        .select_from(OnCallShift.__table__.outerjoin(Person.__table__, Person.id == SHIFT.person_id))
        .where(*wanted)
        .order_by(SHIFT.role, SHIFT.begins_at, SHIFT.id)
    )
    return [Entry(*row) for row in rows]
