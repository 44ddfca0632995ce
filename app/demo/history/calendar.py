"""When things happen: the shape of a day and of a week, who is on call, and what is released."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from app.demo.people import MARA, WREN, Member

DAYS: Final = 90
WEEKEND: Final = (5, 6)
HANDOVER: Final = timedelta(hours=9)
RELEASES_A_DAY: Final = (5, 12)
# How much of a busy hour's traffic each hour of a day has, in UTC: Europe works first, then America.
TRAFFIC: Final = (
    *(0.22, 0.17, 0.14, 0.13, 0.15, 0.24, 0.42, 0.68),
    *(0.88, 1.00, 0.98, 0.90, 0.84, 0.92, 0.99, 0.95),
    *(0.87, 0.78, 0.69, 0.61, 0.53, 0.44, 0.36, 0.28),
)

Shape = Callable[[datetime], float]


def traffic(moment: datetime) -> float:
    """How busy the platform is, 0 to 1."""
    return TRAFFIC[moment.hour] * (0.4 if moment.weekday() in WEEKEND else 1.0)


def trouble(moment: datetime) -> float:
    """How likely something breaks, 0 to 1: with traffic, but it never sleeps."""
    return 0.25 + 0.75 * traffic(moment)


def is_night(moment: datetime) -> bool:
    """Whether whoever is on call was asleep."""
    return moment.hour >= 22 or moment.hour < 6  # noqa: PLR2004 - hours


def draw(rng: Random, begin: datetime, end: datetime, shape: Shape) -> datetime:
    """Draw a moment, more often where the shape is high."""
    while True:
        moment = begin + (end - begin) * rng.random()
        if rng.random() < shape(moment):
            return moment


def on_call(moment: datetime) -> tuple[Member, Member]:
    """Who is the operator on call, and who is not; they hand over every morning."""
    turn = (moment - HANDOVER).toordinal() % 2
    return (MARA, WREN) if turn else (WREN, MARA)


@dataclass(frozen=True, slots=True)
class Release:
    """A version of a service that went live."""

    at: datetime
    service: str
    version: str
    took: timedelta


def releases(rng: Random, begin: datetime, end: datetime, services: Sequence[str]) -> list[Release]:
    """Release on workdays, within working hours, and on few Fridays' afternoons."""
    found = []
    for day in range(DAYS):
        morning = (begin + timedelta(days=day)).replace(hour=7, minute=30, second=0, microsecond=0)
        if morning.weekday() in WEEKEND:
            continue
        hours = 5 if morning.isoweekday() == WEEKEND[0] else 9
        for number in range(1, rng.randint(*RELEASES_A_DAY)):
            at = morning + timedelta(hours=hours * rng.random())
            version = f"{at:%G.%V}.{number}"
            took = timedelta(seconds=rng.uniform(70, 400))
            found.append(Release(at, rng.choice(services), version, took))
    return sorted((one for one in found if begin < one.at < end - one.took), key=lambda one: one.at)
