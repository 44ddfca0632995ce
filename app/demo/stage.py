"""Looks who is there, and plays the outage as Alertmanager tells it.

The database says how far the outage has come, so that a restart goes on with it and begins no second one.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from app.demo import outage, reporting
from app.demo.outage import Outage, Sight, Step
from app.demo.people import PROMETHEUS
from app.errors import Unavailable
from app.outside import http
from app.storage.engine import Database

log = structlog.get_logger("opsbook.demo")
LOOK_EVERY: Final = timedelta(seconds=1)
REST: Final = timedelta(minutes=1)
# A session's last use is written down once a minute.
LOOKING: Final = """
    select clock_timestamp(), exists (
        select from session
         where revoked_at is null and expires_at > clock_timestamp()
           and last_seen_at > clock_timestamp() - interval '70 seconds')
"""
# The run of this start, else one that is still open; the newest of them.
FOUND: Final = """
    select group_key, triggered_at,
           clock_timestamp() - coalesce(acknowledged_at, mitigated_at) as answered_for,
           status in ('triggered', 'acknowledged', 'mitigated') as is_open,
           exists (select from alert
                    where incident_id = incident.id and alert.status <> 'resolved') as is_firing
      from incident join alert_source on alert_source.id = source_id
     where alert_source.name = $1
       and (group_key = $2
            or group_key like $3 and status in ('triggered', 'acknowledged', 'mitigated'))
     order by group_key = $2 desc, incident.id desc limit 1
"""


@dataclass(slots=True)
class Memory:
    """What this process remembers between two looks, by the database's clock."""

    run: str
    watched_since: datetime | None = None
    told_at: datetime | None = None
    fires_since: datetime | None = None


class Stage:
    """Looks into the database and posts to the address of the source."""

    def __init__(self, database: Database, client: http.Client, base_url: str, key: str, run: str) -> None:
        self._database = database
        self._client = client
        self._url = f"{base_url.rstrip('/')}/ingest/alertmanager/{PROMETHEUS.name}"
        self._key = key
        self._memory = Memory(run)

    async def play(self) -> Step:
        """Take one step; answers which."""
        sight, now = await self._look()
        step = outage.next_step(sight)
        if step in (Step.FIRE, Step.RESOLVE):
            self._memory.told_at = now
            await self._tell(step, now)
        return step

    async def _look(self) -> tuple[Sight, datetime]:
        memory = self._memory
        async with self._database.reading() as connection:
            now, is_watched = await connection.fetchrow(LOOKING)
            like = f'%alertname="{outage.ALERTNAME}"%release=%'
            row = await connection.fetchrow(FOUND, PROMETHEUS.name, outage.group(memory.run).key, like)
        memory.watched_since = (memory.watched_since or now) if is_watched else None
        if row is not None:
            memory.run, memory.fires_since = outage.run_of(row["group_key"]), row["triggered_at"]
        watched_for = now - memory.watched_since if memory.watched_since else None
        told = now - memory.told_at if memory.told_at else None
        return Sight(watched_for, _outage(row), told), now

    async def _tell(self, step: Step, now: datetime) -> None:
        group, since = outage.group(self._memory.run), self._memory.fires_since or now
        if step is Step.FIRE:
            body = group.body("firing", starts_at=since)
        else:
            body = group.body("resolved", starts_at=since, ends_at=now)
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        answer = await self._client.send("POST", self._url, headers=headers, body=body)
        said = answer.kind if isinstance(answer, http.Failure) else answer.status
        log.info("told opsbook about the outage", step=step.value, answer=said)


async def run(database_url: str, base_url: str, keys: tuple[str, str], number: str | None) -> None:
    """Report and play until cancelled; without a `number` there is no outage to play."""
    database = await Database.open(database_url, writers=1, readers=2)
    try:
        async with http.opened() as client:
            playing = [reporting.run(database, client, base_url, keys[1])]
            if number is not None:
                playing.append(_play(Stage(database, client, base_url, keys[0], number)))
            await asyncio.gather(*playing)
    finally:
        await database.close()


async def _play(stage: Stage) -> None:
    while True:  # noqa: ASYNC110 - no event tells who looks, so the database is asked, gently
        await asyncio.sleep((await _pause(stage)).total_seconds())


async def _pause(stage: Stage) -> timedelta:
    try:
        return REST if await stage.play() is Step.REST else LOOK_EVERY
    except Unavailable:
        return LOOK_EVERY


def _outage(row: Any) -> Outage | None:
    return None if row is None else Outage(row["is_open"], row["is_firing"], row["answered_for"])
