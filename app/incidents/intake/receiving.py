"""Take a body in: store it, then apply what it says to one group after the other, all in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.incidents import locking, sources
from app.incidents.intake import applying
from app.incidents.intake.signals import AlertSignal
from app.incidents.models import AlertSource, InboundEvent
from app.security.permissions import Actor
from app.storage.unit_of_work import UnitOfWork

STORE = (
    insert(InboundEvent)
    .values(
        source_id=bindparam("source_id"),
        content_type=bindparam("content_type"),
        body=bindparam("body"),
        idempotency_key=bindparam("idempotency_key"),
        received_at=clock.now(),
    )
    .on_conflict_do_nothing()
    .returning(InboundEvent.received_at)
)


async def receive(
    work: UnitOfWork,
    source: AlertSource,
    signals: Sequence[AlertSignal],
    *,
    body: bytes,
    content_type: str,
    idempotency_key: str | None = None,
) -> None:
    """Store a body and apply what it says; the caller answers 2xx only after the commit.

    The same body again changes nothing but counts, and nothing at all under the same `idempotency_key`.
    """
    received_at = await _store(work, source, body, content_type, idempotency_key)
    if received_at is None:
        return
    actor = Actor("source", source.id, source.name)
    for group_key, group in groupby(sorted(signals, key=_order), key=lambda signal: signal.group_key):
        await locking.lock_group(work, source.id, group_key)
        await applying.apply(work, source.id, actor, group_key, list(group))
    await sources.note_seen(work, source, received_at)


def _order(signal: AlertSignal) -> tuple[str, str]:
    """Groups in one order for everybody: two bodies that took their locks in two would deadlock."""
    return signal.group_key, signal.dedup_key


async def _store(
    work: UnitOfWork, source: AlertSource, body: bytes, content_type: str, idempotency_key: str | None
) -> datetime | None:
    values = {
        "source_id": source.id,
        "content_type": content_type,
        "body": body,
        "idempotency_key": idempotency_key,
    }
    received_at: datetime | None = await work.session.scalar(STORE, values)
    work.moment = received_at
    return received_at
