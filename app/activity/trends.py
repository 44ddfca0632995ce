"""Trend lines: the last complete minutes of each stream beside what is usual, and how they are judged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import asyncpg

from app.activity import rules
from app.activity.counting import MINUTES
from app.activity.rules import Judgement, Point
from app.activity.usual import hour_of_week
from app.activity.words import StreamKind, StreamScope, TrendState

LONGEST: Final = 180  # minutes
WORST_FIRST: Final = (
    TrendState.COLLAPSE,
    TrendState.DROP,
    TrendState.SURGE,
    TrendState.SHIFT,
    TrendState.NORMAL,
    TrendState.LEARNING,
)
STREAMS: Final = """
    select name, kind, scope, core, threshold, first_at,
           date_bin('1 minute', clock_timestamp() - $2::interval, 'epoch') as until
      from activity_stream where $1::text is null or name = $1
"""
VALUES: Final = MINUTES.format(since="$2", until="$3", chosen="($1::text is null or stream = $1)")
USUAL: Final = """
    select stream, hour_of_week, expected, spread from activity_usual
     where ($1::text is null or stream = $1) and hour_of_week = any($2::smallint[])
"""


@dataclass(frozen=True, slots=True)
class TrendLine:
    """One stream: what people set about it, its complete minutes, the oldest first, and the judgement."""

    stream: str
    kind: StreamKind
    scope: StreamScope | None
    core: bool
    threshold: float | None
    points: Sequence[Point]
    judgement: Judgement
    history: timedelta

    @property
    def counts_as(self) -> TrendState:
        """What its state means for what it tells about: the input of a severity."""
        return rules.counts_as(self.judgement.state, self.kind)

    @property
    def finding(self) -> str:
        """The judgement as a sentence, which needs no picture."""
        at = self.points[-1].at if self.points else None
        return finding(self.stream, self.judgement, at)


async def read(
    connection: asyncpg.Connection, *, stream: str | None = None, minutes: int = 60
) -> list[TrendLine]:
    """The trend lines of all streams, or of one, the worst first; at least as many minutes as are judged."""
    streams = await connection.fetch(STREAMS, stream, rules.SETTLES_WITHIN)
    if not streams:
        return []
    until = streams[0]["until"]
    since = until - max(min(minutes, LONGEST), rules.SLOPED) * rules.MINUTE
    values: dict[str, dict[datetime, float]] = defaultdict(dict)
    for row in await connection.fetch(VALUES, stream, since, until):
        values[row["stream"]][row["minute"]] = row["value"]
    usual = await _usual(connection, stream, since, until)
    lines = [_line(row, _points(row["name"], since, until, values, usual), until) for row in streams]
    shown = [_cut(line, minutes) for line in lines]
    return sorted(shown, key=_urgency)


def finding(stream: str, judgement: Judgement, at: datetime | None) -> str:
    """Say how a stream stands, as in "checkout is at 41 % of a usual Tuesday 14:00 UTC …"."""
    saw = f"{_figure(judgement.value)} a minute"
    if judgement.expected is None or judgement.spread is None or at is None:
        return f"{stream} has too little history to judge: it saw {saw}"
    usual = f"expected {_figure(judgement.expected)} ± {_figure(judgement.spread)}, saw {saw}"
    hour = f"{at.astimezone(UTC):%A %H}:00 UTC"
    if judgement.ratio is None:
        return f"{stream} expects nothing on a usual {hour}, and saw {saw}"
    return f"{stream} is at {judgement.ratio:.0%} of a usual {hour} ({usual})".replace("%", " %")


def _figure(value: float) -> str:
    """A value a minute: whole where it is large, else with as many digits as tell it apart from nothing."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"  # noqa: PLR2004 - a matter of looks


def _urgency(line: TrendLine) -> tuple[int, bool, str]:
    """The worst first, and among equals those last of which nothing is expected."""
    return WORST_FIRST.index(line.counts_as), not line.judgement.expected, line.stream


async def _usual(
    connection: asyncpg.Connection, stream: str | None, since: datetime, until: datetime
) -> dict[tuple[str, int], tuple[float, float]]:
    hours = {
        hour_of_week(since + step * timedelta(hours=1)) for step in range((until - since).seconds // 3600 + 1)
    }
    found = await connection.fetch(USUAL, stream, sorted(hours | {hour_of_week(until - rules.MINUTE)}))
    return {(row["stream"], row["hour_of_week"]): (row["expected"], row["spread"]) for row in found}


def _points(
    name: str,
    since: datetime,
    until: datetime,
    values: Mapping[str, Mapping[datetime, float]],
    usual: Mapping[tuple[str, int], tuple[float, float]],
) -> list[Point]:
    """Every minute of the span: one without an event is a zero."""
    mine = values.get(name, {})
    moments = [since + step * rules.MINUTE for step in range((until - since) // rules.MINUTE)]
    return [
        Point(at, mine.get(at, 0.0), *usual.get((name, hour_of_week(at)), (None, None))) for at in moments
    ]


def _line(row: Mapping[str, Any], points: list[Point], until: datetime) -> TrendLine:
    kind = StreamKind(row["kind"])
    history = until - row["first_at"]
    judgement = rules.judge(points, history=history, kind=kind, threshold=row["threshold"])
    scope = StreamScope(row["scope"]) if row["scope"] else None
    return TrendLine(row["name"], kind, scope, row["core"], row["threshold"], points, judgement, history)


def _cut(line: TrendLine, minutes: int) -> TrendLine:
    return replace(line, points=line.points[-minutes:] if minutes > 0 else [])
