"""How a trend line is shown: the picture, what there is to say about it, and the tiles of all streams."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from views import charts
from views.formats import words
from views.times import moment

Line = Mapping[str, Any]
# Where in a chart something began, in minutes from its left edge, and what.
Mark = tuple[float, str]
MINUTE = timedelta(minutes=1)
EPOCH = "1970-01-01T00:00:00Z"
# Every so many minutes a time stands under the chart; what is nearer to an edge than this would be cut off.
TICKS = {60: 10, 120: 20, 180: 30}
EDGE = 0.035
WHOLE = 10


@dataclass(frozen=True, slots=True)
class Point:
    """One minute."""

    at: datetime
    value: float
    expected: float | None
    spread: float | None


@dataclass(frozen=True, slots=True)
class Picture:
    """One chart: the drawing, what can be pressed, the words on it, and the times under it."""

    drawing: Markup
    strips: Markup
    labels: Markup
    times: Markup
    points: Sequence[Point]


def points_of(line: Line) -> list[Point]:
    """A line's minutes, each with its moment."""
    series = line["series"]
    begins = moment(series["begins"] or EPOCH)
    columns = zip(series["value"], series["expected"], series["spread"], strict=True)
    return [Point(begins + at * MINUTE, *one) for at, one in enumerate(columns)]


def figure(value: float | None) -> str:
    """A value a minute: whole where it is large; a dash where there is none."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= WHOLE or value == int(value) else f"{value:.2g}"


def title(stream: str) -> str:
    """A stream as the console writes it: `feed-views` is `Feed views`."""
    return words(stream.replace("-", " "))


def percent(share: float) -> str:
    """A share in per cent, which does not break from its sign."""
    return f"{share * 100:,.0f}\N{NO-BREAK SPACE}%"


def standing(line: Line) -> str:
    """How a stream stands, in a sentence."""
    if line["expected"] is None:
        return f"{_a_minute(line)}. It is judged once it has seven days of history."
    if line["ratio"] is None:
        return f"{_a_minute(line)}, where usually nothing happens in this hour."
    usual = f"{figure(line['expected'])} ± {figure(line['spread'])}{_way(line)}"
    return f"{percent(line['ratio'])} of what is usual for this hour: {_a_minute(line)}, usually {usual}."


def declaration(line: Line, at: datetime | None) -> dict[str, str]:
    """What a new incident is called that is declared from a trend line, or from one minute of it."""
    name, point = title(line["stream"]), _point(line, at)
    if point is None or point.expected is None:
        share = "" if line["ratio"] is None else f" at {percent(line['ratio'])} of the usual"
        return {"title": f"{name}{share}", "reason": line["finding"]}
    saw = f"{figure(point.value)} in the minute of {point.at:%H:%M} UTC"
    usual = f"usually {figure(point.expected)} ± {figure(point.spread)}"
    return {"title": f"{name}: {saw}, {usual}", "reason": line["finding"]}


def draw(
    line: Line,
    zone: ZoneInfo,
    address: Callable[[datetime], str],
    *,
    chosen: datetime | None = None,
    happened: Sequence[tuple[datetime, str]] = (),
) -> Picture:
    """Draw a stream's minutes over what is usual, with its threshold and what happened meanwhile."""
    points = points_of(line)
    _, high = _band(points)
    limits = [line["threshold"]] if line["threshold"] is not None else []
    on = charts.scale(len(points), (point.value for point in points), high, limits)
    marks = _marks(points, happened)
    return Picture(
        charts.drawing(*_parts(points, on, limits, marks), title=_seen(line, zone)),
        charts.strips(*(_strip(at, point, on, zone, address, chosen) for at, point in enumerate(points))),
        charts.words(*_labels(points, on, limits, marks)),
        charts.words(*_times(points, on, zone), kind="labels times"),
        points,
    )


def spark(line: Line) -> Markup:
    """A stream in a tile."""
    points = points_of(line)
    low, high = _band(points)
    values = [point.value for point in points]
    return charts.sparkline(values, title=f"{title(line['stream'])}: {standing(line)}", low=low, high=high)


