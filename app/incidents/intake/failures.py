"""Keep what a known source sent and cannot be read, until somebody has mended the reading and replays it.

A sender that is broken sends much of it: the same body only counts, and each source keeps its newest alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.incidents.models import FailedDelivery
from app.storage.unit_of_work import UnitOfWork

# With bodies of half a megabyte, the most that PagerDuty's format takes, this is 100 MB for a source.
KEPT_EACH: Final = 200
EXCERPT: Final = 2_000

_fails = insert(FailedDelivery).values(received_at=clock.now())
KEEP = _fails.on_conflict_do_update(
    index_elements=[FailedDelivery.source_id, FailedDelivery.digest],
    set_={
        "times": FailedDelivery.times + _fails.excluded.times,
        "error": _fails.excluded.error,
        "received_at": _fails.excluded.received_at,
        "idempotency_key": _fails.excluded.idempotency_key,
        "replayed_at": None,
        "replayed_by": None,
    },
)
_beyond = (
    select(FailedDelivery.id)
    .where(FailedDelivery.source_id == bindparam("source"))
    .order_by(FailedDelivery.received_at.desc(), FailedDelivery.id.desc())
    .offset(KEPT_EACH)
    .with_for_update(skip_locked=True)
    .cte("beyond")
)
DROP = delete(FailedDelivery).where(FailedDelivery.id.in_(select(_beyond.c.id)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A body that could not be read, and why not."""

    source_id: int
    body: bytes = field(repr=False)
    content_type: str
    headers: Sequence[tuple[str, str]]
    idempotency_key: str | None
    error: str


async def keep(work: UnitOfWork, failed: Iterable[Failure]) -> None:
    """Keep them, in one order for everybody: each is a lock."""
    rows: dict[tuple[int, bytes], dict[str, Any]] = {}
    for one in failed:
        row = _row(one)
        key = (one.source_id, row["digest"])
        row["times"] += rows[key]["times"] if key in rows else 0
        rows[key] = row
    await work.session.execute(KEEP, [rows[key] for key in sorted(rows)])
    for source_id in sorted({source_id for source_id, _ in rows}):
        options = {"synchronize_session": False}
        await work.session.execute(DROP, {"source": source_id}, execution_options=options)
    work.announce("settings")


def _row(one: Failure) -> dict[str, Any]:
    said = msgspec.json.encode((one.content_type, one.headers))
    return {
        "source_id": one.source_id,
        "digest": hashlib.sha256(hashlib.sha256(said).digest() + one.body).digest(),
        "content_type": one.content_type,
        "headers": [list(header) for header in one.headers],
        "body": one.body,
        "excerpt": _text(one.body[:EXCERPT].decode(errors="replace")),
        "idempotency_key": one.idempotency_key,
        "error": _text(one.error),
        "times": 1,
    }


def _text(said: str) -> str:
    """What PostgreSQL's text can hold."""
    return said.replace("\0", "\N{REPLACEMENT CHARACTER}")
