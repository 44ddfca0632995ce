"""Keep what PagerDuty says of who is on call, so that it is known without asking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, or_, select

from app.incidents.models import OnCallShift
from app.incidents.on_call.rules import PLANNED_AHEAD
from app.incidents.on_call.words import ShiftSource
from app.outside.pagerduty import schedules
from app.outside.pagerduty.rest import Rest, Unanswered
from app.outside.pagerduty.schedules import OnCall
from app.outside.secret import Secret
from app.security.models import Person
from app.storage.unit_of_work import UnitOfWork

Row = dict[str, Any]
KEY = ("role", "name", "email", "schedule_id", "person_id", "begins_at", "ends_at")


async def ask(
    rest: Rest | None, routing_keys: Mapping[str, Secret], now: datetime
) -> list[OnCall] | Unanswered:
    """Ask PagerDuty for the shifts ahead; without its API there are none."""
    return [] if rest is None else await schedules.on_calls(rest, routing_keys, now, now + PLANNED_AHEAD)


async def keep(work: UnitOfWork, told: list[OnCall] | Unanswered) -> int:
    """Keep the shifts that it told; answers how many changed. What has ended stays.

    Where it did not answer they stay too: they count only while it does (`now.is_heard`).
    """
    now = await work.now()
    if isinstance(told, Unanswered):
        return 0
    known = await work.session.scalars(
        select(OnCallShift).where(
            OnCallShift.source == ShiftSource.PAGERDUTY,
            or_(OnCallShift.ends_at.is_(None), OnCallShift.ends_at > now),
        )
    )
    return await _replace(work, known.all(), await _rows(work, told), now)


async def _replace(work: UnitOfWork, known: Sequence[OnCallShift], told: Sequence[Row], now: datetime) -> int:
    """Delete what is no longer said and add what is new, so that what stays keeps its number."""
    began = {(one.role.value, one.name): one.begins_at for one in known if one.ends_at is None}
    wanted: dict[tuple[object, ...], Row] = {}
    for row in told:
        row["begins_at"] = row["begins_at"] or began.get((row["role"], row["name"]), now)
        wanted[tuple(row[name] for name in KEY)] = row
    gone = [one.id for one in known if wanted.pop(_key(one), None) is None]
    if gone:
        await work.session.execute(delete(OnCallShift).where(OnCallShift.id.in_(gone)))
    new = [{**row, "source": ShiftSource.PAGERDUTY, "planned_at": now} for row in wanted.values()]
    if new:
        await work.session.execute(insert(OnCallShift), new)
    if gone or new:
        work.announce("on_call")
    return len(gone) + len(new)


async def _rows(work: UnitOfWork, told: Sequence[OnCall]) -> list[Row]:
    """Say each in our words, and find who it is here."""
    emails = {one.email.lower() for one in told if one.email}
    people = await work.session.execute(
        select(func.lower(Person.email), Person.id).where(
            func.lower(Person.email).in_(emails), Person.deactivated_at.is_(None)
        )
    )
    here = {email: int(person_id) for email, person_id in people}
    return [
        {
            "role": one.role,
            "name": one.name,
            "email": one.email,
            "schedule_id": one.schedule_id,
            "person_id": here.get((one.email or "").lower()),
            "begins_at": one.begins_at,
            "ends_at": one.ends_at,
        }
        for one in told
    ]


def _key(row: OnCallShift) -> tuple[object, ...]:
    return (row.role.value, *(getattr(row, name) for name in KEY[1:]))
