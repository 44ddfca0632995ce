"""How figures over time are shown: a tile for each, and bars by period before those of the window before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from views import charts
from views.times import lasted, moment

Group = Mapping[str, Any]
Figures = Mapping[str, Any]
Address = Callable[[Group], str]

DECLARED = "Declared by hand"
NONE = "-"
MOST_LABELS = 8


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure of the whole window. `before` is that of the window before."""

    title: str
    value: str
    detail: str
    before: str
    href: str


@dataclass(frozen=True, slots=True)
class Picture:
    """One figure by period. `title` names it, `legend` its bars."""

    title: str
    drawing: Markup
    strips: Markup
    labels: Markup
    times: Markup


def tiles(whole: Group, address: Address) -> list[Tile]:
    """The figures of a window."""
    now, before, href = whole["now"], whole["before"], address(whole)
    return [
        Tile("Time to acknowledge", *_spread(now, before, "secondsToFirstAck"), href),
        Tile("Time to resolve", *_spread(now, before, "secondsToResolve"), href),
        Tile("Incidents", _count(now, "incidents"), "", _count(before, "incidents"), href),
        Tile(
            "Interruptions",
            _count(now, "totalInterruptions"),
            f"{_count(now, 'sleepHourInterruptions')} in sleep hours",
            _count(before, "totalInterruptions"),
            href,
        ),
        Tile(
            "Escalations",
            _count(now, "timeoutEscalationCount"),
            f"and {_count(now, 'manualEscalationCount')} by hand",
            _count(before, "timeoutEscalationCount"),
            href,
        ),
        Tile("Latest timer", _late(now), "", _late(before), href),
    ]


def pictures(found: Mapping[str, Any], zone: ZoneInfo, address: Address) -> list[Picture]:
    """The figures by period."""
    periods = found["periods"]
    drawn = {
        "Time to acknowledge, median": ("secondsToFirstAck", _minutes),
        "Time to resolve, median": ("secondsToResolve", _minutes),
        "Incidents": ("incidents", _whole),
        "Interruptions": ("totalInterruptions", _whole),
    }
    return [_picture(title, periods, name, write, zone, address) for title, (name, write) in drawn.items()]


def _picture(
    title: str,
    periods: Sequence[Group],
    name: str,
    write: Callable[[float], str],
    zone: ZoneInfo,
    address: Address,
) -> Picture:
    now, before = ([_value(one[side], name) for one in periods] for side in ("now", "before"))
    # A border for each bar and one more: bars stand between, lines would stand on them.
    on = charts.scale(len(periods) + 1, now, before)
    said = [
        f"{_day(one, zone)}: {write(value)}, before {write(earlier)}"
        for one, value, earlier in zip(periods, now, before, strict=True)
    ]
    return Picture(
        title,
        charts.drawing(
            charts.level(on.top, on, "grid"),
            charts.level(0, on, "grid"),
            charts.bars(before, on, "usual", gap=0.1),
            charts.bars(now, on, gap=0.4),
            title=f"{title}. " + "; ".join(said),
        ),
        charts.strips(
            *(
                charts.hit(at + 0.5, on, address(one), text)
                for at, (one, text) in enumerate(zip(periods, said, strict=True))
            )
        ),
        charts.words(charts.label("0", on.down(on.top), write(on.top))),
        charts.words(*_times(periods, on, zone), kind="labels times"),
    )


def _times(periods: Sequence[Group], on: charts.Scale, zone: ZoneInfo) -> Iterator[Markup]:
    every = -(-len(periods) // MOST_LABELS)
    for at, one in enumerate(periods):
        if at % every == 0:
            yield charts.label(on.across(at + 0.5), "80%", _day(one, zone), anchor="middle")


def _day(period: Group, zone: ZoneInfo) -> str:
    local = moment(period["begins"]).astimezone(zone)
    return f"{local.day} {local:%b}"


def _value(figures: Figures, name: str) -> float:
    """What is drawn: a count, or a median in minutes, so that the scale ends at a round one."""
    value = figures[name]
    return float((value["median"] or 0) / 60 if isinstance(value, Mapping) else value)


def _minutes(value: float) -> str:
    return lasted(round(value * 60) or None)


def _spread(now: Figures, before: Figures, name: str) -> tuple[str, str, str]:
    mean, p90 = lasted(now[name]["mean"]), lasted(now[name]["p90"])
    return lasted(now[name]["median"]), f"mean {mean}, 90 % within {p90}", lasted(before[name]["median"])


def _count(figures: Figures, name: str) -> str:
    return f"{figures[name]:,}"


def _late(figures: Figures) -> str:
    late = figures["escalationLatenessSeconds"]
    return NONE if late is None else f"{late:.1f} s late"


def _whole(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"
