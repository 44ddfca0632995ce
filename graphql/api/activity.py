"""The activity feed: what happened, in Opsbook and in the systems that report to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Text, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY

from api import plan, viewer
from api.node import Node
from api.plan import Arguments, column
from api.plan.declare import Condition
from api.scalars import JSON
from app.activity.models import ActivityEvent as ActivityTable

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
    payload: JSON = column(ACTIVITY.payload, "Whatever else was told.")


def of_stream(arguments: Arguments) -> Iterator[Condition]:
    """One stream alone, when the caller names it."""
    if arguments.has("stream"):
        yield ACTIVITY.stream == arguments.hole("stream", Text())
