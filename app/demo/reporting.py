"""What the demo's company counts, reported each minute, through the same door as everybody's reports.

Minutes that nobody reported, since the demo was not running, are reported late, as far as a page shows them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

import structlog

from app.demo import outage
from app.demo.history import streams
from app.demo.history.streams import STREAMS, Stream, Trouble
from app.demo.people import METRICS
from app.errors import Unavailable
from app.outside import http
from app.storage.engine import Database

log = structlog.get_logger("opsbook.demo")
LOOK_EVERY: Final = timedelta(seconds=2)
SHOWN: Final = timedelta(minutes=120)
CAUSED_BEFORE: Final = timedelta(minutes=1)
TOLD: Final = """
    select stream, date_bin('1 minute', occurred_at, 'epoch') as minute from activity_event
     where stream = any($3) and occurred_at >= $1 and occurred_at < $2
"""
# The visitor's outage, with what has become of it.
FAILING: Final = """
    select first_occurred_at, resolved_at from alert
     where class = $1 and (resolved_at is null or resolved_at > clock_timestamp() - interval '3 hours')
"""
NOW: Final = "select date_bin('1 minute', clock_timestamp() - interval '2 seconds', 'epoch')"


class Reporter:
    """Reports to the address of its source."""

    def __init__(self, database: Database, client: http.Client, base_url: str, key: str) -> None:
        self._database = database
        self._client = client
        self._url = f"{base_url.rstrip('/')}/ingest/activity/{METRICS.name}"
        self._key = key
        self._told: datetime | None = None

    async def report(self) -> int:
        """Report the minutes that are over and not told yet; answers how many."""
        missing, troubles = await self._look()
        if not missing:
            return 0
        body = json.dumps([_event(stream, at, troubles) for stream, at in missing]).encode()
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        answer = await self._client.send("POST", self._url, headers=headers, body=body)
        said = answer.kind if isinstance(answer, http.Failure) else answer.status
        log.info("told opsbook what was counted", minutes=len(missing), answer=said)
        return len(missing)

    async def _look(self) -> tuple[list[tuple[Stream, datetime]], list[Trouble]]:
        names = [stream.name for stream in STREAMS]
        async with self._database.reading() as connection:
            until: datetime = await connection.fetchval(NOW)
            if until == self._told:
                return [], []
            found = await connection.fetch(TOLD, until - SHOWN, until, names)
            failing = await connection.fetch(FAILING, outage.ALERTNAME)
        told = {(row["stream"], row["minute"]) for row in found}
        self._told = until if (names[0], until - streams.MINUTE) in told else None
        return list(_missing(until, told)), [_trouble(row, until) for row in failing]


async def run(database: Database, client: http.Client, base_url: str, key: str) -> None:
    """Report until cancelled."""
    reporter = Reporter(database, client, base_url, key)
    while True:
        try:
            await reporter.report()
        except Unavailable:
            log.info("the database is away, reports wait")
        await asyncio.sleep(LOOK_EVERY.total_seconds())


def _missing(until: datetime, told: set[tuple[str, datetime]]) -> Iterator[tuple[Stream, datetime]]:
    """The minutes that nobody reported, the newest first; all that a body takes."""
    for back in range(1, SHOWN // streams.MINUTE + 1):
        at = until - back * streams.MINUTE
        yield from ((stream, at) for stream in STREAMS if (stream.name, at) not in told)


def _event(stream: Stream, at: datetime, troubles: Sequence[Trouble]) -> dict[str, Any]:
    """What is said of a minute: the same whenever it is said."""
    chance = Random(f"{stream.name} {at.isoformat()}").gauss(0, 1)  # noqa: S311 - guards nothing
    count = streams.value(stream, at, chance, troubles)
    return {
        "id": f"{stream.name}-{at:%Y%m%dT%H%M}",
        "stream": stream.name,
        "kind": stream.kind,
        "occurred_at": at.isoformat(),
        "value": count,
        "summary": streams.summary(stream, count),
    }


def _trouble(row: Any, until: datetime) -> Trouble:
    return Trouble(row["first_occurred_at"] - CAUSED_BEFORE, row["resolved_at"] or until, platform=False)
