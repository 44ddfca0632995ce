"""What a silence held back and still fires when that is over pages then, as if it came now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select, tuple_

from app import clock
from app.incidents import locking, timeline
from app.incidents.intake import applying, news
from app.incidents.intake.news import News
from app.incidents.intake.signals import AlertSignal
from app.incidents.models import Alert, AlertSource, Incident, Silence
from app.incidents.models.silence import ACTIVE
from app.incidents.silences.matching import Active
from app.incidents.words import AlertStatus
from app.security.permissions import SYSTEM, Actor
from app.storage.unit_of_work import UnitOfWork

BATCH = 200
HELD = (Alert.status == AlertStatus.SUPPRESSED) & (Silence.ends_at <= clock.once())
DUE = (
    select(Alert, AlertSource, Silence.reason)
    .join(AlertSource, AlertSource.id == Alert.source_id)
    .join(Silence, Silence.id == Alert.silence_id)
    .where(HELD)
    .order_by(Alert.id)
)


@dataclass(frozen=True, slots=True)
class Held:
    """An alert that a silence held back, who sent it, and why there was a silence."""

    alert: Alert
    source: AlertSource
    reason: str


async def lift_due(work: UnitOfWork) -> int:
    """Let a batch of what was held back page, but for what another silence holds; answers how many.

    It is asked for once more under the locks of its groups: another worker may do the same.
    """
    groups = await work.session.execute(
        select(Alert.source_id, Alert.group_key)
        .join(Silence, Silence.id == Alert.silence_id)
        .where(HELD)
        .limit(BATCH)
    )
    found = {(source_id, key) for source_id, key in groups}
    if not found:
        return 0
    await locking.lock_groups(work, found)
    rows = await work.session.execute(DUE.where(tuple_(Alert.source_id, Alert.group_key).in_(found)))
    held = [Held(alert, source, reason) for alert, source, reason in rows]
    silences = [Active(*one) for one in await work.session.scalar(select(ACTIVE)) or ()]
    heard = [one for one in held if not _is_held_by_another(one, silences)]
    await work.session.flush()
    for together in news.rounds(_news(heard)):
        await applying.apply(work, together)
    await _say(work, heard)
    return len(held)


def _is_held_by_another(held: Held, silences: Sequence[Active]) -> bool:
    other = news.silence_of(silences, held.source.name, _signal(held.alert))
    if other is not None:
        held.alert.silence_id = other.id
    return other is not None


def _news(heard: Iterable[Held]) -> Iterator[News]:
    for one in heard:
        source, alert = one.source, one.alert
        said = News(source.id, Actor("source", source.id, source.name), alert.group_key)
        said.firing[alert.dedup_key], said.times[alert.dedup_key] = _signal(alert), 0
        yield said


async def _say(work: UnitOfWork, heard: Sequence[Held]) -> None:
    """Say in the timelines why it pages only now."""
    reasons = {one.alert.id: one.reason for one in heard}
    rows = await work.session.execute(
        select(Alert.id, Incident)
        .join(Incident, Incident.id == Alert.incident_id)
        .where(Alert.id.in_(reasons), Alert.status != AlertStatus.SUPPRESSED)
        .order_by(Alert.id)
    )
    for incident, reason in dict.fromkeys((incident, reasons[key]) for key, incident in rows):
        text = f"A silence is over, and what it held back still fires. It was: {reason}"
        await timeline.append(work, incident, SYSTEM, "silence_over", text)


def _signal(alert: Alert) -> AlertSignal:
    return AlertSignal(
        action="trigger",
        dedup_key=alert.dedup_key,
        group_key=alert.group_key,
        summary=alert.summary,
        origin=alert.origin,
        severity=alert.severity,
        occurred_at=alert.first_occurred_at,
        component=alert.component,
        group=alert.group,
        class_=alert.class_,
        labels=alert.labels,
        custom_details=alert.custom_details,
        links=alert.links,
    )
