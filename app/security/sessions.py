"""Signed-in browsers: a random key in a cookie, its hash in a row, so that each can be listed and ended.

Source: OWASP ASVS 5.0, V7.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import structlog
from sqlalchemy import select, update

from app import clock
from app.audit import trail
from app.errors import NotFound, Unavailable
from app.security import rules
from app.security.keys import digest, new_key
from app.security.models import Person, Session
from app.security.permissions import Actor, Scope, granted, known_roles
from app.security.viewer import Viewer
from app.storage.engine import Database
from app.storage.unit_of_work import UnitOfWork

log = structlog.get_logger()

USER_AGENT_LENGTH: Final = 300
WHO: Final = """
    select session.id, session.last_seen_at < clock_timestamp() - $3::interval as is_stale,
           person.id as person_id, person.name, person.email, person.roles, person.time_zone,
           person.second_factor_since is not null as has_second_factor
      from session join person on person.id = session.person_id
     where session.token_sha256 = $1
       and session.revoked_at is null
       and session.expires_at > clock_timestamp()
       and session.last_seen_at > clock_timestamp() - $2::interval
       and person.deactivated_at is null
"""


async def begin(
    work: UnitOfWork, person_id: int, *, user_agent: str, address: str, begun_by: str = "link"
) -> str:
    """Sign a person in with a new session; answers the key for the cookie, which is kept nowhere."""
    key = new_key()
    session = Session(
        token_sha256=digest(key),
        person_id=person_id,
        created_at=clock.now(),
        last_seen_at=clock.now(),
        expires_at=clock.after(rules.SESSION_LONGEST),
        user_agent=_printable(user_agent)[:USER_AGENT_LENGTH],
        address=address,
        begun_by=begun_by,
    )
    work.session.add(session)
    await work.session.flush()
    return key


async def who(database: Database, key: str) -> Viewer | None:
    """Who holds this key, in one statement; None when the session ended, was idle too long or never was."""
    asked = (WHO, digest(key), rules.SESSION_IDLE, rules.SEEN_EVERY)
    row = await database.read(lambda connection: connection.fetchrow(*asked))
    if row is None:
        return None
    if row["is_stale"]:
        await _seen(database, row["id"])
    roles = known_roles(row["roles"])
    return Viewer(
        actor=Actor("person", row["person_id"], row["name"], granted(roles), roles),
        email=row["email"],
        time_zone=row["time_zone"],
        session_id=row["id"],
        has_second_factor=row["has_second_factor"],
    )


async def is_fresh_by_link(work: UnitOfWork, session_id: int) -> bool:
    """Whether a session was begun by a mailed link just now: its holder has proved who they are."""
    fresh = select(Session.id).where(
        Session.id == session_id,
        Session.begun_by.in_(("link", "link and code")),
        Session.created_at > clock.after(-rules.FRESH),
    )
    return await work.session.scalar(fresh) is not None


async def own(work: UnitOfWork, actor: Actor) -> Sequence[Session]:
    """List the acting person's live sessions, the last used first."""
    live = select(Session).where(
        Session.person_id == actor.id,
        Session.revoked_at.is_(None),
        Session.expires_at > clock.now(),
        Session.last_seen_at > clock.after(-rules.SESSION_IDLE),
    )
    if actor.kind != "person":
        return []
    return (await work.session.scalars(live.order_by(Session.last_seen_at.desc(), Session.id))).all()


async def end(work: UnitOfWork, actor: Actor, session_id: int) -> None:
    """End one session: one's own, or as an administrator anybody's.

    Raises: NotFound when there is none, it ended already, or it is somebody else's.
    """
    live = update(Session).where(Session.id == session_id, Session.revoked_at.is_(None))
    if not actor.can(Scope.ADMIN):
        live = live.where(Session.person_id == (actor.id if actor.kind == "person" else None))
    person_id = await work.session.scalar(live.values(revoked_at=clock.now()).returning(Session.person_id))
    if person_id is None:
        raise NotFound("There is no such session, or it has ended.")
    await trail.record(work, actor, "session.end", ("session", session_id), person=person_id)
    work.announce("settings")


async def end_others(work: UnitOfWork, actor: Actor, *, keep: int) -> int:
    """End all sessions of the acting person but one; answers how many."""
    if actor.kind != "person" or actor.id is None:
        return 0
    ended = await end_all(work, actor.id, but=keep)
    await trail.record(work, actor, "session.end_others", ("person", actor.id), ended=ended)
    work.announce("settings")
    return ended


async def end_all_of(work: UnitOfWork, actor: Actor, person_id: int) -> int:
    """Sign somebody out everywhere, as an administrator; answers the person's id. None left is fine.

    Raises: NotFound when there is no such person.
    """
    actor.demand(Scope.ADMIN)
    if await work.session.get(Person, person_id) is None:
        raise NotFound("There is no such person.")
    ended = await end_all(work, person_id)
    await trail.record(work, actor, "session.end_all", ("person", person_id), ended=ended)
    work.announce("settings")
    return person_id


async def end_all(work: UnitOfWork, person_id: int, *, but: int | None = None) -> int:
    """End a person's sessions, as part of a command that audits itself; answers how many."""
    live = update(Session).where(Session.person_id == person_id, Session.revoked_at.is_(None))
    if but is not None:
        live = live.where(Session.id != but)
    ended = await work.session.scalars(live.values(revoked_at=clock.now()).returning(Session.id))
    return len(ended.all())


async def end_by_key(work: UnitOfWork, key: str) -> None:
    """End the session of a cookie that a new sign-in replaces; none is fine."""
    theirs = update(Session).where(Session.token_sha256 == digest(key), Session.revoked_at.is_(None))
    await work.session.execute(theirs.values(revoked_at=clock.now()))


async def _seen(database: Database, session_id: int) -> None:
    stale = update(Session).where(
        Session.id == session_id, Session.last_seen_at < clock.after(-rules.SEEN_EVERY)
    )
    try:
        async with database.unit_of_work() as work:
            await work.session.execute(stale.values(last_seen_at=clock.now()))
    except Unavailable:  # a database that can only be read signs nobody out
        log.warning("session_use_not_noted", session=session_id)


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)
