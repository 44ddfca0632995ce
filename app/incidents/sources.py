"""Who may send alerts and activity: each sender has a name in its address and a key of its own."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import select, update
from sqlalchemy.orm import undefer

from app import clock
from app.audit import trail
from app.errors import InvalidInput, NotFound, Unauthenticated
from app.incidents import declared
from app.incidents.models import AlertSource, Heartbeat
from app.incidents.words import AlertSeverity
from app.security.permissions import Actor, Scope
from app.storage import arrays
from app.storage.unit_of_work import UnitOfWork

# Each format, and the path to which its senders send. Source: contract, "Addresses".
PATHS = {
    "alertmanager": "/ingest/alertmanager/{name}",
    "grafana": "/ingest/grafana/{name}",
    "cloudevents": "/ingest/cloudevents/{name}",
    "pagerduty": "/v2/enqueue",
    "json": "/ingest/json/{name}",
    "heartbeat": "/ingest/heartbeat/{name}",
    "activity": "/ingest/activity/{name}",
}
FORMATS = tuple(PATHS)
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
# PagerDuty's integration keys have 32 characters, and senders that are moved over may check that.
KEY_BYTES = 16
# How often a heartbeat is due until somebody says otherwise, and how late it may be.
EVERY, GRACE = timedelta(seconds=60), timedelta(seconds=30)
SEEN_EVERY = timedelta(minutes=1)
BY_KEYS = (
    select(AlertSource)
    .where(arrays.among(AlertSource.key_sha256, "digests"), AlertSource.revoked_at.is_(None))
    .options(undefer(AlertSource.silences))
)
Known = Mapping[bytes, AlertSource]


async def add(work: UnitOfWork, actor: Actor, *, name: str, sends: str) -> tuple[int, str]:
    """Make a source; answers its id and its key, which is shown this once."""
    actor.demand(Scope.ADMIN)
    _check(name, sends)
    if await _exists(work, name):
        raise InvalidInput(f"There is a source {name!r} already. Choose another name.", path=("name",))
    key = secrets.token_hex(KEY_BYTES)
    source = AlertSource(
        name=name,
        format=sends,
        key_sha256=digest(key),
        created_at=await clock.read(work.session),
        created_by=actor.name,
        **_beginnings(sends),
    )
    work.session.add(source)
    await work.session.flush()
    if sends == "heartbeat":
        work.session.add(_heartbeat(source.id))
    await trail.record(work, actor, "source.add", ("source", source.id), name=name, format=sends)
    work.announce("settings")
    return source.id, key


async def revoke(work: UnitOfWork, actor: Actor, source_id: int) -> int:
    """Refuse a source's key from now on; its alerts stay."""
    actor.demand(Scope.ADMIN)
    revoked = await work.session.scalar(
        update(AlertSource)
        .where(AlertSource.id == source_id, AlertSource.revoked_at.is_(None))
        .values(revoked_at=clock.now())
        .returning(AlertSource.name)
    )
    if revoked is None:
        raise NotFound("There is no such source that is still in use.", path=("id",))
    await work.session.execute(update(Heartbeat).where(Heartbeat.source_id == source_id).values(due_at=None))
    await trail.record(work, actor, "source.revoke", ("source", source_id), name=revoked)
    work.announce("settings")
    return source_id


async def listed(work: UnitOfWork, actor: Actor) -> Sequence[AlertSource]:
    """All sources by name, also those that are refused by now."""
    actor.demand(Scope.INCIDENTS_READ)
    found = await work.session.scalars(select(AlertSource).order_by(AlertSource.name))
    return found.all()


async def of_keys(work: UnitOfWork, keys: Iterable[str]) -> Known:
    """Find the sources that keys belong to and that are not revoked."""
    digests = list({digest(key) for key in keys})
    found = await work.session.scalars(BY_KEYS, {"digests": digests})
    return {source.key_sha256: source for source in found}


def authenticate(known: Known, key: str, *, sends: str, name: str | None = None) -> AlertSource:
    """Say which of the sources that `of_keys` has found a key opens.

    Raises: Unauthenticated, alike for a wrong key, a revoked one and one of another source.
    """
    found = known.get(digest(key))
    if found is None or found.format != sends or name not in (None, found.name):
        raise Unauthenticated("The key is not that of this source. Use the one shown when it was made.")
    return found


async def note_seen(work: UnitOfWork, source: AlertSource, at: datetime) -> None:
    """At most once a minute, and last: a row that every alert writes would put all senders in one queue."""
    if source.last_seen_at is not None and at < source.last_seen_at + SEEN_EVERY:
        return
    await work.session.execute(
        update(AlertSource)
        .where(AlertSource.id == source.id)
        .values(last_seen_at=at)
        .execution_options(synchronize_session=False)
    )


def address(base_url: str, *, name: str, sends: str) -> str:
    """Where a source sends to."""
    return base_url.rstrip("/") + PATHS[sends].format(name=name)


def digest(key: str) -> bytes:
    """What is kept of a key: SHA-256 suffices for 128 random bits."""
    return hashlib.sha256(key.encode()).digest()


def _check(name: str, sends: str) -> None:
    if not NAME.fullmatch(name):
        reason = "A name has 1 to 63 small letters, digits and hyphens, and begins with a letter or digit."
        raise InvalidInput(reason, path=("name",))
    if sends not in FORMATS:
        raise InvalidInput(f"The format must be one of: {', '.join(FORMATS)}.", path=("format",))


def _beginnings(sends: str) -> dict[str, object]:
    """What a source declares until somebody changes it."""
    if sends != "json":
        return {}
    return {"mapping": msgspec.to_builtins(declared.DEFAULT), "mapping_example": declared.DEFAULT_EXAMPLE}


def _heartbeat(source_id: int) -> Heartbeat:
    return Heartbeat(
        source_id=source_id,
        every_seconds=int(EVERY.total_seconds()),
        grace_seconds=int(GRACE.total_seconds()),
        severity=AlertSeverity.ERROR,
    )


async def _exists(work: UnitOfWork, name: str) -> bool:
    return await work.session.scalar(select(AlertSource.id).where(AlertSource.name == name)) is not None
