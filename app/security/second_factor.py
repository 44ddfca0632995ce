"""The second factor of an account: a code from an app, or one of ten recovery codes, each good for once.

It is set up in two acts, so that nobody is shut out by a secret that never reached the app. The secret is
sealed; recovery codes have 120 bits, of which only the hash is kept. Source: OWASP ASVS 5.0, 6.3.3 and 6.5.
"""

from __future__ import annotations

import secrets
from base64 import b32encode
from typing import Final

import structlog
from sqlalchemy import delete, select, update

from app import clock
from app.audit import trail
from app.errors import Conflict, InvalidInput, NotFound
from app.security import sessions, totp
from app.security.keys import digest
from app.security.models import Person, RecoveryCode
from app.security.permissions import Actor, Scope
from app.security.secrets import Keyring
from app.security.viewer import Viewer
from app.storage.unit_of_work import UnitOfWork

log = structlog.get_logger()

RECOVERY_CODES: Final = 10
RECOVERY_BYTES: Final = 15
GROUP: Final = 4
WRONG: Final = "This code is wrong or has been used. Wait for the next one, or take a recovery code."


async def propose(work: UnitOfWork, keyring: Keyring, viewer: Viewer) -> str:
    """Make a secret for the viewer's app and seal it; answers it. It counts for nothing until `confirm`.

    Raises: Conflict when there is a second factor already.
    """
    person = await _locked(work, viewer.person_id)
    if person.second_factor_since is not None:
        raise Conflict("You have a second factor. Remove it first.")
    secret = totp.new_secret()
    person.second_factor_secret = keyring.seal(owner(person.id), secret)
    person.second_factor_step = None
    return secret


async def proposed(work: UnitOfWork, keyring: Keyring, viewer: Viewer) -> str:
    """Give the secret that was proposed once more, for who mistyped the code.

    Raises: NotFound when there is none that waits for a code.
    """
    return _opened(keyring, await _locked(work, viewer.person_id), is_confirmed=False)


async def confirm(work: UnitOfWork, keyring: Keyring, viewer: Viewer, *, code: str) -> list[str]:
    """Put the second factor into force by its first code; answers the recovery codes, shown this once.

    The viewer's other sessions end: they were begun without it.
    Raises: InvalidInput, path `code`; NotFound when nothing was proposed.
    """
    person = await _locked(work, viewer.person_id)
    secret = _opened(keyring, person, is_confirmed=False)
    if not await _uses_up(work, person, secret, code):
        raise InvalidInput(WRONG, path=("code",))
    person.second_factor_since = await clock.read(work.session)
    codes = await _new_recovery_codes(work, person.id)
    await sessions.end_all(work, person.id, but=viewer.session_id)
    await trail.record(work, viewer.actor, "second_factor.add", ("person", person.id))
    return codes


async def check(work: UnitOfWork, keyring: Keyring, person_id: int, *, code: str) -> bool:
    """Whether a code proves the second factor; it is used up by that. Two at once succeed once."""
    person = await _active(work, person_id)
    if person is None or person.second_factor_since is None:
        return False
    if await _uses_up(work, person, _opened(keyring, person, is_confirmed=True), code):
        return True
    return await _recovers(work, person, code)


async def remove(work: UnitOfWork, keyring: Keyring, viewer: Viewer, *, code: str) -> None:
    """Take the viewer's second factor away, by a code of it. Their other sessions end.

    Raises: InvalidInput, path `code`.
    """
    if not await check(work, keyring, viewer.person_id, code=code):
        raise InvalidInput(WRONG, path=("code",))
    await _forget(work, viewer.person_id)
    await sessions.end_all(work, viewer.person_id, but=viewer.session_id)
    await trail.record(work, viewer.actor, "second_factor.remove", ("person", viewer.person_id))


async def reset(work: UnitOfWork, actor: Actor, person_id: int) -> int:
    """Take somebody's second factor away who lost it, and sign them out; answers the person's id.

    Whoever does it makes sure, away from the console, that it is them who ask.
    Raises: NotFound when there is no such person, or they have none.
    """
    actor.demand(Scope.ADMIN)
    person = await _locked(work, person_id)
    if person.second_factor_since is None:
        raise NotFound("They have no second factor.")
    await _forget(work, person_id)
    await sessions.end_all(work, person_id)
    await trail.record(work, actor, "second_factor.reset", ("person", person_id))
    work.announce("settings")
    return person_id


async def rewrap(work: UnitOfWork, keyring: Keyring) -> tuple[int, int]:
    """Put all secrets under the newest master key; answers how many were, and how many there are."""
    sealed = select(Person).where(Person.second_factor_secret.is_not(None)).order_by(Person.id)
    people = (await work.session.scalars(sealed.with_for_update())).all()
    changed = 0
    for person in people:
        before = person.second_factor_secret or ""
        person.second_factor_secret = keyring.rewrap(owner(person.id), before)
        changed += person.second_factor_secret != before
    return changed, len(people)


def owner(person_id: int) -> str:
    """Under which name the secret is sealed."""
    return f"second factor of person:{person_id}"


async def _active(work: UnitOfWork, person_id: int) -> Person | None:
    active = select(Person).where(Person.id == person_id, Person.deactivated_at.is_(None))
    person: Person | None = await work.session.scalar(active.with_for_update())
    return person


async def _locked(work: UnitOfWork, person_id: int) -> Person:
    person = await _active(work, person_id)
    if person is None:
        raise NotFound("There is no such person, or they have been deactivated.")
    return person


def _opened(keyring: Keyring, person: Person, *, is_confirmed: bool) -> str:
    if person.second_factor_secret is None or (person.second_factor_since is not None) is not is_confirmed:
        raise NotFound("There is no second factor to confirm. Begin again.")
    return keyring.open(owner(person.id), person.second_factor_secret)


async def _uses_up(work: UnitOfWork, person: Person, secret: str, typed: str) -> bool:
    # A step that was used, and all before it, are over: a code that was read over a shoulder opens nothing.
    step = totp.step_of(secret, "".join(typed.split()), await clock.read(work.session))
    if step is None or step <= (person.second_factor_step or 0):
        return False
    person.second_factor_step = step
    return True


async def _recovers(work: UnitOfWork, person: Person, typed: str) -> bool:
    code = digest(_plain(typed))
    unused = (RecoveryCode.person_id == person.id) & RecoveryCode.used_at.is_(None)
    use = update(RecoveryCode).where(RecoveryCode.code_sha256 == code, unused).values(used_at=clock.now())
    if await work.session.scalar(use.returning(RecoveryCode.id)) is None:
        return False
    actor = Actor("person", person.id, person.name)
    await trail.record(work, actor, "second_factor.recover", ("person", person.id))
    log.warning("recovery_code_used", account=actor.reference)
    return True


async def _new_recovery_codes(work: UnitOfWork, person_id: int) -> list[str]:
    await work.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    codes = [b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode() for _ in range(RECOVERY_CODES)]
    for code in codes:
        work.write(RecoveryCode, code_sha256=digest(code), person_id=person_id, created_at=await work.now())
    return ["-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP)) for code in codes]


async def _forget(work: UnitOfWork, person_id: int) -> None:
    nothing = {"second_factor_secret": None, "second_factor_since": None}
    await work.session.execute(update(Person).where(Person.id == person_id).values(**nothing))
    await work.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))


def _plain(typed: str) -> str:
    return "".join(sign for sign in typed.upper() if sign.isalnum())
