"""Severity decisions of the past, each with its reason: mirrors `app.incidents.severity`."""

from __future__ import annotations

from typing import Any

from app.demo.history import communication, escalation
from app.demo.history.record import Record
from app.incidents import rules
from app.incidents.rules import Verdict
from app.incidents.words import Severity
from app.security.permissions import SYSTEM, Actor


def follow(record: Record, actor: Actor, verdict: Verdict, *, evidence: dict[str, Any]) -> None:
    """Do what follows from an opening: store the decision, set the timers, loop in the policy owner."""
    _decide(record, actor, verdict, was=None, evidence=evidence)
    escalation.begin(record, actor)
    escalation.loop_in(record)
    communication.begin(record)


def raise_by_rule(record: Record, verdict: Verdict, *, evidence: dict[str, Any]) -> None:
    """Let a rule raise the severity; it never lowers one."""
    if verdict.severity.rank < record.severity.rank:
        record.row["severity_source"] = "rule"
        apply(record, SYSTEM, verdict, evidence=evidence)


def apply(record: Record, actor: Actor, verdict: Verdict, *, evidence: dict[str, Any]) -> None:
    """Set the severity and write down why."""
    before, record.row["severity"] = record.severity, verdict.severity.value
    record.touch()
    text = f"Severity {before} became {verdict.severity}: {verdict.reason}"
    record.append(actor, "severity_changed", text, rule=verdict.rule)
    _decide(record, actor, verdict, was=before, evidence=evidence)
    escalation.loop_in(record)
    communication.follow(record)


def _decide(
    record: Record, actor: Actor, verdict: Verdict, *, was: Severity | None, evidence: dict[str, Any]
) -> None:
    record.ledger.add(
        "severity_decision",
        incident_id=record.number,
        from_severity=was.value if was else None,
        to_severity=verdict.severity.value,
        rule=verdict.rule,
        rule_version=rules.SEVERITY_RULES_VERSION,
        reason=verdict.reason,
        trend="learning",
        decided_by=actor.name,
        decided_at=record.now,
        evidence=evidence,
    )
