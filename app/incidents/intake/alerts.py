"""The alerts themselves: counted when they repeat, added when they are new, marked when they are over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Text, any_, bindparam, literal_column, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from app import clock
from app.incidents.intake.signals import AlertSignal
from app.incidents.models import Alert, Incident
from app.incidents.words import AlertStatus
from app.storage.unit_of_work import UnitOfWork

# Spelt out, not bound: PostgreSQL must see that it is the condition of the index `uq_alert_open`.
IS_OPEN = Alert.status != literal_column("'resolved'")


# Which alerts signals are about: a key names an alert only while that is open.
ARE_MEANT = (
    Alert.source_id == bindparam("of_source"),
    Alert.dedup_key == any_(bindparam("keys", type_=ARRAY(Text()))),  # one statement, however many
    IS_OPEN,
)
COUNT = (
    update(Alert)
    .where(*ARE_MEANT)
    .values(count=Alert.count + 1, last_occurred_at=clock.now())
    .returning(Alert.dedup_key)
    .execution_options(synchronize_session=False)
)


def meant(source_id: int, signals: Iterable[AlertSignal]) -> dict[str, Any]:
    """The values of `ARE_MEANT`."""
    return {"of_source": source_id, "keys": sorted({signal.dedup_key for signal in signals})}


async def count_repeats(work: UnitOfWork, source_id: int, firing: Iterable[AlertSignal]) -> set[str]:
    """Count the alerts that are known already; answers their keys."""
    return set(await work.session.scalars(COUNT, meant(source_id, firing)))


async def add(work: UnitOfWork, source_id: int, incident: Incident, new: Iterable[AlertSignal]) -> None:
    """Write new alerts. One that another group has brought in meanwhile counts there."""
    now = await work.now()
    rows = [_row(source_id, incident, signal, now) for signal in _once(new)]
    if not rows:
        return
    added = insert(Alert).on_conflict_do_update(
        index_elements=[Alert.source_id, Alert.dedup_key],
        index_where=IS_OPEN,
        set_={"count": Alert.count + 1, "last_occurred_at": now},
    )
    await work.session.execute(added, rows)


async def mark(
    work: UnitOfWork,
    source_id: int,
    incident: Incident,
    said: Iterable[AlertSignal],
    status: AlertStatus,
) -> Sequence[str]:
    """Set what signals say on the alerts of one incident; answers the summaries of those that changed."""
    over_at = await work.now() if status is AlertStatus.RESOLVED else None
    changed = await work.session.scalars(
        update(Alert)
        .where(*ARE_MEANT, Alert.incident_id == incident.id, Alert.status != status)
        .values(status=status, resolved_at=over_at)
        .returning(Alert.summary)
        .execution_options(synchronize_session=False),
        meant(source_id, said),
    )
    return changed.all()


async def any_open(work: UnitOfWork, incident: Incident) -> bool:
    """Whether an incident has an alert that is not over."""
    firing = select(Alert.id).where(Alert.incident_id == incident.id, Alert.status != AlertStatus.RESOLVED)
    return await work.session.scalar(firing.limit(1)) is not None


def _once(signals: Iterable[AlertSignal]) -> Iterable[AlertSignal]:
    return {signal.dedup_key: signal for signal in signals}.values()


def _row(source_id: int, incident: Incident, signal: AlertSignal, now: datetime) -> dict[str, object]:
    return {
        "source_id": source_id,
        "incident_id": incident.id,
        "dedup_key": signal.dedup_key,
        "group_key": signal.group_key,
        "summary": signal.summary,
        "origin": signal.origin,
        "severity": signal.severity,
        "component": signal.component,
        "group": signal.group,
        "class_": signal.class_,
        "custom_details": signal.custom_details,
        "links": signal.links,
        "status": AlertStatus.TRIGGERED,
        "count": 1,
        "first_occurred_at": signal.occurred_at or now,
        "last_occurred_at": signal.occurred_at or now,
    }
