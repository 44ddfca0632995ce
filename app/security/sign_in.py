"""Signing in: by password or by link, then by code where there is a second factor, always into a new session;
and changing one's password.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog
from sqlalchemy import update

from app.audit import trail
from app.errors import InvalidInput, Unauthenticated
from app.security import half_sign_ins, links, passwords, people, second_factor, sessions, throttle
from app.security.models import Person
from app.security.permissions import Actor
from app.security.secrets import Keyring
from app.security.viewer import Viewer
from app.storage.engine import Database
from app.storage.unit_of_work import UnitOfWork

log = structlog.get_logger()

NOT_PRESENT: Final = (
    "This is not your present password. Where it is forgotten, sign in by link and try again."
)
WRONG: Final = "The e-mail address or the password is wrong. You can also ask for a sign-in link."


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a sign-in comes from. `replaces` is the key of the session that the browser had until now."""

    user_agent: str
    address: str
    replaces: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: the key for its cookie, and where to go. Half of one waits for the second factor."""

    key: str = field(repr=False)
    next_path: str = "/"
    is_half: bool = False


async def with_password(
    database: Database, browser: Browser, *, email: str, password: str, next_path: str = "/"
) -> SignedIn:
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
        return await _begin(work, person.id, browser, by="password", next_path=next_path)


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
        return await _begin(work, person_id, browser, by="link", next_path=next_path)


async def with_code(
    database: Database, keyring: Keyring, browser: Browser, *, half_key: str, code: str
) -> SignedIn:
    """Finish a sign-in by a code of the second factor, or a recovery code.

    Raises: Unauthenticated when the sign-in has expired; InvalidInput, path `code`; LimitExceeded.
    """
    async with database.unit_of_work() as work:
        half = await half_sign_ins.find(work, half_key)
        if half is None:
            raise Unauthenticated(half_sign_ins.EXPIRED)
        account = f"person:{half.person_id}"
        ticket = await throttle.admit(work, purpose="code", account=account, address=browser.address)
    async with database.unit_of_work() as work:
        if not await second_factor.check(work, keyring, half.person_id, code=code):
            log.warning("sign_in_refused", by="code", account=account, address=browser.address)
            raise InvalidInput(second_factor.WRONG, path=("code",))
        if not await half_sign_ins.use_up(work, half):
            raise Unauthenticated(half_sign_ins.EXPIRED)
        await throttle.succeeded(work, ticket)
        by = f"{half.begun_by} and code"
        return SignedIn(await _open(work, half.person_id, browser, by=by), half.next_path)


async def sign_out(database: Database, viewer: Viewer) -> None:
    """End the viewer's own session."""
    async with database.unit_of_work() as work:
        await sessions.end(work, viewer.actor, viewer.session_id)


async def change_password(
    database: Database, viewer: Viewer, *, current: str, new: str, address: str
) -> None:
    """Set the viewer's password; their other sessions end.

    Raises: InvalidInput, path `current` or `password`; LimitExceeded after too many tries.
    """
    ticket = await demand_oneself(database, viewer, current=current, address=address)
    async with database.unit_of_work() as work:
        await throttle.succeeded(work, ticket)
        await people.set_password(work, viewer.actor, password=new, keep_session=viewer.session_id)


async def demand_oneself(database: Database, viewer: Viewer, *, current: str, address: str) -> Sequence[int]:
    """Make sure that the viewer sits there, before what gets in is changed: by the present password, or by
    having come by mailed link just now. Answers a ticket for `throttle.succeeded`.

    Raises: InvalidInput, path `current`; LimitExceeded after too many tries.
    Source: OWASP ASVS 5.0, 6.2.3 and 7.5.1.
    """
    async with database.unit_of_work() as work:
        ticket = await throttle.admit(work, purpose="password", account=viewer.email, address=address)
        person = await people.by_email(work.session, viewer.email)
        is_fresh = await sessions.is_fresh_by_link(work, viewer.session_id)
    stored = person.password_hash if person else None
    if is_fresh and not current:
        return ticket
    if not await passwords.matches(stored, current):
        log.warning("present_password_refused", account=viewer.actor.reference, address=address)
        raise InvalidInput(NOT_PRESENT, path=("current",))
    return ticket


async def _begin(work: UnitOfWork, person_id: int, browser: Browser, *, by: str, next_path: str) -> SignedIn:
    person = await work.session.get_one(Person, person_id)
    if person.second_factor_since is None or person.deactivated_at is not None:
        return SignedIn(await _open(work, person_id, browser, by=by), next_path)
    half_key = await half_sign_ins.begin(work, person_id, begun_by=by, next_path=next_path)
    return SignedIn(half_key, next_path, is_half=True)


async def _open(work: UnitOfWork, person_id: int, browser: Browser, *, by: str) -> str:
    person = await work.session.get_one(Person, person_id)
    if person.deactivated_at is not None:
        raise Unauthenticated(WRONG)
    if browser.replaces is not None:
        await sessions.end_by_key(work, browser.replaces)
    where = {"user_agent": browser.user_agent, "address": browser.address}
    key = await sessions.begin(work, person_id, **where, begun_by=by)
    actor = Actor("person", person_id, person.name)
    await trail.record(work, actor, "session.begin", ("person", person_id), by=by, address=browser.address)
    log.info("signed_in", by=by, account=actor.reference, address=browser.address)
    return key


async def _keep(work: UnitOfWork, person: Person, renewed: str) -> None:
    # Compare-and-set: a password that was changed meanwhile stays changed.
    unchanged = update(Person).where(Person.id == person.id, Person.password_hash == person.password_hash)
    await work.session.execute(unchanged.values(password_hash=renewed))
