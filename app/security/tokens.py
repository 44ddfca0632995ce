"""API tokens for scripts and partners: shown once, kept hashed, limited to scopes or to one integration."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import ColumnElement, false, or_, select, update

from app import clock
from app.audit import trail
from app.errors import Forbidden, InvalidInput, NotFound, Unavailable
from app.security import rules, token_format
from app.security.keys import digest
from app.security.models import ApiToken
from app.security.permissions import PERSONAL, Actor, Scope, granted, known_roles, known_scopes
from app.storage.engine import Database
from app.storage.unit_of_work import UnitOfWork

log = structlog.get_logger()

LONGEST_LIFE: Final = timedelta(days=3660)
SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
# What a token that is bound to one integration may be for. Source: contract, "Roles and scopes".
OF_INTEGRATION: Final = frozenset({Scope.INTEGRATIONS_READ, Scope.INTEGRATIONS_WRITE})

AUTHENTICATE: Final = """
    select token.id, token.name, token.scopes, token.integration, token.owner_id, owner.roles,
           token.last_used_at is null or token.last_used_at < clock_timestamp() - $2::interval as is_stale
      from api_token token left join person owner on owner.id = token.owner_id
     where token.token_sha256 = $1
       and token.revoked_at is null
       and (token.expires_at is null or token.expires_at > clock_timestamp())
       and owner.deactivated_at is null
"""


async def create(
    work: UnitOfWork,
    actor: Actor,
    *,
    name: str,
    scopes: Collection[str],
    integration: str | None = None,
    expires: timedelta | None = None,
) -> tuple[int, str]:
    """Make a token; answers its id and the token itself, which is shown this once.

    An administrator makes tokens of the organisation, with any scope. Anybody else makes their own, which
    can never do more than they can, even when their roles change.
    Raises: InvalidInput naming the field; Forbidden for scopes that the actor does not hold.
    """
    wanted = _scopes(actor, scopes, integration)
    token = token_format.new_token()
    row = ApiToken(
        name=rules.clean_name(name),
        token_sha256=digest(token),
        prefix=token_format.shown(token),
        scopes=wanted,
        integration=_slug(integration),
        created_at=clock.now(),
        created_by=actor.reference,
        owner_id=None if actor.can(Scope.ADMIN) else actor.id,
        expires_at=_expiry(expires),
    )
    work.session.add(row)
    await work.session.flush()
    changes = {"name": row.name, "prefix": row.prefix, "scopes": wanted, "integration": integration}
    await trail.record(work, actor, "token.create", ("token", row.id), **changes)
    work.announce("settings")
    return row.id, token


async def revoke(work: UnitOfWork, actor: Actor, token_id: int) -> int:
    """Refuse a token from now on.

    Raises: NotFound when there is none, it was revoked before, or it is somebody else's.
    """
    live = update(ApiToken).where(ApiToken.id == token_id, ApiToken.revoked_at.is_(None))
    if not actor.can(Scope.ADMIN):
        live = live.where(_theirs(actor))
    revoked = await work.session.scalar(live.values(revoked_at=clock.now()).returning(ApiToken.id))
    if revoked is None:
        raise NotFound("There is no such token, or it has been revoked.")
    await trail.record(work, actor, "token.revoke", ("token", token_id))
    work.announce("settings")
    return token_id


async def listed(work: UnitOfWork, actor: Actor) -> list[ApiToken]:
    """List the tokens that still work, newest first: all of them for an administrator, else one's own."""
    live = select(ApiToken).where(
        ApiToken.revoked_at.is_(None), or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > clock.now())
    )
    if not actor.can(Scope.ADMIN):
        live = live.where(_theirs(actor))
    return list(await work.session.scalars(live.order_by(ApiToken.id.desc())))


async def authenticate(database: Database, token: str) -> Actor | None:
    """Who a token is, in one statement; None when it is unknown, revoked or expired, or its owner left."""
    if not token_format.is_well_formed(token):
        return None
    asked = (AUTHENTICATE, digest(token), rules.SEEN_EVERY)
    row = await database.read(lambda connection: connection.fetchrow(*asked))
    if row is None:
        return None
    if row["is_stale"]:
        await _used(database, row["id"])
    scopes = known_scopes(row["scopes"])
    if row["owner_id"] is not None:
        scopes &= granted(known_roles(row["roles"]))
    return Actor("token", row["id"], row["name"], scopes, integration=row["integration"])


def _scopes(actor: Actor, wanted: Collection[str], integration: str | None) -> list[str]:
    unknown = sorted(set(wanted) - set(Scope))
    if unknown or not wanted:
        given = f"{unknown[0]!r} is no scope" if unknown else "A token needs a scope"
        raise InvalidInput(f"{given}. The scopes are {', '.join(_for_tokens())}.", path=("scopes",))
    scopes = known_scopes(wanted)
    if integration is not None and not scopes <= OF_INTEGRATION:
        allowed = ", ".join(sorted(OF_INTEGRATION))
        raise InvalidInput(f"A token of one integration may have {allowed} only.", path=("scopes",))
    missing = sorted(scopes - _may_give(actor))
    if missing:
        raise Forbidden(f"{actor.name} may not give {missing[0]} to a token.", path=("scopes",))
    return sorted(scopes)


def _may_give(actor: Actor) -> frozenset[Scope]:
    if actor.integration is not None:
        return frozenset()
    if actor.can(Scope.ADMIN):
        return frozenset(Scope) - PERSONAL
    # A token makes no tokens: one that leaked would outlive its own revocation.
    return actor.scopes - PERSONAL if actor.kind == "person" else frozenset()


def _for_tokens() -> list[str]:
    return [scope.value for scope in Scope if scope not in PERSONAL]


def _slug(integration: str | None) -> str | None:
    if integration is not None and SLUG.fullmatch(integration) is None:
        raise InvalidInput(
            "An integration is named by small letters, digits and hyphens.", path=("integration",)
        )
    return integration


def _expiry(expires: timedelta | None) -> ColumnElement[datetime] | None:
    if expires is None:
        return None
    if not timedelta() < expires <= LONGEST_LIFE:
        raise InvalidInput("A token expires within 10 years, not before now.", path=("expires",))
    return clock.after(expires)


def _theirs(actor: Actor) -> ColumnElement[bool]:
    # Spelled out, for `owner_id == None` would be every token of the organisation.
    return ApiToken.owner_id == actor.id if actor.kind == "person" else false()


async def _used(database: Database, token_id: int) -> None:
    stale = update(ApiToken).where(
        ApiToken.id == token_id,
        or_(ApiToken.last_used_at.is_(None), ApiToken.last_used_at < clock.after(-rules.SEEN_EVERY)),
    )
    try:
        async with database.unit_of_work() as work:
            await work.session.execute(stale.values(last_used_at=clock.now()))
    except Unavailable:  # a database that can only be read refuses no token
        log.warning("token_use_not_noted", token=token_id)
