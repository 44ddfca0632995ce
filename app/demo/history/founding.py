"""How the demo's company began to use Opsbook: its people, sources and tokens, and the sign-ins since."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Final

from app.demo.history.calendar import DAYS, WEEKEND
from app.demo.history.ledger import Ledger
from app.demo.people import CAST, SOURCES, STATEMENTS, TESSA, TOKENS, Member, Source, Token
from app.demo.readers import READERS
from app.incidents.sources import digest as source_digest
from app.security import token_format
from app.security.keys import digest
from app.security.permissions import SYSTEM, Actor

ADMIN: Final = Actor("person", TESSA.id, TESSA.name)
MINUTE: Final = timedelta(minutes=1)
NO_KEY: Final = bytes(32)  # no key is known that has this hash
HEARD_AGO, MONTH, GRACE = timedelta(days=3), timedelta(days=31), timedelta(days=1)
# Source: RFC 5737, a network for documentation.
NETWORK: Final = "203.0.113"


def found(ledger: Ledger, begin: datetime, end: datetime, source_keys: Mapping[str, str]) -> None:
    """Add people, sources by their keys, tokens whose secrets nobody keeps, and readers."""
    for number, member in enumerate(sorted(CAST, key=lambda one: one is not TESSA)):
        _add_person(ledger, begin + number * MINUTE, member)
    for source in SOURCES:
        _add_source(ledger, begin, source, source_digest(source_keys[source.name]), seen_at=end)
    _add_source(ledger, begin, STATEMENTS, NO_KEY, seen_at=end - HEARD_AGO)
    ledger.add(
        "heartbeat",
        source_id=STATEMENTS.id,
        every_seconds=int(MONTH.total_seconds()),
        grace_seconds=int(GRACE.total_seconds()),
        severity="error",
        scope="monetisation",
        last_beat_at=end - HEARD_AGO,
        due_at=end - HEARD_AGO + MONTH + GRACE,
    )
    for number, token in enumerate(TOKENS, start=1):
        _add_token(ledger, end, number, token)
    _add_readers(ledger, begin + 30 * MINUTE)


def sign_in_daily(ledger: Ledger, rng: Random, begin: datetime, end: datetime) -> None:
    """Write down who signed in on which day."""
    for day in range(DAYS):
        midnight = (begin + timedelta(days=day)).replace(hour=0, minute=0, second=0, microsecond=0)
        for member in CAST:
            at = midnight + timedelta(hours=rng.uniform(6.8, 10.5))
            if rng.random() < (0.15 if at.weekday() in WEEKEND else 0.7) and begin < at < end:
                address = f"{NETWORK}.{16 + member.id}"
                actor = Actor("person", member.id, member.name)
                ledger.audit(at, actor, "session.begin", ("person", member.id), by="link", address=address)


def _add_source(
    ledger: Ledger, begin: datetime, source: Source, key_sha256: bytes, *, seen_at: datetime
) -> None:
    at = begin + (10 + source.id) * MINUTE
    ledger.add(
        "alert_source",
        id=source.id,
        name=source.name,
        format=source.format,
        key_sha256=key_sha256,
        created_at=at,
        created_by=TESSA.name,
        last_seen_at=seen_at,
    )
    ledger.audit(at, ADMIN, "source.add", ("source", source.id), name=source.name, format=source.format)


def _add_person(ledger: Ledger, at: datetime, member: Member) -> None:
    values = {"email": member.email, "name": member.name, "roles": [role.value for role in member.roles]}
    known = {"time_zone": member.time_zone, "slack_id": member.slack_id}
    ledger.add("person", id=member.id, **values, **known, created_at=at)
    actor, about = SYSTEM if member is TESSA else ADMIN, ("person", member.id)
    ledger.audit(at, actor, "person.add", about, **values)
    ledger.audit(at, actor, "person.set_slack_id", about, before=None, after=member.slack_id)


def _add_readers(ledger: Ledger, at: datetime) -> None:
    for one in READERS:
        values = {"audience": one.audience.value, "email": one.email, "name": one.name}
        ledger.add("subscriber", id=one.id, **values, added_at=at, added_by=TESSA.name)
    for audience in sorted({one.audience for one in READERS}):
        added = sum(one.audience is audience for one in READERS)
        ledger.audit(at, ADMIN, "subscriber.add", ("audience", audience.value), added=added)


def _add_token(ledger: Ledger, end: datetime, number: int, token: Token) -> None:
    made, at = token_format.new_token(), end - token.age
    revoked_at = at + timedelta(days=40) if token.revoked else None
    scopes = sorted(scope.value for scope in token.scopes)
    ledger.add(
        "api_token",
        id=number,
        name=token.name,
        token_sha256=digest(made),
        prefix=token_format.shown(made),
        scopes=scopes,
        created_at=at,
        created_by=TESSA.reference,
        expires_at=at + token.life if token.life else None,
        last_used_at=end - token.unused_for if token.unused_for else None,
        revoked_at=revoked_at,
    )
    changes = {"name": token.name, "prefix": token_format.shown(made), "scopes": scopes, "integration": None}
    ledger.audit(at, ADMIN, "token.create", ("token", number), **changes)
    if revoked_at is not None:
        ledger.audit(revoked_at, ADMIN, "token.revoke", ("token", number))
