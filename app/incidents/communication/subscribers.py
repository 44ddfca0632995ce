"""The register of readers: who gets a letter when their audience is told something."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.audit import trail
from app.errors import InvalidInput, NotFound
from app.incidents.models import Subscriber
from app.security import rules
from app.security.permissions import Actor, Scope
from app.storage.unit_of_work import UnitOfWork
from app.templates import Audience

# Who gets letters now.
READS = (Subscriber.opted_out_at.is_(None), Subscriber.removed_at.is_(None))
LONGEST_NAME = 200
MOST_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Reader:
    """An address and whose it is."""

    email: str
    name: str


def read(text: str) -> list[Reader]:
    """Read a list: a line for each reader, the address and, after a comma, whose it is.

    A first line `email,name` is a header. Raises: InvalidInput, naming the line and what is wrong with it.
    """
    readers = list(_readers(text))
    if not readers:
        raise InvalidInput("Write an address on each line, and after a comma whose it is.", path=("list",))
    if len(readers) > MOST_AT_ONCE:
        raise InvalidInput(f"Add at most {MOST_AT_ONCE:,} readers at once.", path=("list",))
    return readers


async def add(work: UnitOfWork, actor: Actor, audience: Audience, readers: Sequence[Reader]) -> int:
    """Put readers on the register, all or none; answers how many are new.

    Who was removed comes back. Who opted out stays out, whoever adds them.
    """
    actor.demand(Scope.ADMIN)
    now, by = await work.now(), actor.name
    known = set(await work.session.scalars(select(Subscriber.email).where(Subscriber.audience == audience)))
    rows = {
        one.email: {
            "audience": audience,
            "email": one.email,
            "name": one.name,
            "added_at": now,
            "added_by": by,
        }
        for one in readers
    }
    statement = insert(Subscriber)
    named = statement.on_conflict_do_update(
        index_elements=["audience", "email"], set_={"name": statement.excluded.name, "removed_at": None}
    )
    await work.session.execute(named, list(rows.values()))
    added = len(rows.keys() - known)
    await trail.record(work, actor, "subscriber.add", ("audience", audience.value), added=added)
    work.announce("settings")
    return added


async def remove(work: UnitOfWork, actor: Actor, subscriber_id: int) -> int:
    """Take a reader off the register; what they got stays written down."""
    actor.demand(Scope.ADMIN)
    found = await work.session.get(Subscriber, subscriber_id, with_for_update=True)
    if found is None or found.removed_at is not None:
        raise NotFound("There is no such reader on the register.", path=("subscriberId",))
    found.removed_at = await work.now()
    await trail.record(work, actor, "subscriber.remove", ("subscriber", subscriber_id))
    work.announce("settings")
    return subscriber_id


async def listed(work: UnitOfWork, actor: Actor) -> Sequence[Subscriber]:
    """All readers by audience and address, also those who get nothing any more."""
    actor.demand(Scope.ADMIN)
    found = await work.session.scalars(select(Subscriber).order_by(Subscriber.audience, Subscriber.email))
    return found.all()


def _readers(text: str) -> Iterator[Reader]:
    for number, row in enumerate(csv.reader(io.StringIO(text.lstrip("\ufeff"))), 1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or (number == 1 and cells[0].lower() == "email"):
            continue
        email, name = cells[0].lower(), " ".join(cells[1].split()) if len(cells) > 1 else ""
        if not rules.is_email(email):
            raise InvalidInput(f"Line {number}: {cells[0][:80]!r} is no address.", path=("list",))
        if len(name) > LONGEST_NAME or not name.isprintable() or len(cells) > 2:  # noqa: PLR2004 - two columns
            raise InvalidInput(f"Line {number}: write the address, a comma and a short name.", path=("list",))
        yield Reader(email, name or email)
