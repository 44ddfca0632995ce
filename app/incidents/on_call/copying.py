"""Tell PagerDuty who stands in, and when it was called off: each cover is its own outbox.

PagerDuty has no key for an override, so before every try we look whether an earlier one made it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update

from app.incidents.models import OnCallCover, OnCallShift
from app.incidents.on_call.words import ShiftSource
from app.outside.pagerduty import schedules
from app.outside.pagerduty.rest import Rest, Unanswered
from app.outside.pagerduty.schedules import Override
from app.security.models import Person
from app.storage import outbox
from app.storage.engine import Database
from app.storage.unit_of_work import UnitOfWork

LEASE = timedelta(seconds=30)  # six questions of two seconds each end well within
LONGEST_WAIT = timedelta(minutes=15)
# What no further try can change. Source: PagerDuty, "Errors".
FINAL = {
    "not_found": "Nobody there has their address, or its schedule is gone.",
    "forbidden": "OPSBOOK_PAGERDUTY_API_TOKEN may not write.",
    "unauthenticated": "OPSBOOK_PAGERDUTY_API_TOKEN is missing or wrong.",
    "bad_response": "PagerDuty refused it. Is OPSBOOK_PAGERDUTY_FROM a user there?",
}


@dataclass(frozen=True, slots=True)
class Copy:
    """A claimed cover and the address of whoever stands in."""

    cover: OnCallCover
    email: str

    @property
    def override(self) -> Override:
        """The same in PagerDuty's words; it keeps times to the second."""
        begins = self.cover.begins_at.replace(microsecond=0)
        ends = self.cover.ends_at.replace(microsecond=0)
        return Override(self.cover.schedule_id or "", self.email, begins, ends)


async def schedule_of(work: UnitOfWork, cover: OnCallCover) -> str | None:
    """The schedule at PagerDuty that a role goes by, as it last said."""
    found: str | None = await work.session.scalar(
        select(OnCallShift.schedule_id)
        .where(OnCallShift.role == cover.role, OnCallShift.source == ShiftSource.PAGERDUTY)
        .order_by(OnCallShift.ends_at.desc().nulls_first())
        .limit(1)
    )
    return found


async def owe(work: UnitOfWork, cover: OnCallCover) -> None:
    """Note that PagerDuty is to be told of a cover, or of its end, if its schedule is known."""
    cover.schedule_id = cover.schedule_id or await schedule_of(work, cover)
    if cover.schedule_id is not None:
        cover.due_at, cover.attempts, cover.last_error = await work.now(), 0, None
        work.wake("general")


async def claim_due(database: Database, limit: int, _full: Collection[str] = ()) -> list[Copy]:
    """Take up to `limit` covers that PagerDuty is to be told of."""
    async with database.unit_of_work() as work:
        claimed = await outbox.claim(work.session, OnCallCover, lease=LEASE, limit=limit)
        emails = await _emails(work, [one.person_id for one in claimed])
    return [Copy(cover, emails[cover.person_id]) for cover in claimed]


async def send(database: Database, rest: Rest | None, copy: Copy) -> None:
    """Tell PagerDuty of one cover, or of its end, and settle it."""
    outcome = await _tell(rest, copy)
    async with database.unit_of_work() as work:
        await _settle(work, copy.cover, outcome)


async def _emails(work: UnitOfWork, people: list[int]) -> dict[int, str]:
    rows = await work.session.execute(select(Person.id, Person.email).where(Person.id.in_(people)))
    return {person_id: str(email) for person_id, email in rows}


async def _tell(rest: Rest | None, copy: Copy) -> str | Unanswered | None:
    """Answers the override's id as it is now, or None when there is none any more."""
    if rest is None:
        return Unanswered("unauthenticated")
    found = copy.cover.external_id or await schedules.find_override(rest, copy.override)
    if isinstance(found, Unanswered):
        return found
    if copy.cover.cancelled_at is None:
        return found or await _make(rest, copy)
    return await schedules.delete_override(rest, copy.override.schedule_id, found) if found else None


async def _make(rest: Rest, copy: Copy) -> str | Unanswered | None:
    made = await schedules.make_override(rest, copy.override)
    return made or await schedules.find_override(rest, copy.override)


async def _settle(work: UnitOfWork, cover: OnCallCover, outcome: str | Unanswered | None) -> None:
    """A cover that was called off while it was told is due again at once."""
    now = await work.now()
    if not isinstance(outcome, Unanswered):
        told = {"external_id": outcome or cover.external_id, "told_at": now, "last_error": None}
        if await outbox.settle(work.session, cover, **told) and cover.cancelled_at is None:
            late = (OnCallCover.id == cover.id, OnCallCover.cancelled_at.is_not(None))
            await work.session.execute(update(OnCallCover).where(*late).values(due_at=now))
    else:
        is_final = outcome.kind in FINAL or cover.ends_at <= now
        again = None if is_final else now + _wait(cover, outcome)
        reason = FINAL.get(outcome.kind) or f"PagerDuty did not answer ({outcome.kind.replace('_', ' ')})."
        await outbox.settle(work.session, cover, due_at=again, last_error=reason)
    work.announce("on_call")


def _wait(cover: OnCallCover, outcome: Unanswered) -> timedelta:
    wait = min(timedelta(seconds=2**cover.attempts), LONGEST_WAIT)
    return max(wait, outcome.retry_after or timedelta())