def _parts(
    points: Sequence[Point], on: charts.Scale, limits: Sequence[float], marks: Sequence[Mark]
) -> Iterator[Markup]:
    """What is drawn, the lowest first."""
    low, high = _band(points)
    values = [point.value for point in points]
    yield charts.level(on.top, on, "grid")
    yield charts.level(0, on, "grid")
    if high:
        yield charts.band(low, high, on)
    yield charts.area(values, on)
    yield from (charts.level(limit, on, "limit") for limit in limits)
    yield from (charts.mark(at, on) for at, _ in marks)
    yield charts.line(values, on)


def _labels(
    points: Sequence[Point], on: charts.Scale, limits: Sequence[float], marks: Sequence[Mark]
) -> Iterator[Markup]:
    """What is written on it."""
    yield charts.label("0", on.down(on.top), figure(on.top))
    for limit in limits:
        yield charts.label("0", on.down(limit), f"threshold {figure(limit)}", "limit")
    for at, name in marks:
        yield charts.label(on.across(at), "0", name, "mark", _anchor(at, on))
    if points:
        yield charts.dot("100%", on.down(points[-1].value))


def _a_minute(line: Line) -> str:
    return f"{figure(line['value'])} a minute"


def _way(line: Line) -> str:
    """Whether it changes by more than it strays anyway, within the half hour that the slope is of."""
    if abs(line["slope"]) * 30 < (line["spread"] or 0) * 2:
        return ""
    return ", and rising" if line["slope"] > 0 else ", and falling"


def _point(line: Line, at: datetime | None) -> Point | None:
    return next((point for point in points_of(line) if at is not None and point.at == at), None)


def _band(points: Sequence[Point]) -> tuple[list[float], list[float]]:
    """The edges of what is usual; nothing when some minute has no history."""
    usual = [(p.expected, p.spread) for p in points if p.expected is not None and p.spread is not None]
    if len(usual) < len(points):
        return [], []
    return [max(middle - far, 0.0) for middle, far in usual], [middle + far for middle, far in usual]


def _marks(points: Sequence[Point], happened: Sequence[tuple[datetime, str]]) -> list[Mark]:
    """Where in the chart something happened; its last minute is not over yet for what comes after it."""
    if not points:
        return []
    begin, end = points[0].at, points[-1].at
    inside = [(min(at, end), name) for at, name in happened if begin <= at <= end + 2 * MINUTE]
    return [((at - begin) / MINUTE, name) for at, name in inside]


def _strip(
    at: int,
    point: Point,
    on: charts.Scale,
    zone: ZoneInfo,
    address: Callable[[datetime], str],
    chosen: datetime | None,
) -> Markup:
    when = point.at
    usual = "" if point.expected is None else f", usually {figure(point.expected)} ± {figure(point.spread)}"
    title = f"{when.astimezone(zone):%H:%M}: {figure(point.value)}{usual}"
    return charts.hit(at, on, address(when), title, "chosen" if when == chosen else "")


def _times(points: Sequence[Point], on: charts.Scale, zone: ZoneInfo) -> list[Markup]:
    every = next((step for length, step in TICKS.items() if len(points) <= length), max(TICKS.values()))
    local = [(at, point.at.astimezone(zone)) for at, point in enumerate(points)]
    inside = range(round(EDGE * len(points)), round((1 - EDGE) * len(points)) + 1)
    return [
        charts.label(on.across(at), "80%", f"{when:%H:%M}", anchor="middle")
        for at, when in local
        if (when.hour * 60 + when.minute) % every == 0 and at in inside
    ]


def _anchor(at: float, on: charts.Scale) -> str:
    return "start" if at < on.count * EDGE else "end" if at > on.count * (1 - EDGE) else "middle"


def _seen(line: Line, zone: ZoneInfo) -> str:
    """The finding of the picture: its extreme in the direction that hurts, when, and what it is now."""
    if not points_of(line):
        return f"{title(line['stream'])} per minute: nothing yet"
    worst, said = (max, "peak") if line["kind"] == "FAILURE" else (min, "lowest")
    point = worst(points_of(line), key=lambda one: one.value)
    at = f"{point.at.astimezone(zone):%H:%M}"
    return f"{title(line['stream'])} per minute: {said} {figure(point.value)} at {at}, {standing(line)}"


FILTERS: Mapping[str, Callable[..., object]] = {
    "figure": figure,
    "spark": spark,
    "standing": standing,
    "stream": title,
}
