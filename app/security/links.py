"""One-time sign-in links: 256 random bits, of which only the hash is kept, good for minutes and for one use.

Opening a link only shows a button, because mail scanners open links too; pressing the button uses it up.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, and_, select, update

from app import clock
from app.audit import trail
from app.errors import NotFound, Unauthenticated
from app.security import people, rules
from app.security.keys import digest, new_key
from app.security.models import Person, SignInLink
from app.security.permissions import Actor, Scope
from app.storage.engine import Database
from app.storage.unit_of_work import UnitOfWork

PATH: Final = "/sign-in/link"
LOOK: Final = """
    select case when used_at is not null then 'used'
                when expires_at <= clock_timestamp() or deactivated_at is not null then 'expired'
                else 'good' end
      from sign_in_link join person on person.id = sign_in_link.person_id
     where token_sha256 = $1
"""


class LinkState(StrEnum):
    """What opening a link finds."""

    GOOD = "good"
    USED = "used"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


SENTENCES: Final = {
    LinkState.USED: "This sign-in link has been used. Ask for a new one.",
    LinkState.EXPIRED: "This sign-in link has expired. Ask for a new one.",
    LinkState.UNKNOWN: "This sign-in link is not complete or not ours. Ask for a new one.",
}


async def create(work: UnitOfWork, person_id: int, *, next_path: str = "/", lifetime: timedelta) -> str:
    """Make a link's key. Give it to the person and to nobody else: it is kept nowhere."""
    key = new_key()
    work.session.add(
        SignInLink(
            token_sha256=digest(key),
            person_id=person_id,
            next_path=rules.own_path(next_path),
            created_at=clock.now(),
            expires_at=clock.after(lifetime),
        )
    )
    await work.session.flush()
    return key


async def create_by_hand(work: UnitOfWork, actor: Actor, *, email: str, next_path: str = "/") -> str:
    """Make a link of 24 hours for somebody, to be handed over by an administrator; answers its key.

    Raises: NotFound when nobody active has this address.
    """
    actor.demand(Scope.ADMIN)
    person = await people.by_email(work.session, email)
    if person is None:
        raise NotFound(f"Nobody has the address {email}. Add them with `opsbook user add`.")
    key = await create(work, person.id, next_path=next_path, lifetime=rules.LINK_LIFETIME_BY_HAND)
    await trail.record(work, actor, "sign_in_link.create", ("person", person.id))
    return key


def url(base_url: str, key: str) -> str:
    """Where the link leads. The key is in the query, which no log and no Referer repeats."""
    return f"{base_url.rstrip('/')}{PATH}?{urlencode({'key': key})}"


async def look(database: Database, key: str) -> LinkState:
    """Say what using a link would find, without using it."""
    found = await database.read(lambda connection: connection.fetchval(LOOK, digest(key)))
    return LinkState(found or LinkState.UNKNOWN)


async def use(work: UnitOfWork, key: str) -> tuple[int, str]:
    """Use a link up; answers the person's id and the path to go to. Of two at once, one succeeds.

    Raises: Unauthenticated, saying whether it was used, has expired or never was.
    """
    link = update(SignInLink).where(SignInLink.token_sha256 == digest(key), _is_good())
    used = link.values(used_at=clock.now()).returning(SignInLink.person_id, SignInLink.next_path)
    row = (await work.session.execute(used)).one_or_none()
    if row is None:
        raise Unauthenticated(SENTENCES[await _why_not(work, key)])
    return row.person_id, row.next_path


def _is_good() -> ColumnElement[bool]:
    active = select(Person.id).where(Person.deactivated_at.is_(None))
    return and_(
        SignInLink.used_at.is_(None), SignInLink.expires_at > clock.now(), SignInLink.person_id.in_(active)
    )


async def _why_not(work: UnitOfWork, key: str) -> LinkState:
    found = select(SignInLink.used_at).where(SignInLink.token_sha256 == digest(key))
    row = (await work.session.execute(found)).one_or_none()
    if row is None:
        return LinkState.UNKNOWN
    return LinkState.USED if row.used_at is not None else LinkState.EXPIRED
