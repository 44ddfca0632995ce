"""The timeline: append-only, numbered under the incident's lock, each hash covering the entry before."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app import wording
from app.activity import feed
from app.audit import trail
from app.incidents import locking
from app.incidents.models import Incident, IncidentEvent
from app.incidents.words import IncidentStatus
from app.security.permissions import Actor, Scope
from app.storage.unit_of_work import UnitOfWork

GENESIS = bytes(32)
UNCHAINED = {"id", "previous_hash", "hash"}


async def append(
    work: UnitOfWork,
    incident: Incident,
    actor: Actor,
    kind: str,
    text: str,
    *,
    occurred_at: datetime | None = None,
    **payload: Any,
) -> None:
    """Add an entry to an incident that this transaction has locked, and to the activity feed.

    What somebody does keeps their acknowledgement from lapsing; what Opsbook notes by itself does not.
    """
    recorded_at = await work.now()
    occurred_at = occurred_at or recorded_at
    incident.last_seq += 1
    if incident.status is IncidentStatus.ACKNOWLEDGED and actor.kind != "system":
        incident.lapses_at = recorded_at + incident.lapses_after
    entry = {
        "incident_id": incident.id,
        "seq": incident.last_seq,
        "kind": kind,
        "actor": actor.reference,
        "actor_name": actor.name,
        "occurred_at": occurred_at,
        "recorded_at": recorded_at,
        "text": text,
        "payload": payload,
    }
    previous, incident.last_hash = incident.last_hash, link(incident.last_hash, entry)
    work.write(IncidentEvent, **entry, previous_hash=previous, hash=incident.last_hash)
    await feed.record(
        work,
        stream="incidents",
        kind=f"incident.{kind}",
        summary=f"OPS-{incident.id}: {text}",
        occurred_at=occurred_at,
        subject_path=f"/incidents/{incident.id}",
    )
    work.announce(f"incident:{incident.id}")
    work.announce("incidents")


def link(previous: bytes, entry: dict[str, Any]) -> bytes:
    """Hash an entry onto the chain: SHA-256 over the hash before it and the entry's canonical JSON."""
    canonical = json.dumps(entry, default=_moment, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(previous + canonical.encode()).digest()


async def first_broken(work: UnitOfWork, incident: Incident) -> int | None:
    """Walk the chain from its beginning; answers the first entry that does not fit, None when all do."""
    names = [*(column.key for column in IncidentEvent.__table__.c if column.key not in UNCHAINED)]
    columns = [IncidentEvent.__table__.c[name] for name in names]
    stored = IncidentEvent.__table__.c
    rows = await work.session.execute(
        select(*columns, stored.previous_hash, stored.hash)
        .where(stored.incident_id == incident.id)
        .order_by(stored.seq)
    )
    previous, seq = GENESIS, 0
    for *values, previous_stored, stored_hash in rows:
        seq += 1
        entry = dict(zip(names, values, strict=True))
        fits = entry["seq"] == seq and previous_stored == previous and link(previous, entry) == stored_hash
        if not fits:
            return seq
        previous = stored_hash
    return None if (seq, previous) == (incident.last_seq, incident.last_hash) else seq + 1


def _moment(value: datetime) -> str:
    return value.isoformat()


async def note(work: UnitOfWork, actor: Actor, number: int, *, text: str) -> int:
    """Write down what a person says about an incident."""
    actor.demand(Scope.INCIDENTS_WRITE, sees=Scope.INCIDENTS_READ)
    text = wording.written(text, path="text", demand="Write something.")
    incident = await locking.lock(work, number)
    locking.touch(incident)
    await append(work, incident, actor, "note", text)
    await trail.record(work, actor, "incident.note", ("incident", number), text=text)
    return number
