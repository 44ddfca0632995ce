"""The alerts themselves: counted when they repeat, added when they are new, marked when they are over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Text, bindparam, case, literal_column, select, true, update
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.incidents.intake.news import AlertKey
from app.incidents.intake.signals import AlertSignal
from app.incidents.models import Alert, Incident, TrendStanding
from app.incidents.words import AlertStatus, Severity
from app.storage import arrays
from app.storage.unit_of_work import UnitOfWork

# Spelt out, not bound: PostgreSQL must see that it is the condition of the index `uq_alert_open`.
IS_OPEN = Alert.status != literal_column("'resolved'")


# Which alerts signals are about: a key names an alert only while that is open.
ARE_MEANT = (
    Alert.source_id == bindparam("of_source"),
    arrays.among(Alert.dedup_key, "keys"),  # one statement, however many
    IS_OPEN,
)
_said = arrays.table("said", source_id=BigInteger(), key=Text(), times=BigInteger())
_open = select(Alert.id, Alert.incident_id).where(
    Alert.source_id == _said.c.source_id, Alert.dedup_key == _said.c.key, IS_OPEN
)
_found = arrays.each(_said, _open)
FIND = select(_said.c.source_id, _said.c.key, _found.c.incident_id).join_from(_said, _found, true())
# Held in one order by everybody: an alert may be in several groups, so that no group's lock covers it.
_taken = arrays.each(_said, _open.with_for_update())
_held = select(_taken.c.id, _said.c.times).join_from(_said, _taken, true()).cte("held")
COUNT = (
    update(Alert)
    .where(Alert.id == _held.c.id)
    .values(
        count=Alert.count + _held.c.times,
        last_occurred_at=case((_held.c.times > 0, clock.now()), else_=Alert.last_occurred_at),
    )
    .returning(Alert.source_id, Alert.dedup_key, Alert.status)
    .execution_options(synchronize_session=False)
)
_add = insert(Alert)
# What a silence held back is heard now, or still is not.
_HEARD = ("status", "incident_id", "silence_id", "severity")
ADD = _add.on_conflict_do_update(
    index_elements=[Alert.source_id, Alert.dedup_key],
    index_where=IS_OPEN,
    set_={
        "count": Alert.count + _add.excluded.count,
        "last_occurred_at": case((_add.excluded.count > 0, clock.now()), else_=Alert.last_occurred_at),
        **{
            name: case(
                (Alert.status == AlertStatus.SUPPRESSED, _add.excluded[name]), else_=getattr(Alert, name)
            )
            for name in _HEARD
        },
    },
)


@dataclass(slots=True)
class NewAlert:
    """An alert that is not known yet, the incident that it belongs to, and how many bodies name it.

    One that a silence holds back may have no incident.
    """

    signal: AlertSignal
    incident: Incident | None
    times: int
    silence_id: int | None = None


async def incidents_of(work: UnitOfWork, keys: Iterable[AlertKey]) -> Mapping[AlertKey, int | None]:
    """Say which incidents open alerts belong to, if any."""
    asked = dict.fromkeys(keys, 0)
    found = await work.session.execute(FIND, _values(asked)) if asked else ()
    return {(source_id, key): number for source_id, key, number in found}


async def count_repeats(work: UnitOfWork, times: Mapping[AlertKey, int]) -> Mapping[AlertKey, AlertStatus]:
    """Count the alerts that are known already; answers how they stand."""
    found = await work.session.execute(COUNT, _values(times))
    return {(source_id, key): status for source_id, key, status in found}


async def add(work: UnitOfWork, new: Mapping[AlertKey, NewAlert]) -> None:
    """Write new alerts. One that another group has brought in meanwhile counts there."""
    if new:
        now = await work.now()
        await work.session.flush()  # the incidents that they belong to
        connection = await work.session.connection()
        await connection.execute(
            ADD, [_row(source_id, new[source_id, key], now) for source_id, key in sorted(new)]
        )


async def mark(
    work: UnitOfWork,
    source_id: int,
    incident: Incident,
    said: Iterable[AlertSignal],
    status: AlertStatus,
) -> Sequence[str]:
    """Set what signals say on the alerts of one incident; answers the summaries of those that changed."""
    over_at = await work.now() if status is AlertStatus.RESOLVED else None
    not_held = Alert.status != (AlertStatus.SUPPRESSED if over_at is None else status)
    changed = await work.session.scalars(
        update(Alert)
        .where(*ARE_MEANT, Alert.incident_id == incident.id, Alert.status != status, not_held)
        .values(status=status, resolved_at=over_at)
        .returning(Alert.summary)
        .execution_options(synchronize_session=False),
        {"of_source": source_id, "keys": sorted({signal.dedup_key for signal in said})},
    )
    return changed.all()


async def end_hushed(work: UnitOfWork, source_id: int, keys: Iterable[str]) -> None:
    """Mark alerts as over that a silence held back for as long as they fired."""
    await work.session.execute(
        update(Alert)
        .where(*ARE_MEANT, Alert.incident_id.is_(None))
        .values(status=AlertStatus.RESOLVED, resolved_at=await work.now())
        .execution_options(synchronize_session=False),
        {"of_source": source_id, "keys": sorted(keys)},
    )


async def still_hurts(work: UnitOfWork, incident: Incident) -> bool:
    """Whether an incident has an alert that is not over, or a trend line that is not back."""
    over = (AlertStatus.RESOLVED, AlertStatus.SUPPRESSED)
    firing = select(true()).where(Alert.incident_id == incident.id, Alert.status.not_in(over))
    is_off = select(true()).where(TrendStanding.incident_id == incident.id, TrendStanding.held != Severity.S3)
    return await work.session.scalar(firing.union_all(is_off).limit(1)) is not None


def _values(times: Mapping[AlertKey, int]) -> dict[str, Any]:
    said = [(source_id, key, count) for (source_id, key), count in sorted(times.items())]
    source_ids, keys, counts = zip(*said, strict=True) if said else ((), (), ())
    return arrays.bind("said", source_id=source_ids, key=keys, times=counts)


def _row(source_id: int, new: NewAlert, now: datetime) -> dict[str, object]:
    signal = new.signal
    return {
        "source_id": source_id,
        "incident_id": new.incident and new.incident.id,
        "silence_id": new.silence_id,
        "dedup_key": signal.dedup_key,
        "group_key": signal.group_key,
        "summary": signal.summary,
        "origin": signal.origin,
        "severity": signal.severity,
        "component": signal.component,
        "group": signal.group,
        "class": signal.class_,
        "labels": signal.labels,
        "custom_details": signal.custom_details,
        "links": signal.links,
        "status": AlertStatus.SUPPRESSED if new.silence_id else AlertStatus.TRIGGERED,
        "count": new.times,
        "first_occurred_at": signal.occurred_at or now,
        "last_occurred_at": signal.occurred_at or now,
    }
