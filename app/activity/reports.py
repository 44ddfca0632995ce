"""Events that other systems report: checked one by one, stored all together or not at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from app.activity import rules, streams
from app.activity.models import ActivityReceipt
from app.errors import InvalidInput
from app.outside import bodies
from app.storage.unit_of_work import UnitOfWork

MOST: Final = 1000
STREAM: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
KIND: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
# What Opsbook tells itself: nobody else may make it look as if something had happened here.
OWN: Final = frozenset({"incidents"})
# A clock may go ahead a little. An event further ahead would be judged in minutes that are yet to come.
AHEAD: Final = timedelta(minutes=5)
# What is usual is made of this many weeks: anything older would change nothing.
LATE: Final = timedelta(weeks=rules.USUAL_WEEKS)
# A repeat comes within days, if it comes.
RECEIPTS_KEPT: Final = timedelta(days=7)

# One statement for all, so that the trigger counts them once. Ordered, so that two bodies with the same ids
# wait for each other and do not deadlock.
STORE: Final = text(
    """
    insert into activity_event
           (stream, kind, summary, occurred_at, value, external_id, source_id, recorded_at, payload)
    select stream, kind, summary, occurred_at, value, external_id, :source_id, :now, '{}'
      from unnest(cast(:streams as text[]), cast(:kinds as text[]), cast(:summaries as text[]),
                  cast(:moments as timestamptz[]), cast(:numbers as float8[]), cast(:ids as text[]))
           with ordinality as told(stream, kind, summary, occurred_at, value, external_id, place)
     order by external_id, place
    on conflict do nothing returning id
    """
)


class Report(msgspec.Struct, kw_only=True, frozen=True):
    """One event. Without a `value` it counts as one; under the same `id` of a source it counts once."""

    stream: str
    kind: str
    occurred_at: datetime
    value: Annotated[float, Meta(ge=0, le=streams.LARGEST)] = 1.0
    summary: Annotated[str, Meta(max_length=1024)] = ""
    id: Annotated[str, Meta(min_length=1, max_length=255)] | None = None


Body = Report | Annotated[list[Report], Meta(min_length=1, max_length=MOST)]


# Each event with the way to it in the body: ("3",) in a list, nothing where it is the body itself.
Reports = Sequence[tuple[Report, tuple[str, ...]]]


def read(body: bytes) -> Reports:
    """Read one event, or a list of them.

    Raises: InvalidInput, whose `path` leads to the field, as in ("3", "value").
    """
    found = bodies.decode(body, Body)
    told: Reports = [(found, ())]
    if isinstance(found, list):
        told = [(report, (str(place),)) for place, report in enumerate(found)]
    for report, at in told:
        _check_names(report, at)
    return told


async def receive(
    work: UnitOfWork, source_id: int, told: Reports, *, idempotency_key: str | None = None
) -> int:
    """Store events, however late; answers how many were new. The caller answers 2xx only after the commit.

    Pages learn of them when they are folded, seconds later: a page for each event would be a storm.
    Raises: InvalidInput when one is too late or too early; LimitExceeded.
    """
    now = await work.now()
    for report, at in told:
        _check_moment(report, now, at)
    if idempotency_key is not None and not await _is_new(work, source_id, idempotency_key, now):
        return 0
    reports = [report for report, _ in told]
    first_at = min(report.occurred_at for report in reports).replace(second=0, microsecond=0)
    await streams.admit(work, {(report.stream, report.kind) for report in reports}, first_at)
    values = {
        "streams": [report.stream for report in reports],
        "kinds": [report.kind for report in reports],
        "summaries": [" ".join(report.summary.split()) or report.kind for report in reports],
        "moments": [report.occurred_at for report in reports],
        "numbers": [report.value for report in reports],
        "ids": [report.id for report in reports],
    }
    stored = await work.session.execute(STORE, {**values, "source_id": source_id, "now": now})
    return len(stored.all())


async def _is_new(work: UnitOfWork, source_id: int, key: str, now: datetime) -> bool:
    values = {"source_id": source_id, "key": key, "received_at": now}
    stored = insert(ActivityReceipt).values(values).on_conflict_do_nothing().returning(ActivityReceipt.key)
    return await work.session.scalar(stored) is not None


def _check_names(report: Report, at: tuple[str, ...]) -> None:
    if not STREAM.fullmatch(report.stream):
        form = "1 to 63 small letters, digits and hyphens, beginning with a letter or digit"
        raise InvalidInput(f"A stream has a name of {form}.", path=(*at, "stream"))
    if report.stream in OWN:
        raise InvalidInput(f"Opsbook tells {report.stream} itself. Choose another.", path=(*at, "stream"))
    if not KIND.fullmatch(report.kind):
        form = "1 to 64 small letters, digits, points, hyphens and underscores, as in checkout.completed"
        raise InvalidInput(f"A kind has {form}.", path=(*at, "kind"))


def _check_moment(report: Report, now: datetime, at: tuple[str, ...]) -> None:
    path = (*at, "occurred_at")
    if report.occurred_at.tzinfo is None:
        raise InvalidInput("occurred_at has no offset: end it with Z or +01:00.", path=path)
    if report.occurred_at > now + AHEAD:
        raise InvalidInput(
            f"occurred_at lies more than {AHEAD.seconds // 60} minutes ahead. Check the sender's clock.",
            path=path,
        )
    if report.occurred_at < now - LATE:
        raise InvalidInput(
            f"occurred_at is more than {LATE.days} days ago, too late to count for what is usual.", path=path
        )
