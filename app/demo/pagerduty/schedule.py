"""The schedule of a rota: weeks from Monday to Monday, and overrides, of which the last one made wins.

Source: PagerDuty support, "Schedule basics" and "Edit schedules: overrides".
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Person:
    """A user of PagerDuty."""

    id: str
    name: str
    email: str


@dataclass(slots=True)
class Override:
    """A user stands in."""

    person: Person
    start: datetime
    end: datetime
    id: str = field(default_factory=lambda: f"Q{uuid.uuid4().hex[:13].upper()}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A stretch of the final schedule."""

    person: Person
    start: datetime
    end: datetime


@dataclass(slots=True)
class Schedule:
    """A schedule with one layer."""

    id: str
    overrides: list[Override] = field(default_factory=list)

    def on_call(self, layer: Person | None, at: datetime) -> Person | None:
        """Who is on call at a moment."""
        made = (one.person for one in reversed(self.overrides) if one.start <= at < one.end)
        return next(made, layer)

    def final(self, layer: Person | None, since: datetime, until: datetime) -> list[Entry]:
        """The stretches that touch a time, whole."""
        monday = since.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        monday -= timedelta(days=monday.weekday())
        weeks = (until - monday) // WEEK + 2
        edges = {monday + number * WEEK for number in range(weeks)}
        edges |= {edge for one in self.overrides for edge in (one.start, one.end) if edge > monday}
        return [
            Entry(person, start, end)
            for start, end in pairwise(sorted(edges))
            if end > since and start <= until and (person := self.on_call(layer, start))
        ]

    def end(self, override: Override, now: datetime) -> None:
        """Remove an override, or what is left of one that has begun."""
        if override.start < now:
            override.end = min(override.end, now)
        else:
            self.overrides.remove(override)
