"""People and their roles. Whoever leaves is deactivated, never deleted: records name them."""

from __future__ import annotations

import re
from collections.abc import Collection
from zoneinfo import available_timezones

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from app import clock
from app.audit import trail
from app.errors import Conflict, InvalidInput, NotFound, Unauthenticated
from app.security import passwords, rules, sessions
from app.security.models import ApiToken, Person
from app.security.permissions import Actor, Role, Scope, granted, known_roles
from app.storage.unit_of_work import UnitOfWork

# Source: Slack documentation, "User identification": U, or W in an enterprise grid.
SLACK_ID = re.compile(r"[UW][A-Z0-9]{2,20}")


async def add(work: UnitOfWork, actor: Actor, *, email: str, name: str, roles: Collection[str]) -> int:
    """Let somebody sign in; answers the person's id.

    Raises: InvalidInput naming the field; Conflict when the address is taken.
    """
    actor.demand(Scope.ADMIN)
    values = {"email": _email(email), "name": rules.clean_name(name), "roles": _roles(roles)}
    new = upsert(Person).values(**values, created_at=clock.now()).on_conflict_do_nothing()
    person_id = await work.session.scalar(new.returning(Person.id))
    if person_id is None:
        raise Conflict(f"{values['email']} already has an account.", path=("email",))
    await trail.record(work, actor, "person.add", ("person", person_id), **values)
    work.announce("settings")
    return int(person_id)


async def change_roles(work: UnitOfWork, actor: Actor, person_id: int, *, roles: Collection[str]) -> int:
    """Give a person exactly these roles; they hold from the next request on.

    Raises: Conflict when that would leave nobody who may administer.
    """
    actor.demand(Scope.ADMIN)
    wanted = _roles(roles)
    if Role.ADMIN not in wanted:
        await _demand_another_admin(work, person_id)
    person = await _locked(work, person_id)
    before, person.roles = person.roles, wanted
    await trail.record(work, actor, "person.change_roles", ("person", person_id), before=before, after=wanted)
    work.announce("settings")
    return person_id


async def deactivate(work: UnitOfWork, actor: Actor, person_id: int) -> int:
    """Shut a person out at once: no session, no link and none of their own tokens works any more.

    Raises: Conflict when that would leave nobody who may administer.
    """
    actor.demand(Scope.ADMIN)
    await _demand_another_admin(work, person_id)
    person = await _locked(work, person_id)
    await work.session.execute(
        update(Person).where(Person.id == person.id).values(deactivated_at=clock.now())
    )
    await sessions.end_all(work, person_id)
    await _revoke_tokens(work, person_id)
    await trail.record(work, actor, "person.deactivate", ("person", person_id))
    work.announce("settings")
    return person_id


async def set_password(
    work: UnitOfWork, actor: Actor, *, password: str, keep_session: int | None = None
) -> int:
    """Set one's own password and end one's other sessions. Nobody sets it for somebody else.

    Raises: InvalidInput, path `password`, when others would guess it.
    Source: OWASP ASVS 5.0, 6.4.6 and 7.4.3.
    """
    person = await _locked(work, _own_id(actor))
    passwords.demand_strong(password, email=person.email)
    person.password_hash = await passwords.hashed(password)
    await sessions.end_all(work, person.id, but=keep_session)
    await trail.record(work, actor, "person.set_password", ("person", person.id))
    return person.id


async def set_time_zone(work: UnitOfWork, actor: Actor, *, time_zone: str | None) -> int:
    """Show times to the acting person in this IANA zone; None goes by their browser again."""
    if time_zone is not None and time_zone not in available_timezones():
        raise InvalidInput(
            f"{time_zone!r} is no time zone. Write it as in Europe/Berlin.", path=("timeZone",)
        )
    person = await _locked(work, _own_id(actor))
    person.time_zone = time_zone
    await trail.record(work, actor, "person.set_time_zone", ("person", person.id), time_zone=time_zone)
    return person.id


