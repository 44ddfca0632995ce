"""What the demo's company counts by the minute: the shape of its days and weeks, and what trouble does to it.

Ninety days of minutes are written as they are kept, by the hour; only the last hours are told event by event.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from random import Random
from typing import Any, Final

from app.demo.history import calendar
from app.demo.history.ledger import Ledger

HOUR: Final = timedelta(hours=1)
MINUTE: Final = timedelta(minutes=1)
# So long before the end the feed holds an event for each minute, and the counts are made of those.
TOLD: Final = timedelta(hours=3)
# Nothing shows how often a kind came longer ago than this.
COUNTED: Final = timedelta(hours=30)
HEARD_AFTER: Final = timedelta(seconds=2)
# Chance is drawn once, and read from a place of its own for each hour: the same, at a tenth of the time.
DRAWN: Final = 4096
# By how much a minute strays from what is usual, in square roots of it.
STRAYS: Final = 1.15


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream: how much a busy minute has, what it is about, and what is left of it in trouble.

    `outage` and `payments` are factors while the platform is away, and while payments fail.
    """

    name: str
    kind: str
    words: str
    busy: float
    outage: float
    payments: float
    settings: Mapping[str, Any]


STREAMS: Final = (
    Stream(
        "checkout",
        "checkout.completed",
        "checkouts completed",
        240,
        0.04,
        0.31,
        {"kind": "activity", "scope": "monetisation", "core": True, "threshold": 8.0},
    ),
    Stream(
        "payments-failed",
        "payment_intent.failed",
        "payment intents failed",
        4.5,
        0.3,
        14.0,
        {"kind": "failure", "scope": "monetisation", "core": False, "threshold": 20.0},
    ),
    Stream(
        "feed-views",
        "feed.viewed",
        "views of the feed",
        5200,
        0.03,
        0.94,
        {"kind": "activity", "scope": "platform", "core": True, "threshold": None},
    ),
    Stream(
        "deliveries",
        "webhook.delivered",
        "webhooks delivered",
        610,
        0.06,
        0.52,
        {"kind": "activity", "scope": "feature", "core": False, "threshold": None},
    ),
)
REASON: Final = "Set when Opsbook began to count them"


@dataclass(frozen=True, slots=True)
class Trouble:
    """When something was wrong, and whether it took the platform or only payments."""

    begin: datetime
    end: datetime
    platform: bool


def expected(stream: Stream, at: datetime) -> float:
    """What a minute usually has: the shape of the day, without steps from hour to hour."""
    middle = at - HOUR / 2
    share = (middle.minute * 60 + middle.second) / 3600
    return stream.busy * (calendar.traffic(middle) * (1 - share) + calendar.traffic(middle + HOUR) * share)


def value(stream: Stream, at: datetime, chance: float, troubles: Iterable[Trouble] = ()) -> float:
    """What a minute has; `chance` is drawn from a normal distribution."""
    usual = expected(stream, at)
    worst = max((one.platform for one in troubles if one.begin <= at < one.end), default=None)
    if worst is not None:
        usual *= stream.outage if worst else stream.payments
    return max(0.0, round(usual + chance * sqrt(usual) * STRAYS))


def write(ledger: Ledger, rng: Random, begin: datetime, now: datetime, troubles: Sequence[Trouble]) -> None:
    """Write all streams from `begin` until `now`, in the same hours of Opsbook's counts."""
    drawn = [rng.gauss(0, 1) for _ in range(DRAWN)]
    told_from = (now - TOLD).replace(minute=0, second=0, microsecond=0)
    begin = begin.replace(minute=0, second=0, microsecond=0)
    for stream in STREAMS:
        ledger.add(
            "activity_stream",
            name=stream.name,
            first_at=begin,
            kept_from=told_from,
            **stream.settings,
            version=2,
            changed_at=begin,
            changed_by="Tessa Marchetti",
            reason=REASON,
        )
        _write_hours(ledger, rng, stream, (begin, told_from), drawn, troubles)
        _tell(ledger, rng, stream, (told_from, now))


def summary(stream: Stream, count: float) -> str:
    """What a report of a minute says."""
    return f"{count:,.0f} {stream.words}"


def _write_hours(
    ledger: Ledger,
    rng: Random,
    stream: Stream,
    span: tuple[datetime, datetime],
    drawn: Sequence[float],
    troubles: Sequence[Trouble],
) -> None:
    hour, shapes = span[0], dict[tuple[int, int], list[tuple[float, float]]]()
    while hour < span[1]:
        near = [one for one in troubles if one.begin < hour + HOUR and one.end > hour]
        place = rng.randrange(DRAWN - 60)
        if near:
            values = [value(stream, hour + at * MINUTE, drawn[place + at], near) for at in range(60)]
        else:
            day = (hour.weekday(), hour.hour)
            shape = shapes[day] = shapes.get(day) or _shape(stream, hour)
            values = _quiet(shape, drawn[place : place + 60])
        ledger.add("activity_hour", stream=stream.name, hour=hour, minutes=values)
        if hour >= span[1] - COUNTED:
            ledger.add("activity_kind_hour", hour=hour, stream=stream.name, kind=stream.kind, events=60)
        hour += HOUR


def _quiet(shape: Sequence[tuple[float, float]], chances: Sequence[float]) -> list[float]:
    """An hour without trouble."""
    return [float(max(0, round(usual + one * far))) for (usual, far), one in zip(shape, chances, strict=True)]


def _shape(stream: Stream, hour: datetime) -> list[tuple[float, float]]:
    """What is usual in each minute of an hour, and how far chance strays from it."""
    usual = [expected(stream, hour + at * MINUTE) for at in range(60)]
    return [(one, sqrt(one) * STRAYS) for one in usual]


def _tell(ledger: Ledger, rng: Random, stream: Stream, span: tuple[datetime, datetime]) -> None:
    """Tell each minute that is over, as the reporter does from then on."""
    at = span[0]
    while at + MINUTE <= span[1]:
        count = value(stream, at, rng.gauss(0, 1))
        ledger.add(
            "activity_event",
            stream=stream.name,
            kind=stream.kind,
            summary=summary(stream, count),
            occurred_at=at,
            recorded_at=at + MINUTE + HEARD_AFTER,
            subject_path=None,
            payload={},
            value=count,
        )
        at += MINUTE
