"""Signing in: by password or by link, always into a new session; and changing one's password."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import structlog
from sqlalchemy import update

from app.audit import trail
from app.errors import InvalidInput, Unauthenticated
from app.security import links, passwords, people, sessions, throttle
from app.security.models import Person
from app.security.permissions import Actor
from app.security.viewer import Viewer
from app.storage.engine import Database
from app.storage.unit_of_work import UnitOfWork

log = structlog.get_logger()

WRONG: Final = "The e-mail address or the password is wrong. You can also ask for a sign-in link."


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a sign-in comes from. `replaces` is the key of the session that the browser had until now."""

    user_agent: str
    address: str
    replaces: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: the key for its cookie, and where to go."""

    key: str = field(repr=False)
    next_path: str = "/"


async def with_password(database: Database, browser: Browser, *, email: str, password: str) -> SignedIn:
    """Sign in by password.

    Raises: Unauthenticated, in the same words and time for a wrong password, an unknown address and an
    account without a password; LimitExceeded after too many tries.
    """
    async with database.unit_of_work() as work:
        ticket = await throttle.admit(work, purpose="password", account=email, address=browser.address)
        person = await people.by_email(work.session, email)
    if not await passwords.matches(person.password_hash if person else None, password) or person is None:
        whose = f"person:{person.id}" if person else "nobody"
        log.warning("sign_in_refused", by="password", account=whose, address=browser.address)
        raise Unauthenticated(WRONG)
    renewed = await passwords.renewed(person.password_hash, password)
    async with database.unit_of_work() as work:
        await throttle.succeeded(work, ticket)
        if renewed is not None:
            await _keep(work, person, renewed)
        return SignedIn(await _begin(work, person.id, browser, by="password"))


async def with_link(database: Database, browser: Browser, *, key: str) -> SignedIn:
    """Sign in by a one-time link and use it up.

    Raises: Unauthenticated, saying whether it was used, has expired or never was.
    """
    async with database.unit_of_work() as work:
        try:
            person_id, next_path = await links.use(work, key)
        except Unauthenticated:
            log.warning("sign_in_refused", by="link", address=browser.address)
            raise
        return SignedIn(await _begin(work, person_id, browser, by="link"), next_path)


async def sign_out(database: Database, viewer: Viewer) -> None:
    """End the viewer's own session."""
    async with database.unit_of_work() as work:
        await sessions.end(work, viewer.actor, viewer.session_id)


async def change_password(
    database: Database, viewer: Viewer, *, current: str, new: str, address: str
) -> None:
    """Set the viewer's password, given the present one if there is any; their other sessions end.

    Raises: InvalidInput, path `current` or `password`; LimitExceeded after too many tries.
    Source: OWASP ASVS 5.0, 6.2.3.
    """
    async with database.unit_of_work() as work:
        ticket = await throttle.admit(work, purpose="password", account=viewer.email, address=address)
        person = await people.by_email(work.session, viewer.email)
    stored = person.password_hash if person else None
    if stored is not None and not await passwords.matches(stored, current):
        log.warning("password_change_refused", account=viewer.actor.reference, address=address)
        raise InvalidInput("This is not your present password.", path=("current",))
    async with database.unit_of_work() as work:
        await throttle.succeeded(work, ticket)
        await people.set_password(work, viewer.actor, password=new, keep_session=viewer.session_id)


async def _begin(work: UnitOfWork, person_id: int, browser: Browser, *, by: str) -> str:
    person = await work.session.get_one(Person, person_id)
    if person.deactivated_at is not None:
        raise Unauthenticated(WRONG)
    if browser.replaces is not None:
        await sessions.end_by_key(work, browser.replaces)
    key = await sessions.begin(work, person_id, user_agent=browser.user_agent, address=browser.address)
    actor = Actor("person", person_id, person.name)
    await trail.record(work, actor, "session.begin", ("person", person_id), by=by, address=browser.address)
    log.info("signed_in", by=by, account=actor.reference, address=browser.address)
    return key


async def _keep(work: UnitOfWork, person: Person, renewed: str) -> None:
    # Compare-and-set: a password that was changed meanwhile stays changed.
    unchanged = update(Person).where(Person.id == person.id, Person.password_hash == person.password_hash)
    await work.session.execute(unchanged.values(password_hash=renewed))
