"""The timeline: append-only, numbered under the incident's lock, each hash covering the entry before."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from app.activity import feed
from app.audit import trail
from app.incidents import locking, wording
from app.incidents.models import Incident, IncidentEvent
from app.security.permissions import Actor, Scope
from app.storage.unit_of_work import UnitOfWork

GENESIS = bytes(32)


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
    """Add an entry to an incident that this transaction has locked, and to the activity feed."""
    recorded_at = await work.now()
    occurred_at = occurred_at or recorded_at
    incident.last_seq += 1
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
