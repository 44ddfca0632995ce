"""Who is on call in a role now: what PagerDuty says, where it says so, else our own plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app import clock
from app.incidents.models import OnCallShift, ReadinessCheck
from app.incidents.on_call.words import ON_CALL_ROLES, ShiftSource
from app.incidents.words import IncidentRole
from app.security.models import Person

# It is asked every five minutes: after three that came to nothing our own plan counts.
SILENCE = timedelta(minutes=16)
SHIFT = OnCallShift.__table__.c
_check = ReadinessCheck.__table__.alias("check")
_gone = Person.__table__.alias("gone")


@dataclass(frozen=True, slots=True)
class Responder:
    """Who is on call, and until when; None is without an end. Without an `email` only PagerDuty knows it.

    `person_id` leads to whatever else is known of them here, such as where they are in Slack.
    """

    role: IncidentRole
    name: str
    email: str | None
    person_id: int | None
    until: datetime | None
    source: ShiftSource


async def on_call(session: AsyncSession, role: IncidentRole, *, ours: bool = False) -> Responder | None:
    """Who is on call in a role now; None when nobody is. `ours` leaves out what PagerDuty says.

    Who was deactivated since it was planned is nobody.
    """
    wanted = [runs(SHIFT), SHIFT.role == role, reaches_somebody(SHIFT)]
    if ours:
        wanted.append(SHIFT.source != ShiftSource.PAGERDUTY)
    row = (
        await session.execute(
            select(
                func.coalesce(Person.name, SHIFT.name),
                func.coalesce(Person.email, SHIFT.email),
                SHIFT.person_id,
                SHIFT.ends_at,
                SHIFT.source,
            )
            .select_from(OnCallShift.__table__.outerjoin(Person.__table__, Person.id == SHIFT.person_id))
            .where(*wanted)
            .order_by(*best_first(SHIFT))
            .limit(1)
        )
    ).first()
    return Responder(role, *row) if row else None


async def everybody(session: AsyncSession) -> Sequence[Responder]:
    """Who is on call in each role now; a role without anybody is missing."""
    found = [await on_call(session, role) for role in ON_CALL_ROLES]
    return [one for one in found if one is not None]


def runs(shift: Any) -> ColumnElement[bool]:
    """Whether a shift runs now."""
    return and_(
        shift.begins_at <= clock.once(),
        or_(shift.ends_at.is_(None), shift.ends_at > clock.once()),
        is_heard(shift),
    )


def is_heard(shift: Any) -> ColumnElement[bool]:
    """Whether a shift is by our plan, or PagerDuty's word, which counts as long as PagerDuty answers."""
    answers = select(_check.c.name).where(
        _check.c.name == "api", _check.c.passed, _check.c.checked_at > clock.once() - SILENCE
    )
    return or_(shift.source != ShiftSource.PAGERDUTY, answers.exists())


def best_first(shift: Any) -> tuple[ColumnElement[Any], ...]:
    """Whose word counts: PagerDuty's before ours, for there the phone rings."""
    return ((shift.source == ShiftSource.PAGERDUTY).desc(), shift.begins_at.desc(), shift.id)


def reaches_somebody(shift: Any) -> ColumnElement[bool]:
    """Whether whoever has a shift has not been deactivated."""
    return (
        ~select(_gone.c.id).where(_gone.c.id == shift.person_id, _gone.c.deactivated_at.is_not(None)).exists()
    )
