"""How long bodies are kept as they came. What they said stays: alerts, incidents and timelines."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select

from app import clock
from app.incidents.models import FailedDelivery, InboundEvent
from app.storage.unit_of_work import UnitOfWork

# Long enough to look into what a sender said last month, and to tell a repeat under its key from news.
KEPT: Final = timedelta(days=30)
AT_ONCE: Final = 5_000


async def forget_old(work: UnitOfWork) -> int:
    """Delete a batch of what is older than is kept; answers how many, 0 when nothing is left to do."""
    return sum([await _forget(work, table) for table in (InboundEvent, FailedDelivery)])


async def _forget(work: UnitOfWork, table: type[InboundEvent] | type[FailedDelivery]) -> int:
    old = (
        select(table.id)
        .where(table.received_at < clock.once() - KEPT)
        .order_by(table.received_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
        .cte("old")
    )
    gone = delete(table).where(table.id.in_(select(old.c.id))).returning(table.id)
    return len((await work.session.scalars(gone)).all())
