"""Alerts of the past: mirrors `app.incidents.intake`, with the real readers of what senders post."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from app.demo.history import commands, severity
from app.demo.history.ledger import Row
from app.demo.history.record import Record
from app.incidents import rules
from app.incidents.intake.signals import AlertSignal
from app.incidents.rules import Verdict
from app.incidents.words import AlertStatus, IncidentStatus
from app.security.permissions import SYSTEM, Actor


def fire(record: Record, source: Actor, signals: Sequence[AlertSignal]) -> None:
    """Open an incident because a sender says so."""
    signals = sorted(signals, key=_order)
    verdict, first = _verdict(signals), signals[0]
    record.begin(
        source,
        first.group_title or first.summary,
        verdict,
        source_id=source.id,
        group_key=first.group_key,
    )
    severity.follow(record, source, verdict, evidence=_evidence(signals))
    _add(record, source, signals)


def fire_again(record: Record, source: Actor, signals: Sequence[AlertSignal]) -> None:
    """Let more alerts of the group arrive: they join it, take it up again, and may make it worse."""
    signals = sorted(signals, key=_order)
    text = signals[0].summary
    if len(signals) > 1:
        text = f"{len(signals)} alerts, the first: {text}"
    if record.status is IncidentStatus.RESOLVED:
        commands.begin_again(record, source, f"It fires again: {text}")
    else:
        record.touch()
        record.append(source, "alert_joined", text, alerts=len(signals))
    severity.raise_by_rule(record, _verdict(signals), evidence=_evidence(signals))
    _add(record, source, signals)


def quieten(record: Record) -> None:
    """Let the sender say that all alerts are over, which ends an S2 or S3 after a while."""
    over = sorted(filter(_is_open, record.alerts), key=lambda alert: str(alert["dedup_key"]))
    if not over:
        return
    for alert in over:
        alert["status"], alert["resolved_at"] = AlertStatus.RESOLVED.value, record.now
    more = f" and {len(over) - 1} more are" if len(over) > 1 else " is"
    text = f"The sender says that {over[0]['summary']}{more} over"
    record.touch()
    record.append(SYSTEM, "alert_resolved", text, alerts=len(over))
    record.later(rules.QUIET_FOR, partial(_end_quiet, record))


def _end_quiet(record: Record) -> None:
    is_quiet = not any(map(_is_open, record.alerts))
    if is_quiet and not record.is_over and not rules.needs_commander(record.severity):
        commands.end(record, SYSTEM, "All its alerts are over")


def _is_open(alert: Row) -> bool:
    return bool(alert["status"] != AlertStatus.RESOLVED)


def _order(signal: AlertSignal) -> str:
    return signal.dedup_key


def _verdict(signals: Sequence[AlertSignal]) -> Verdict:
    return rules.worst(rules.classify(signal.severity, signal.labels) for signal in signals)


def _evidence(signals: Sequence[AlertSignal]) -> dict[str, Any]:
    by_rank = sorted(signals, key=lambda signal: _verdict([signal]).severity.rank)
    return {"alerts": [_evident(signal) for signal in by_rank]}


def _evident(signal: AlertSignal) -> dict[str, Any]:
    verdict = rules.classify(signal.severity, signal.labels)
    return {
        "dedup_key": signal.dedup_key,
        "severity": signal.severity.value,
        "labels": signal.labels,
        "verdict": verdict.severity.value,
        "rule": verdict.rule,
    }


def _add(record: Record, source: Actor, signals: Sequence[AlertSignal]) -> None:
    for signal in signals:
        record.alerts.append(record.ledger.add("alert", **_alert(record, source, signal)))


def _alert(record: Record, source: Actor, signal: AlertSignal) -> Row:
    first = signal.occurred_at or record.now
    return {
        "source_id": source.id,
        "incident_id": record.number,
        "dedup_key": signal.dedup_key,
        "group_key": signal.group_key,
        "summary": signal.summary,
        "origin": signal.origin,
        "severity": signal.severity.value,
        "component": signal.component,
        "group": signal.group,
        "class": signal.class_,
        "labels": signal.labels,
        "custom_details": signal.custom_details,
        "links": signal.links,
        "status": AlertStatus.TRIGGERED.value,
        "count": 1,
        "first_occurred_at": first,
        "last_occurred_at": first,
        "resolved_at": None,
    }
