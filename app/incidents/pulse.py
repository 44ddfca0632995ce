"""When the pager has to look again, in one cheap statement, since an idle pager asks it twice a second."""

from __future__ import annotations

from sqlalchemy import func, select, union_all

from app import clock
from app.incidents.models import EscalationStep, Page
from app.storage.engine import Database

_timers = select(func.min(EscalationStep.due_at).label("due_at")).where(
    EscalationStep.fired_at.is_(None), EscalationStep.cancelled_at.is_(None)
)
_pages = select(func.min(func.greatest(Page.due_at, Page.lease_until))).where(Page.due_at.is_not(None))
_checks = select(func.min(Page.check_at)).where(Page.check_at.is_not(None))
_due = union_all(_timers, _pages, _checks).subquery()
_wait = select(func.extract("epoch", func.min(_due.c.due_at) - clock.now()))


async def seconds_until_due(database: Database) -> float | None:
    """Seconds until the pager has something to do; negative when it is late, None when nothing is planned."""
    async with database.unit_of_work() as work:
        seconds = await work.session.scalar(_wait)
    return None if seconds is None else float(seconds)
