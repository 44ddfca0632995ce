"""Write down who is on call in the weeks to come, so that nobody has to work it out at night.

Shifts that have ended stay as they were. What changes is written anew, under a higher id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, func, insert, select

from app import clock
from app.incidents.models import OnCallCover, OnCallShift, Rota
from app.incidents.on_call import rules
from app.incidents.on_call.rules import Cover, Shift, Turns
from app.incidents.on_call.words import ON_CALL_ROLES, ShiftSource
from app.incidents.words import IncidentRole
from app.security.models import Person
from app.storage.engine import Database
from app.storage.unit_of_work import UnitOfWork

LOCK = 7_216_014
OURS = OnCallShift.source != ShiftSource.PAGERDUTY


async def hold(work: UnitOfWork, role: IncidentRole) -> datetime:
    """Let nobody else plan a role until this has committed; answers the time, read after the wait."""
    await work.session.execute(select(func.pg_advisory_xact_lock(LOCK, ON_CALL_ROLES.index(role))))
    work.moment = await clock.read(work.session)
    return work.moment


async def plan(work: UnitOfWork, role: IncidentRole) -> int:
    """Plan a role anew from now on; answers how many shifts that changed. The role is held."""
    now = await work.now()
    written = await _written(work, role, now)
    wanted = _continued(await _wanted(work, role, now), written, now)
    changed: dict[object, Shift] = {_key(one): one for one in wanted}
    gone = [one for one in written if changed.pop(_key(one), None) is None]
    new = [*_cut(gone, wanted, now), *changed.values()]
    await _replace(work, role, gone, sorted(new, key=lambda one: one.begins_at), now)
    if gone or new:
        work.announce("on_call")
    return len(gone) + len(new)


async def plan_all(database: Database) -> int:
    """Plan every role as far as it goes by now; answers how many shifts that changed."""
    changed = 0
    for role in ON_CALL_ROLES:
        async with database.unit_of_work() as work:
            await hold(work, role)
            changed += await plan(work, role)
    return changed


async def turns_of(work: UnitOfWork, role: IncidentRole) -> Turns | None:
    """The rota of a role as it is now."""
    rota = await work.session.scalar(select(Rota).where(Rota.role == role, Rota.replaced_at.is_(None)))
    if rota is None:
        return None
    return Turns(tuple(rota.members), rota.weekday.number, rota.at, rota.zone, rota.set_at)


async def _wanted(work: UnitOfWork, role: IncidentRole, now: datetime) -> list[Shift]:
    turns = await turns_of(work, role)
    rows = await work.session.scalars(
        select(OnCallCover)
        .where(OnCallCover.role == role, OnCallCover.ends_at > now, OnCallCover.cancelled_at.is_(None))
        .order_by(OnCallCover.id)
    )
    covers = [Cover(one.person_id, one.begins_at, one.ends_at) for one in rows]
    people = {*(turns.members if turns else ()), *(one.person_id for one in covers)}
    present = await work.session.scalars(
        select(Person.id).where(Person.id.in_(people), Person.deactivated_at.is_(None))
    )
    return rules.shifts(turns, covers, frozenset(present), now, rules.planned_until(turns, now))


async def _written(work: UnitOfWork, role: IncidentRole, now: datetime) -> Sequence[OnCallShift]:
    found = await work.session.scalars(
        select(OnCallShift).where(OnCallShift.role == role, OURS, OnCallShift.ends_at > now)
    )
    return found.all()


def _continued(wanted: list[Shift], written: Sequence[OnCallShift], now: datetime) -> list[Shift]:
    """Let the first shift begin when it did, if it goes on as it was."""
    running = next((one for one in written if one.begins_at < now), None)
    if running and wanted and wanted[0].begins_at == now:
        first = wanted[0]
        if (running.person_id, running.source) == (first.person_id, first.source):
            return [replace(first, begins_at=running.begins_at), *wanted[1:]]
    return wanted


def _key(row: OnCallShift | Shift) -> tuple[object, ...]:
    return row.source, row.person_id, row.begins_at, row.ends_at


def _cut(gone: Sequence[OnCallShift], wanted: Sequence[Shift], now: datetime) -> list[Shift]:
    """What has been of shifts that are over earlier than planned."""
    begin = {one.begins_at for one in wanted}
    return [
        Shift(row.person_id, row.source, row.begins_at, now)
        for row in gone
        if row.person_id is not None and row.begins_at < now and row.begins_at not in begin
    ]


async def _replace(
    work: UnitOfWork, role: IncidentRole, gone: Sequence[OnCallShift], new: Sequence[Shift], now: datetime
) -> None:
    if gone:
        await work.session.execute(delete(OnCallShift).where(OnCallShift.id.in_([one.id for one in gone])))
    if new:
        await work.session.execute(insert(OnCallShift), [_row(role, one, now) for one in new])


def _row(role: IncidentRole, shift: Shift, now: datetime) -> dict[str, object]:
    return {
        "role": role,
        "source": shift.source,
        "person_id": shift.person_id,
        "begins_at": shift.begins_at,
        "ends_at": shift.ends_at,
        "planned_at": now,
    }
