"""Write the activity feed, in the transaction of what happened."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.activity.models import ActivityEvent
from app.storage.unit_of_work import UnitOfWork


async def record(
    work: UnitOfWork,
    *,
    stream: str,
    kind: str,
    summary: str,
    occurred_at: datetime | None = None,
    subject_path: str | None = None,
    **payload: Any,
) -> None:
    """Add one event to a stream; `occurred_at` defaults to the database's now."""
    now = await work.now()
    work.write(
        ActivityEvent,
        stream=stream,
        kind=kind,
        summary=summary,
        occurred_at=occurred_at or now,
        recorded_at=now,
        subject_path=subject_path,
        payload=payload,
    )
    work.announce("activity")
