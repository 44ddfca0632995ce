"""Apply signals: store the body, join repeats to their alert, and open, worsen, reopen or end incidents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import groupby

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.incidents import locking, opening, resolution, rules, severity, timeline
from app.incidents.intake.signals import AlertSignal
from app.incidents.models import Alert, AlertSource, InboundEvent, Incident
from app.incidents.rules import Verdict
from app.incidents.words import AlertStatus, IncidentStatus
from app.security.permissions import SYSTEM, Actor
from app.storage.unit_of_work import UnitOfWork

SEEN_EVERY = timedelta(minutes=1)


async def receive(
    work: UnitOfWork,
    source: AlertSource,
    signals: Sequence[AlertSignal],
    *,
    body: bytes,
    content_type: str,
    idempotency_key: str | None = None,
) -> None:
    """Store a body and apply what it says; the caller answers 2xx only after the commit.

    The same body again, or the same `idempotency_key`, changes nothing but counts.
    """
    if not await _store(work, source, body, content_type, idempotency_key):
        return
    actor = Actor("source", source.id, source.name)
    for group_key, group in groupby(sorted(signals, key=_order), key=lambda signal: signal.group_key):
        await locking.lock_group(work, source.id, group_key)
        await _apply(work, source, actor, group_key, list(group))


def _order(signal: AlertSignal) -> tuple[str, str]:
    return signal.group_key, signal.dedup_key


async def _apply(
    work: UnitOfWork, source: AlertSource, actor: Actor, group_key: str, signals: list[AlertSignal]
) -> None:
    firing = [signal for signal in signals if signal.action == "trigger"]
    if firing:
        await _fire(work, source, actor, group_key, firing)
    await _quieten(work, source, [signal for signal in signals if signal.action != "trigger"])


async def _fire(
    work: UnitOfWork, source: AlertSource, actor: Actor, group_key: str, firing: list[AlertSignal]
) -> None:
    # The incident before its alerts, as everywhere: two orders would deadlock.
    incident = await _incident_of(work, source, group_key)
    known = await _count_repeats(work, source, firing)
    new = [signal for signal in firing if signal.dedup_key not in known]
    verdict = rules.worst(rules.classify(signal.severity, signal.labels) for signal in firing)
    evidence = {"alerts": [_evidence(signal) for signal in firing[:20]]}
    if incident is None:
        if not new:
            return
        incident = await opening.open_incident(
            work,
            actor,
            title=firing[0].group_title or firing[0].summary,
            verdict=verdict,
            source_id=source.id,
            group_key=group_key,
            evidence=evidence,
        )
    else:
        await _again(work, incident, actor, new)
        await severity.raise_by_rule(work, incident, verdict, evidence=evidence)
    await _add(work, source, incident, new)


async def _again(work: UnitOfWork, incident: Incident, actor: Actor, new: list[AlertSignal]) -> None:
    """More of the same: it joins what is open, and takes up again what was thought to be over."""
    if not new:
        return
    text = new[0].summary if len(new) == 1 else f"{len(new)} more alerts, the first: {new[0].summary}"
    if incident.status is IncidentStatus.RESOLVED:
        await resolution.begin_again(work, incident, actor, f"It fires again: {text}")
    elif incident.status is IncidentStatus.MITIGATED:
        locking.move(incident, IncidentStatus.ACKNOWLEDGED)
        incident.mitigated_at = None
        await timeline.append(work, incident, actor, "regressed", f"It fires again: {text}")
    else:
        locking.touch(incident)
        await timeline.append(work, incident, actor, "alert_joined", text, alerts=len(new))


async def _quieten(work: UnitOfWork, source: AlertSource, signals: list[AlertSignal]) -> None:
    for signal in signals:
        open_alert = (
            Alert.source_id == source.id,
            Alert.dedup_key == signal.dedup_key,
            Alert.status != AlertStatus.RESOLVED,
        )
        number = await work.session.scalar(select(Alert.incident_id).where(*open_alert))
        if number is not None:
            incident = await locking.lock(work, number)
            if await _set_status(work, open_alert, resolves=signal.action == "resolve"):
                await _note_quiet(work, incident, signal)


async def _set_status(work: UnitOfWork, alert: Sequence[ColumnElement[bool]], *, resolves: bool) -> bool:
    status = AlertStatus.RESOLVED if resolves else AlertStatus.ACKNOWLEDGED
    changed = update(Alert).where(*alert, Alert.status != status).values(status=status)
    if resolves:
        changed = changed.values(resolved_at=clock.now())
    return await work.session.scalar(changed.returning(Alert.id)) is not None


async def _note_quiet(work: UnitOfWork, incident: Incident, signal: AlertSignal) -> None:
    """Source: state machine; all alerts resolved may end S2 and S3, a person ends S0 and S1."""
    over = signal.action == "resolve"
    kind, word = ("alert_resolved", "is over") if over else ("alert_acknowledged", "is known")
    locking.touch(incident)
    await timeline.append(work, incident, SYSTEM, kind, f"The sender says that {signal.dedup_key} {word}")
    if not over or incident.status not in rules.OPEN or rules.needs_commander(incident.severity):
        return
    firing = select(Alert.id).where(Alert.incident_id == incident.id, Alert.status != AlertStatus.RESOLVED)
    if await work.session.scalar(firing.limit(1)) is None:
        await resolution.end(work, incident, SYSTEM, "All its alerts are over")


async def _incident_of(work: UnitOfWork, source: AlertSource, group_key: str) -> Incident | None:
    """The open incident of a group, else one that was resolved a short while ago."""
    recently = Incident.resolved_at >= clock.now() - rules.REOPEN_WITHIN
    found = (
        select(Incident)
        .where(Incident.source_id == source.id, Incident.group_key == group_key)
        .where(Incident.status.in_(rules.OPEN) | ((Incident.status == IncidentStatus.RESOLVED) & recently))
        .order_by(Incident.id.desc())
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await work.session.scalars(found)).first()


async def _count_repeats(work: UnitOfWork, source: AlertSource, firing: Iterable[AlertSignal]) -> set[str]:
    known = await work.session.scalars(
        update(Alert)
        .where(
            Alert.source_id == source.id,
            Alert.dedup_key.in_({signal.dedup_key for signal in firing}),
            Alert.status != AlertStatus.RESOLVED,
        )
        .values(count=Alert.count + 1, last_occurred_at=clock.now())
        .returning(Alert.dedup_key)
        .execution_options(synchronize_session=False)
    )
    return set(known)


async def _add(work: UnitOfWork, source: AlertSource, incident: Incident, new: Iterable[AlertSignal]) -> None:
    once = {signal.dedup_key: signal for signal in new}
    rows = [_row(source, incident, signal, await clock.read(work.session)) for signal in once.values()]
    if rows:
        await work.session.execute(insert(Alert), rows)


def _row(source: AlertSource, incident: Incident, signal: AlertSignal, now: object) -> dict[str, object]:
    return {
        "source_id": source.id,
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


async def _store(
    work: UnitOfWork, source: AlertSource, body: bytes, content_type: str, idempotency_key: str | None
) -> bool:
    stored = await work.session.scalar(
        insert(InboundEvent)
        .values(
            source_id=source.id,
            content_type=content_type,
            body=body,
            idempotency_key=idempotency_key,
            received_at=clock.now(),
        )
        .on_conflict_do_nothing()
        .returning(InboundEvent.id)
    )
    await _note_seen(work, source)
    return stored is not None


async def _note_seen(work: UnitOfWork, source: AlertSource) -> None:
    """At most once a minute: a row that every alert writes would put all senders in one queue."""
    stale = or_(AlertSource.last_seen_at.is_(None), AlertSource.last_seen_at < clock.now() - SEEN_EVERY)
    await work.session.execute(
        update(AlertSource).where(AlertSource.id == source.id, stale).values(last_seen_at=clock.now())
    )


def _evidence(signal: AlertSignal) -> dict[str, object]:
    verdict: Verdict = rules.classify(signal.severity, signal.labels)
    return {
        "dedup_key": signal.dedup_key,
        "severity": signal.severity.value,
        "labels": signal.labels,
        "verdict": verdict.severity.value,
        "rule": verdict.rule,
    }
