"""The activity feed: what happened, in Opsbook and in the systems that report to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, DateTime, Text, cast, func, literal_column, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY

from api import plan, viewer
from api.node import Node
from api.plan import Arguments, column
from api.plan.declare import Argument, Condition
from api.scalars import JSON, BigInt
from app import clock
from app.activity.models import ActivityDelta as DeltaTable
from app.activity.models import ActivityEvent as ActivityTable
from app.activity.models import ActivityKindHour as HourTable

ACTIVITY = ActivityTable.__table__.c


def _streams() -> Any:
    """Every stream that has an entry: jumps from one to the next along the index, for the feed is long."""
    first = select(func.min(ACTIVITY.stream).label("stream")).cte("streams", recursive=True)
    later = ActivityTable.__table__.alias("later")
    following = select(func.min(later.c.stream)).where(later.c.stream > first.c.stream).scalar_subquery()
    found = first.union_all(select(following).where(first.c.stream.is_not(None)))
    every = func.array_agg(found.c.stream, type_=ARRAY(Text())).filter(found.c.stream.is_not(None))
    none = cast(literal_column("'{}'"), ARRAY(Text()))
    seen = select(every).where(viewer.SEES_INCIDENTS).scalar_subquery()
    return func.coalesce(seen, none, type_=ARRAY(Text()))


STREAMS = _streams()


@plan.table_type(
    ActivityTable.__table__,
    sees=viewer.SEES_INCIDENTS,
    node="activity",
    description="One thing that happened.",
)
class ActivityEvent(Node):
    """An entry of the feed."""

    stream: str = column(ACTIVITY.stream, "Which kind of thing, such as `incidents`.")
    kind: str = column(ACTIVITY.kind, "What happened, such as `incident.acknowledged`.")
    summary: str = column(ACTIVITY.summary, "The same as a sentence.")
    occurred_at: datetime = column(ACTIVITY.occurred_at, "When it happened.")
    recorded_at: datetime = column(ACTIVITY.recorded_at, "When Opsbook heard of it.")
    subject_url: str | None = column(ACTIVITY.subject_path, "The path of the page about it.")
    value: float = column(ACTIVITY.value, "What it adds to its minute: 1, or as many as it stands for.")
    payload: JSON = column(ACTIVITY.payload, "Whatever else was told.")


def narrowed(arguments: Arguments) -> Iterator[Condition]:
    """One stream, one kind or some minutes alone, when the caller names them."""
    for name in ("stream", "kind"):
        if arguments.has(name):
            yield ACTIVITY[name] == arguments.hole(name, Text())
    moment = DateTime(timezone=True)
    if arguments.has("occurredAfter"):
        yield ACTIVITY.occurred_at >= arguments.hole("occurredAfter", moment)
    if arguments.has("occurredBefore"):
        yield ACTIVITY.occurred_at < arguments.hole("occurredBefore", moment)


ARGUMENTS = (
    Argument("stream", str | None, "One stream alone, such as `incidents`.", None),
    Argument("kind", str | None, "One kind alone, such as `incident.acknowledged`.", None),
    Argument("occurredAfter", datetime | None, "Happened then or later.", None),
    Argument("occurredBefore", datetime | None, "Happened earlier.", None),
)


def _counts() -> Any:
    """Events by stream and kind since the full hour a day ago: from the counts, however long the feed is."""
    hours, deltas = HourTable.__table__.c, DeltaTable.__table__.c
    since = select(func.date_trunc("hour", clock.after(-timedelta(hours=24)))).scalar_subquery()
    # With an end as well PostgreSQL takes the span for a short one, and the index: 20 times as fast.
    until = clock.once()
    counted = union_all(
        select(hours.stream, hours.kind, hours.events).where(hours.hour.between(since, until)),
        select(deltas.stream, deltas.kind, deltas.events).where(deltas.minute.between(since, until)),
    ).subquery("counted")
    events = cast(func.sum(counted.c.events), BigInteger).label("events")
    grouped = select(counted.c.stream, counted.c.kind, events).group_by(counted.c.stream, counted.c.kind)
    return grouped.subquery("activity_count")


COUNTS = _counts()


@plan.table_type(
    COUNTS,
    sees=viewer.SEES_INCIDENTS,
    description="How many events of a kind a stream had in the last 24 full hours and since.",
)
class ActivityCount:
    """A line beside the feed."""

    stream: str = column(COUNTS.c.stream, "The stream.")
    kind: str = column(COUNTS.c.kind, "What happened.")
    events: BigInt = column(COUNTS.c.events, "How often.")
