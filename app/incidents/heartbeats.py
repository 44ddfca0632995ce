"""Heartbeats: senders that say nothing but that they live. Silence is an alert, by the database's clock.

A beat and the round that finds a missed one take the same row, so that each silence is told once, and never
while a beat is on its way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import undefer

from app import clock
from app.audit import trail
from app.errors import InvalidInput, NotFound
from app.incidents import locking, rules, sources
from app.incidents.intake import AlertSignal, applying, news
from app.incidents.intake.news import News
from app.incidents.models import AlertSource, Heartbeat
from app.incidents.silences import matching
from app.incidents.words import AlertSeverity
from app.security.permissions import Actor, Scope
from app.storage.unit_of_work import UnitOfWork

BATCH = 50
KEY = "heartbeat"
SHORTEST, LONGEST = timedelta(seconds=5), timedelta(days=31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often a sender says that it lives, how late that may be, and how bad it is when it does not."""

    every: timedelta = sources.EVERY
    grace: timedelta = sources.GRACE
    severity: str = AlertSeverity.ERROR
    scope: str | None = None

    def check(self) -> None:
        """Raises: InvalidInput at the field."""
        if not SHORTEST <= self.every <= LONGEST:
            raise InvalidInput("A heartbeat is due every 5 seconds to 31 days.", path=("everySeconds",))
        if not timedelta(0) <= self.grace <= LONGEST:
            raise InvalidInput("Grace is 0 seconds to 31 days.", path=("graceSeconds",))
        if self.severity not in rules.SEVERITY_WORDS.values():
            choices = ", ".join(AlertSeverity)
            raise InvalidInput(f"The severity must be one of: {choices}.", path=("severity",))
        if self.scope is not None and self.scope not in rules.SCOPE_WORDS.values():
            raise InvalidInput(
                "What it is about must be platform, monetisation or feature, or nothing.", path=("scope",)
            )


async def beat(work: UnitOfWork, key: str, *, name: str) -> None:
    """Note that a sender lives, and end the alert if it was missed.

    Raises: Unauthenticated.
    """
    known = await sources.of_keys(work, [key])
    source = sources.authenticate(known, key, sends="heartbeat", name=name)
    heartbeat = await _lock(work, source.id)
    now = await work.now()
    was_missed, is_first = heartbeat.missed_at is not None, heartbeat.last_beat_at is None
    heartbeat.last_beat_at, heartbeat.missed_at = now, None
    heartbeat.due_at = now + _term(heartbeat)
    if was_missed:
        await _tell(work, [(source, AlertSignal(action="resolve", dedup_key=KEY, group_key=KEY))])
    if was_missed or is_first:
        work.announce("settings")
    await sources.note_seen(work, source, now)


async def fire_missed(work: UnitOfWork) -> int:
    """Make an alert of every heartbeat that is overdue; answers how many rows were done.

    Rows that a beat or another process holds are left to it.
    """
    due = await work.session.execute(
        select(Heartbeat, AlertSource)
        .join(AlertSource, AlertSource.id == Heartbeat.source_id)
        .where(Heartbeat.due_at <= clock.once())
        .order_by(Heartbeat.due_at)
        .limit(BATCH)
        .options(undefer(AlertSource.silences))
        .with_for_update(of=Heartbeat, skip_locked=True)
    )
    silent = []
    rows = due.all()
    for heartbeat, source in rows:
        if source.revoked_at is None:
            silent.append((source, _missed(heartbeat, source)))
            heartbeat.missed_at = await work.now()
        heartbeat.due_at = None
    if silent:
        await _tell(work, silent)
        work.announce("settings")
    return len(rows)


async def change(work: UnitOfWork, actor: Actor, source_id: int, rhythm: Rhythm) -> int:
    """Expect a sender in another rhythm, counted from its last beat; answers its id."""
    actor.demand(Scope.ADMIN)
    rhythm.check()
    source = await work.session.get(AlertSource, source_id)
    if source is None or source.revoked_at is not None:
        raise NotFound("There is no such source that is still in use.", path=("sourceId",))
    if source.format != "heartbeat":
        raise InvalidInput("Only a source of the format heartbeat has a rhythm.", path=("sourceId",))
    heartbeat = await _lock(work, source_id)
    heartbeat.every_seconds = int(rhythm.every.total_seconds())
    heartbeat.grace_seconds = int(rhythm.grace.total_seconds())
    heartbeat.severity, heartbeat.scope = rhythm.severity, rhythm.scope
    if heartbeat.due_at is not None and heartbeat.last_beat_at is not None:
        heartbeat.due_at = heartbeat.last_beat_at + _term(heartbeat)
    changes = {"every_seconds": heartbeat.every_seconds, "grace_seconds": heartbeat.grace_seconds}
    about = {"severity": rhythm.severity, "scope": rhythm.scope}
    target = ("source", source_id)
    await trail.record(work, actor, "source.change_heartbeat", target, name=source.name, **changes, **about)
    work.announce("settings")
    work.wake("pager")
    return source_id


async def _lock(work: UnitOfWork, source_id: int) -> Heartbeat:
    """Take the row, and read the time after it: whoever waited comes later than what it waited for."""
    heartbeat = await work.session.scalar(
        select(Heartbeat).where(Heartbeat.source_id == source_id).with_for_update()
    )
    if heartbeat is None:
        raise NotFound("There is no such source of heartbeats.", path=("sourceId",))
    work.moment = await clock.read(work.session)
    return heartbeat


async def _tell(work: UnitOfWork, said: Sequence[tuple[AlertSource, AlertSignal]]) -> None:
    """Apply what is said, as if it had come in."""
    told: list[News] = []
    for source, signal in said:
        actor = Actor("source", source.id, source.name)
        told += news.sort(source.id, actor, [signal], matching.active(source.silences))
    await locking.lock_groups(work, {one.group for one in told})
    await applying.apply(work, told)


def _missed(heartbeat: Heartbeat, source: AlertSource) -> AlertSignal:
    allowed = heartbeat.every_seconds + heartbeat.grace_seconds
    about = {"severity": heartbeat.severity, "scope": heartbeat.scope}
    summary = f"No heartbeat from {source.name} for {allowed:,} seconds"
    return AlertSignal(
        action="trigger",
        dedup_key=KEY,
        group_key=KEY,
        group_title=summary,
        summary=summary,
        origin=source.name,
        severity=AlertSeverity(heartbeat.severity),
        occurred_at=heartbeat.due_at,
        labels={name: word for name, word in about.items() if word},
    )


def _term(heartbeat: Heartbeat) -> timedelta:
    return timedelta(seconds=heartbeat.every_seconds + heartbeat.grace_seconds)