async def set_slack_id(work: UnitOfWork, actor: Actor, person_id: int, *, slack_id: str | None) -> int:
    """Say who somebody is in Slack, so that what they press there is theirs; None forgets it.

    Not for oneself: whoever could claim another's member id would answer in their place.
    Raises: InvalidInput; Conflict when it is somebody else's.
    """
    actor.demand(Scope.ADMIN)
    wanted = (slack_id or "").strip().upper() or None
    if wanted and not SLACK_ID.fullmatch(wanted):
        raise InvalidInput(
            f"{wanted!r} is no member id. In Slack, open the profile and choose *Copy member ID*: U0123ABCD.",
            path=("slackId",),
        )
    person = await _locked(work, person_id)
    taken = select(Person.name).where(Person.slack_id == wanted, Person.id != person_id)
    if wanted and (other := await work.session.scalar(taken)):
        raise Conflict(f"{other} has this member id.", path=("slackId",))
    before, person.slack_id = person.slack_id, wanted
    await trail.record(work, actor, "person.set_slack_id", ("person", person_id), before=before, after=wanted)
    work.announce("settings")
    return person_id


async def by_slack_id(session: AsyncSession, slack_id: str) -> Actor | None:
    """Find who acts when a member of the Slack workspace does; None where no active account has that id."""
    person = await session.scalar(
        select(Person).where(Person.slack_id == slack_id, Person.deactivated_at.is_(None))
    )
    if person is None:
        return None
    roles = known_roles(person.roles)
    return Actor("person", person.id, person.name, granted(roles), roles)


async def by_email(session: AsyncSession, email: str) -> Person | None:
    """Find an active person by address, whatever its capitals."""
    wanted = func.lower(Person.email) == func.lower(email.strip())
    person: Person | None = await session.scalar(
        select(Person).where(wanted, Person.deactivated_at.is_(None))
    )
    return person


async def everybody(session: AsyncSession, actor: Actor) -> list[Person]:
    """List all people by name, for administrators."""
    actor.demand(Scope.ADMIN)
    return list(await session.scalars(select(Person).order_by(func.lower(Person.name), Person.id)))


def _email(text: str) -> str:
    email = text.strip()
    if not rules.is_email(email):
        raise InvalidInput(
            f"{email!r} is no e-mail address. Write it as in olive@example.com.", path=("email",)
        )
    return email


def _roles(wanted: Collection[str]) -> list[str]:
    unknown = sorted(set(wanted) - set(Role))
    if unknown:
        raise InvalidInput(f"{unknown[0]!r} is no role. The roles are {', '.join(Role)}.", path=("roles",))
    return [role.value for role in Role if role in wanted]


def _own_id(actor: Actor) -> int:
    if actor.kind != "person" or actor.id is None:
        raise Unauthenticated("Only a person who has signed in can do this.")
    return actor.id


async def _locked(work: UnitOfWork, person_id: int) -> Person:
    active = select(Person).where(Person.id == person_id, Person.deactivated_at.is_(None))
    person: Person | None = await work.session.scalar(active.with_for_update())
    if person is None:
        raise NotFound("There is no such person, or they have been deactivated.")
    return person


async def _demand_another_admin(work: UnitOfWork, person_id: int) -> None:
    # All admins are locked in one order: two who depose each other at once cannot both succeed.
    admins = select(Person.id).where(
        Person.roles.contains([Role.ADMIN.value]), Person.deactivated_at.is_(None)
    )
    ids = set(await work.session.scalars(admins.order_by(Person.id).with_for_update()))
    if ids == {person_id}:
        raise Conflict("This is the last administrator. Make somebody else one first.")


async def _revoke_tokens(work: UnitOfWork, person_id: int) -> None:
    theirs = update(ApiToken).where(ApiToken.owner_id == person_id, ApiToken.revoked_at.is_(None))
    await work.session.execute(theirs.values(revoked_at=clock.now()))
