"""Decide and change how bad an incident is. Every decision is stored with its reason and its evidence."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert

from app import clock
from app.audit import trail
from app.errors import InvalidInput, InvalidTransition
from app.incidents import escalation, locking, participation, rules, timeline
from app.incidents.models import Incident, SeverityDecision
from app.incidents.rules import Verdict
from app.incidents.words import IncidentStatus, Severity
from app.security.permissions import SYSTEM, Actor, Scope
from app.storage.unit_of_work import UnitOfWork


async def change(
    work: UnitOfWork,
    actor: Actor,
    number: int,
    *,
    severity: Severity,
    reason: str,
    expected_version: int | None = None,
) -> int:
    """Let a person set the severity, up or down, with a reason."""
    actor.demand(Scope.INCIDENTS_WRITE, sees=Scope.INCIDENTS_READ)
    if not (reason := reason.strip()):
        raise InvalidInput("Say why the severity changes.", path=("reason",))
    incident = await locking.lock(work, number, expected_version=expected_version)
    _demand_open_review(incident)
    before = incident.severity
    incident.severity_source = "human"
    await _apply(work, incident, actor, Verdict(severity, "person", reason), evidence={})
    await trail.record(
        work,
        actor,
        "incident.change_severity",
        ("incident", number),
        before=before,
        after=severity,
        reason=reason,
    )
    return number


async def raise_by_rule(
    work: UnitOfWork, incident: Incident, verdict: Verdict, *, evidence: dict[str, Any]
) -> None:
    """Let a rule raise the severity of a locked incident. It never lowers one, whoever set it."""
    if verdict.severity.rank < incident.severity.rank:
        incident.severity_source = "rule"
        await _apply(work, incident, SYSTEM, verdict, evidence=evidence)


async def record(
    work: UnitOfWork,
    incident: Incident,
    actor: Actor,
    verdict: Verdict,
    *,
    was: Severity | None,
    evidence: dict[str, Any],
) -> None:
    """Store a decision so that it can be explained, and run again, years later."""
    await work.session.execute(
        insert(SeverityDecision).values(
            incident_id=incident.id,
            from_severity=was,
            to_severity=verdict.severity,
            rule=verdict.rule,
            rule_version=rules.SEVERITY_RULES_VERSION,
            reason=verdict.reason,
            trend="learning",
            decided_by=actor.name,
            decided_at=clock.now(),
            evidence=evidence,
        )
    )


async def _apply(
    work: UnitOfWork, incident: Incident, actor: Actor, verdict: Verdict, *, evidence: dict[str, Any]
) -> None:
    before, incident.severity = incident.severity, verdict.severity
    locking.touch(incident)
    text = f"Severity {before} became {verdict.severity}: {verdict.reason}"
    await timeline.append(work, incident, actor, "severity_changed", text, rule=verdict.rule)
    await record(work, incident, actor, verdict, was=before, evidence=evidence)
    await participation.loop_in(work, incident)
    if verdict.severity.rank < before.rank and incident.status is IncidentStatus.ACKNOWLEDGED:
        await escalation.rearm(work, incident, SYSTEM, "It is worse than when it was acknowledged")


def _demand_open_review(incident: Incident) -> None:
    final = (IncidentStatus.CLOSED, IncidentStatus.CANCELED, IncidentStatus.MERGED)
    if incident.status in final:
        raise InvalidTransition(
            f"OPS-{incident.id} is {incident.status.value}; its severity stands.",
            current=incident.status.value,
            wanted=incident.status.value,
            allowed=(),
        )
