"""How long the feed's own rows are kept. The counts, and so the trend lines, stay for good."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, text

from app import clock
from app.activity.models import ActivityReceipt
from app.activity.reports import RECEIPTS_KEPT
from app.storage.unit_of_work import UnitOfWork

# Thirteen months: last year's same month can be read event by event.
KEPT: Final = timedelta(days=400)
AT_ONCE: Final = 5_000
# First the streams say since when the feed is whole, so that no check ever takes what is gone for a drift.
KEEP_FROM: Final = text(
    """
    update activity_stream set kept_from = :before
     where coalesce(kept_from, '-infinity') < :before
       and exists (select from activity_event where occurred_at < :before)
    """
)
FORGET: Final = text(
    """
    delete from activity_event where id in (
        select id from activity_event where occurred_at < :before order by occurred_at limit :most)
    returning id
    """
)


async def forget_old(work: UnitOfWork) -> int:
    """Delete a batch of what is older than is kept; answers how many rows, 0 when nothing is left to do."""
    before = (await work.now() - KEPT).replace(second=0, microsecond=0)
    await work.session.execute(KEEP_FROM, {"before": before})
    events = (await work.session.execute(FORGET, {"before": before, "most": AT_ONCE})).all()
    old = ActivityReceipt.received_at < clock.once() - RECEIPTS_KEPT
    await work.session.execute(delete(ActivityReceipt).where(old))
    return len(events)
