"""Senders of alerts: how often each tried, when, and what it was answered."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.faults.kit import Whole
from tests.patience import patience

ALL_TRIES_WITHIN = timedelta(seconds=5)


@dataclass(frozen=True)
class Try:
    """One time that an alert was sent, by the database's clock; status 0 means that no answer came."""

    status: int
    sent_at: datetime
    answered_at: datetime

    @property
    def is_taken(self) -> bool:
        return 200 <= self.status < 300


@dataclass
class Alert:
    """One alert, and what its sender was answered."""

    name: str
    tries: list[Try] = field(default_factory=list)

    @property
    def taken(self) -> Try | None:
        """The try that was answered 2xx; from then on nothing may be lost."""
        return next((one for one in self.tries if one.is_taken), None)


async def send_all(whole: Whole, alerts: Sequence[Alert], *, over: timedelta, tries: int = 1) -> None:
    """Send alerts at an even pace. Who is not answered 2xx tries again, `tries` times within 5 s in all."""
    async with asyncio.TaskGroup() as senders:
        for alert in alerts:
            senders.create_task(send(whole, alert, tries=tries))
            await asyncio.sleep(over.total_seconds() / len(alerts))


async def send(whole: Whole, alert: Alert, *, tries: int = 1) -> None:
    """Send one alert."""
    pause = ALL_TRIES_WITHIN.total_seconds() * patience() / max(tries - 1, 1)
    for number in range(tries):
        if number > 0:
            await asyncio.sleep(pause)
        sent_at = whole.now()
        status = await whole.send(whole.keys["pagerduty"], alert.name)
        alert.tries.append(Try(status, sent_at, whole.now()))
        if alert.taken:
            return
