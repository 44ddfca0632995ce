"""Private addresses at which calendar programs read shifts. Only the address's hash is kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Final

from sqlalchemy import select, update

from app.audit import trail
from app.errors import NotFound
from app.incidents.models import OnCallCalendar
from app.incidents.on_call import icalendar, shifts
from app.incidents.on_call.rules import PLANNED_AHEAD
from app.security.models import Person
from app.security.permissions import Actor, Scope, granted, known_roles
from app.storage.unit_of_work import UnitOfWork

BACK: Final = timedelta(weeks=4)
READ_EVERY: Final = timedelta(hours=1)  # how closely it is noted when it was last read
UNKNOWN: Final = "There is no calendar at this address. Make a new one under On call."


async def renew(work: UnitOfWork, actor: Actor, *, everybody: bool) -> tuple[int, str]:
    """Make the acting person's address anew; the one before leads nowhere. Answers its id and its secret.

    `everybody` shows all shifts; otherwise only one's own.
    """
    actor.demand(Scope.INCIDENTS_READ)
    person_id = actor.demand_person("subscribe to")
    await work.session.scalar(select(Person.id).where(Person.id == person_id).with_for_update())
    now = await work.now()
    before = (
        OnCallCalendar.person_id == person_id,
        OnCallCalendar.everybody == everybody,
        OnCallCalendar.revoked_at.is_(None),
    )
    await work.session.execute(update(OnCallCalendar).where(*before).values(revoked_at=now))
    secret = secrets.token_urlsafe(32)
    made = OnCallCalendar(person_id=person_id, everybody=everybody, token_sha256=_digest(secret), made_at=now)
    work.session.add(made)
    await work.session.flush()
    await trail.record(work, actor, "on_call.renew_calendar", ("calendar", made.id), everybody=everybody)
    return made.id, secret


async def revoke(work: UnitOfWork, actor: Actor, calendar_id: int) -> int:
    """Let one of the acting person's addresses lead nowhere. Raises: NotFound."""
    person_id = actor.demand_person("revoke")
    found = await work.session.get(OnCallCalendar, calendar_id, with_for_update=True)
    if found is None or found.person_id != person_id or found.revoked_at is not None:
        raise NotFound("You have no such calendar.", path=("calendarId",))
    found.revoked_at = await work.now()
    await trail.record(work, actor, "on_call.revoke_calendar", ("calendar", calendar_id))
    return calendar_id


async def read(work: UnitOfWork, secret: str, base_url: str) -> bytes:
    """The calendar at an address, as long as its owner may see who is on call. Raises: NotFound."""
    rows = await work.session.execute(
        select(OnCallCalendar, Person)
        .join(Person, Person.id == OnCallCalendar.person_id)
        .where(
            OnCallCalendar.token_sha256 == _digest(secret),
            OnCallCalendar.revoked_at.is_(None),
            Person.deactivated_at.is_(None),
        )
    )
    row = rows.first()
    if row is None or Scope.INCIDENTS_READ not in granted(known_roles(row[1].roles)):
        raise NotFound(UNKNOWN)
    found, person = row
    only = None if found.everybody else person.id
    entries = await shifts.listed(work.session, back=BACK, ahead=PLANNED_AHEAD, person_id=only)
    await _note_read(work, found)
    name = "On call" if found.everybody else f"On call: {person.name}"
    return icalendar.calendar(name, entries, base_url)


def address(base_url: str, secret: str) -> str:
    """Where a calendar program finds it."""
    return f"{base_url.rstrip('/')}/on-call/{secret}.ics"


async def _note_read(work: UnitOfWork, found: OnCallCalendar) -> None:
    now = await work.now()
    if found.last_read_at is None or found.last_read_at < now - READ_EVERY:
        found.last_read_at = now


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
