"""The clock of another company, which is neither ours nor the database's, and which tests set on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime


@dataclass(slots=True)
class Clock:
    """Runs by this machine's clock, `ahead` of it."""

    ahead: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        """The moment there."""
        return datetime.now(UTC) + self.ahead

    def date(self) -> str:
        """The `Date` of an answer."""
        return format_datetime(self.now(), usegmt=True)


def shown(moment: datetime | None) -> str | None:
    """Write a moment as web APIs do: in UTC, with a Z."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else None
