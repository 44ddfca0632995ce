"""Streams of the activity feed and their trend lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any

import strawberry
from sqlalchemy import Text

from api import plan, viewer
from api.calls import Call
from api.node import Node
from api.plan import Arguments, column
from api.plan.declare import Condition, hidden
from api.scalars import JSON, write_moment
from api.words import StreamKind, StreamScope, TrendState
from app.activity import rules, streams, trends
from app.activity.models import ActivityStream as StreamTable
from app.activity.rules import Point
from app.errors import InvalidInput

STREAM = StreamTable.__table__.c
COLUMNS = ("value", "expected", "spread")
THRESHOLD = strawberry.argument(description="A value a minute.")
KIND = strawberry.argument(description="As a stream of this kind; as the one that it is if absent.")


@strawberry.type(description="One minute of a stream that is over.")
class TrendPoint:
    """A minute."""

    at: datetime = strawberry.field(description="When it began.")
    value: float = strawberry.field(description="What was counted in it; 0 when nothing happened.")
    expected: float | None = strawberry.field(
        description="The median of this hour of the week in up to eight weeks before; null without any."
    )
    spread: float | None = strawberry.field(
        description="How far minutes stray from it: 1.4826 times the median deviation, at least √expected."
    )


@strawberry.type(
    description="One stream of the activity feed against what is usual for this hour of the week."
)
class TrendLine:
    """A judged stream."""

    stream: str = strawberry.field(description="The stream's name.")
    state: TrendState = strawberry.field(description="How it stands.")
    counts_as: TrendState = strawberry.field(
        description="What that means for what the stream is about: a surge of failures counts as a drop."
    )
    ratio: float | None = strawberry.field(
        description="The last five minutes over what is usual; null while learning or where nothing is."
    )
    z_score: float | None = strawberry.field(
        description="How many spreads the average minute of the last five is away; null while learning."
    )
    slope: float = strawberry.field(
        description="By how much a minute differs from the one before it: the median slope of half an hour."
    )
    value: float = strawberry.field(description="The average minute of the last five.")
    expected: float | None = strawberry.field(description="What is usual for these; null while learning.")
    spread: float | None = strawberry.field(
        description="How far a minute usually strays from it; null while learning."
    )
    finding: str = strawberry.field(description="All of this as a sentence.")
    kind: StreamKind = strawberry.field(description="Whether more of it is good news or bad.")
    scope: StreamScope | None = strawberry.field(description="What it is about; null when nobody has said.")
    core: bool = strawberry.field(description="Whether it is one of those that everybody needs.")
    threshold: float | None = strawberry.field(description="The value a minute at which it alarms anyway.")
    minutes: strawberry.Private[Sequence[Point]]

    @plan.computed("Its last minutes, the oldest first.", size=60)
    def points(self) -> list[TrendPoint]:
        """An object for each."""
        return [
            TrendPoint(at=one.at, value=one.value, expected=one.expected, spread=one.spread)
            for one in self.minutes
        ]

    @plan.computed(
        "The same minutes in columns, at a tenth of the effort: `begins`, the first of them, and the lists"
        " `value`, `expected` and `spread`. Nothing is left out between them.",
        size=6,
    )
    def series(self) -> JSON:
        """Lists."""
        columns = {name: [getattr(one, name) for one in self.minutes] for name in COLUMNS}
        return JSON({"begins": write_moment(self.minutes[0].at) if self.minutes else None, **columns})


@strawberry.type(description="How often a threshold would have fired, had it been set all along.")
class ThresholdPreview:
    """What comes before saving."""

    days: int = strawberry.field(description="Over how many days.")
    count: int = strawberry.field(description="How often it would have begun to fire.")
    at: list[datetime] = strawberry.field(description="In which minutes, the oldest first.")


@plan.table_type(
    StreamTable.__table__,
    sees=viewer.SEES_INCIDENTS,
    node="stream",
    description="A stream of the activity feed. It begins with its first event.",
)
class ActivityStream(Node):
    """What people set about a stream."""

    name: str = column(STREAM.name, "What it is called.")
    first_at: datetime = column(STREAM.first_at, "The minute of its first event.")
    kept_from: datetime | None = column(
        STREAM.kept_from, "Since when the feed holds every event of it; null from its first on."
    )
    kind: StreamKind = column(STREAM.kind, "Whether more of it is good news or bad.")
    scope: StreamScope | None = column(STREAM.scope, "What it is about; null when nobody has said.")
    core: bool = column(STREAM.core, "Whether it is one of those that everybody needs.")
    threshold: float | None = column(STREAM.threshold, "The value a minute at which it alarms anyway.")
    version: int = column(STREAM.version, "Goes up with every change.")
    changed_at: datetime | None = column(STREAM.changed_at, "When it was last changed.")
    changed_by: str | None = column(STREAM.changed_by, "Who changed it last.")
    reason: str | None = column(STREAM.reason, "Why.")

    @plan.computed(
        "How often a threshold would have fired in the last 30 days.",
        needs=[STREAM.name, STREAM.kind],
        size=50,
    )
    @staticmethod
    async def preview(
        parent: strawberry.Parent[Any],
        info: strawberry.Info[Call],
        threshold: Annotated[float, THRESHOLD],
        kind: Annotated[StreamKind | None, KIND] = None,
    ) -> ThresholdPreview:
        """Look back over the counts."""
        streams.check_threshold(threshold)
        name, own = parent[hidden("name")], StreamKind(parent[hidden("kind")])
        async with info.context.context.database.unit_of_work() as work:
            found = await streams.would_have_fired(work, name, threshold, kind or own)
        return ThresholdPreview(days=rules.LOOKS_BACK.days, count=len(found), at=found)


def named(arguments: Arguments) -> Iterator[Condition]:
    """The stream of a name."""
    yield STREAM.name == arguments.hole("name", Text())


async def read_trends(info: strawberry.Info[Call], stream: str | None, minutes: int) -> list[TrendLine]:
    """The trend lines that the viewer sees.

    Raises: InvalidInput.
    """
    if not 1 <= minutes <= trends.LONGEST:
        raise InvalidInput(f"`minutes` must be from 1 to {trends.LONGEST}.", path=("trends", "minutes"))
    context = info.context.context
    if not viewer.may_see_incidents(context.actor):
        return []
    async with context.database.reading() as connection:
        found = await trends.read(connection, stream=stream, minutes=minutes)
    return [_trend_line(one) for one in found]


def _trend_line(line: trends.TrendLine) -> TrendLine:
    judged = line.judgement
    return TrendLine(
        stream=line.stream,
        state=judged.state,
        counts_as=line.counts_as,
        ratio=judged.ratio,
        z_score=judged.z_score,
        slope=judged.slope,
        value=judged.value,
        expected=judged.expected,
        spread=judged.spread,
        finding=line.finding,
        kind=line.kind,
        scope=line.scope,
        core=line.core,
        threshold=line.threshold,
        minutes=line.points,
    )
