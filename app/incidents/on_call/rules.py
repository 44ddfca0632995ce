"""Who is on call at a moment, by a rota and its covers: pure, so that it can be tried for every summer time.

A rota hands over once a week, at a time on the clock of a zone. Where that time does not exist or comes twice
because clocks are changed, it is what RFC 5545 (3.3.5) says: the offset before the gap, the first of the two.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from app.incidents.on_call.words import ShiftSource

WEEK: Final = timedelta(weeks=1)
# How far ahead shifts are written down; each round writes what has come nearer.
PLANNED_AHEAD: Final = timedelta(weeks=13)
LONGEST_COVER: Final = timedelta(weeks=8)
MOST_MEMBERS: Final = 20


@dataclass(frozen=True, slots=True)
class Turns:
    """People who take turns. The first is on call from `begins_at` until the first handover after it."""

    members: tuple[int, ...]
    weekday: int
    at: time
    zone: str
    begins_at: datetime

    def handover(self, number: int) -> datetime:
        """The moment of a handover after `begins_at`, counted from 1."""
        return self._on(self._first_day() + (number - 1) * WEEK)

    def handed_over(self, at: datetime) -> int:
        """How often it was handed over until `at`."""
        days = (at.astimezone(ZoneInfo(self.zone)).date() - self._first_day()).days
        number = days // 7 + 1
        while self.handover(number) > at:  # later that day; or the day itself was left out by its country
            number -= 1
        return max(number, 0)

    def on_turn(self, at: datetime) -> int | None:
        """Whose turn it is; None when nobody takes turns."""
        return self.members[self.handed_over(at) % len(self.members)] if self.members else None

    def _first_day(self) -> date:
        begins = self.begins_at.astimezone(ZoneInfo(self.zone)).date()
        day = begins + timedelta(days=(self.weekday - begins.weekday()) % 7)
        return day if self._on(day) > self.begins_at else day + WEEK

    def _on(self, day: date) -> datetime:
        return datetime.combine(day, self.at, ZoneInfo(self.zone)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Cover:
    """Somebody stands in from one moment to another."""

    person_id: int
    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Shift:
    """Somebody is on call from one moment until the next."""

    person_id: int
    source: ShiftSource
    begins_at: datetime
    ends_at: datetime


def on_call(
    turns: Turns | None, covers: Sequence[Cover], present: Collection[int], at: datetime
) -> tuple[int, ShiftSource] | None:
    """Who is on call: the cover that was made last, else whose turn it is; None is a gap.

    Only who is `present` can be: those who left neither cover nor take turns.
    Source: PagerDuty, "Overrides": the last one created wins.
    """
    for cover in reversed(covers):
        if cover.begins_at <= at < cover.ends_at and cover.person_id in present:
            return cover.person_id, ShiftSource.COVER
    turn = turns.on_turn(at) if turns else None
    return (turn, ShiftSource.ROTA) if turn in present and turn is not None else None


def shifts(
    turns: Turns | None,
    covers: Sequence[Cover],
    present: Collection[int],
    since: datetime,
    until: datetime,
) -> list[Shift]:
    """All shifts of a time, one after the other; where one does not begin when the last ends is a gap."""
    handovers = _handovers(turns, since, until) if turns and turns.members else []
    edges = (edge for cover in covers for edge in (cover.begins_at, cover.ends_at))
    cuts = sorted({since, until, *handovers, *(edge for edge in edges if since < edge < until)})
    found = []
    for begins, ends in pairwise(cuts):
        if somebody := on_call(turns, covers, present, begins):
            found.append(Shift(*somebody, begins, ends))
    return _joined(found, frozenset(handovers))


def gaps(
    taken: Iterable[tuple[datetime, datetime]], since: datetime, until: datetime
) -> list[tuple[datetime, datetime]]:
    """The times from `since` to `until` that no shift takes, the shifts being in order."""
    found, free = [], since
    for begins, ends in taken:
        if begins > free:
            found.append((free, min(begins, until)))
        free = max(free, ends)
    return [*found, (free, until)] if free < until else found


def planned_until(turns: Turns | None, now: datetime) -> datetime:
    """How far to plan: to a handover, so that the last shift stays the same for a week."""
    end = now + PLANNED_AHEAD
    return turns.handover(turns.handed_over(end) + 1) if turns else end


def _handovers(turns: Turns, since: datetime, until: datetime) -> list[datetime]:
    first, last = turns.handed_over(since) + 1, turns.handed_over(until)
    return [at for number in range(first, last + 1) if since < (at := turns.handover(number)) < until]


def _joined(found: Sequence[Shift], handovers: Collection[datetime]) -> list[Shift]:
    """Make one of two that a cover's edge beneath another cut apart; a handover stays one."""
    joined: list[Shift] = []
    for shift in found:
        last = joined[-1] if joined else None
        same = last and (last.person_id, last.source, last.ends_at) == (
            shift.person_id,
            shift.source,
            shift.begins_at,
        )
        if last and same and (shift.source is ShiftSource.COVER or shift.begins_at not in handovers):
            joined[-1] = replace(last, ends_at=shift.ends_at)
        else:
            joined.append(shift)
    return joined
