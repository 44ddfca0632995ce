"""The time that figures are about: from when to when, and in which periods it is cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.errors import InvalidInput

LONGEST: Final = timedelta(days=2 * 366)
MOST_PERIODS: Final = 110
USUAL: Final = timedelta(days=90)
DAY: Final = timedelta(days=1)
# Shorter windows than these are cut into days, or weeks, unless somebody wants it otherwise.
FEW_DAYS, FEW_MONTHS = timedelta(days=15), timedelta(days=185)


class Every(StrEnum):
    """How a window is cut: weeks begin on Mondays."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Period:
    """A day, a week or a month, as far as it lies in the window. `day` is its first, in the window's zone."""

    day: date
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Window:
    """When incidents began, and which are left. The window before is as long and ends where this begins."""

    begins: datetime
    ends: datetime
    every: Every
    zone: ZoneInfo
    severities: Sequence[str] = ()
    source: str | None = None

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.ends - self.begins

    def periods(self) -> Iterator[Period]:
        """All that it is cut into, the oldest first."""
        day = _first_day(self.begins.astimezone(self.zone).date(), self.every)
        while (begins := _midnight(day, self.zone)) < self.ends:
            following = _next(day, self.every)
            ends = _midnight(following, self.zone)
            yield Period(day, max(begins, self.begins), min(ends, self.ends))
            day = following


def window(
    now: datetime,
    *,
    begins: datetime | None = None,
    ends: datetime | None = None,
    every: Every | None = None,
    zone: str = "UTC",
    severities: Sequence[str] = (),
    source: str | None = None,
) -> Window:
    """A window that ends now and began 90 days before, unless it is said otherwise.

    Raises: InvalidInput when it ends before it begins, is too long, or would be cut too finely.
    """
    ends = ends or now
    try:
        begins = begins or ends - USUAL
        length = ends - begins
        ends + length, begins - length
    except OverflowError as error:
        raise InvalidInput("Choose a window in living memory.", path=("triggeredAfter",)) from error
    if not timedelta() < length <= LONGEST:
        raise InvalidInput("The window must end after it begins, within two years.", path=("triggeredAfter",))
    found = Window(begins, ends, every or fitting(length), _zone(zone), tuple(severities), source)
    if length / DAY > MOST_PERIODS and found.every is Every.DAY:
        raise InvalidInput(f"Cut more than {MOST_PERIODS} days into weeks or months.", path=("every",))
    return found


def fitting(length: timedelta) -> Every:
    """How a window of a length is cut, so that a chart of it can be read."""
    return Every.DAY if length <= FEW_DAYS else Every.WEEK if length <= FEW_MONTHS else Every.MONTH


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError) as error:
        message = f"There is no time zone {name!r}. Write one as Europe/Berlin."
        raise InvalidInput(message, path=("timeZone",)) from error


def _first_day(day: date, every: Every) -> date:
    if every is Every.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if every is Every.MONTH else day


def _next(day: date, every: Every) -> date:
    if every is Every.MONTH:
        return (day + timedelta(days=31)).replace(day=1)
    return day + (DAY if every is Every.DAY else 7 * DAY)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
