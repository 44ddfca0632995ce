"""Decide and change how bad an incident is. Every decision is stored with its reason and its evidence."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app import wording
from app.activity.words import TrendState
from app.audit import trail
from app.incidents import escalation, locking, loop_in, paging, rules, timeline
from app.incidents.communication import obligations
from app.incidents.models import Incident, SeverityDecision
from app.incidents.rules import Verdict
from app.incidents.words import IncidentStatus, Severity
from app.security.permissions import SYSTEM, Actor, Scope
from app.storage.unit_of_work import UnitOfWork

# The rule of a decision that a person took.
PERSON = "person"


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
    reason = wording.written(reason, path="reason", demand="Say why the severity changes.")
    incident = await locking.lock(work, number, expected_version=expected_version)
    _demand_open_review(incident)
    before = incident.severity
    incident.severity_source = "human"
    await apply(work, incident, actor, Verdict(severity, PERSON, reason), evidence={})
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
    """Let a rule raise the severity of a locked incident. It never lowers one, whoever set it.

    What somebody has acknowledged as less than this waits for an acknowledgement anew.
    """
    if not await _is_news(work, incident, verdict):
        return
    incident.severity_source = "rule"
    await apply(work, incident, SYSTEM, verdict, evidence=evidence)
    if incident.status is IncidentStatus.ACKNOWLEDGED:
        await escalation.rearm(work, incident, SYSTEM, "It is worse than when it was acknowledged")


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
    work.write(
        SeverityDecision,
        incident_id=incident.id,
        from_severity=was,
        to_severity=verdict.severity,
        rule=verdict.rule,
        rule_version=rules.SEVERITY_RULES_VERSION,
        reason=verdict.reason,
        trend=evidence.get("trend", {}).get("counts_as", TrendState.LEARNING.value),
        decided_by=actor.name,
        decided_at=await work.now(),
        evidence=evidence,
    )


async def apply(
    work: UnitOfWork, incident: Incident, actor: Actor, verdict: Verdict, *, evidence: dict[str, Any]
) -> None:
    """Give a locked incident a severity, with all that follows from it. Whether it may is decided before."""
    before, incident.severity = incident.severity, verdict.severity
    locking.touch(incident)
    became = "stays" if before is verdict.severity else f"{before} became"
    text = f"Severity {became} {verdict.severity}: {verdict.reason}"
    await timeline.append(work, incident, actor, "severity_changed", text, rule=verdict.rule)
    await record(work, incident, actor, verdict, was=before, evidence=evidence)
    await paging.hurry(work, incident)
    await loop_in.catch_up(work, incident)
    await obligations.follow(work, incident)


async def _is_news(work: UnitOfWork, incident: Incident, verdict: Verdict) -> bool:
    """Whether a rule's verdict is worse than what stands.

    What a person has set gives way only to something worse than any rule had said before: the alert that they
    judged goes on repeating itself.
    """
    if verdict.severity.rank >= incident.severity.rank:
        return False
    if incident.severity_source != "human":
        return True
    said = select(SeverityDecision.to_severity).where(
        SeverityDecision.incident_id == incident.id, SeverityDecision.rule != PERSON
    )
    return all(verdict.severity.rank < severity.rank for severity in await work.session.scalars(said))


def _demand_open_review(incident: Incident) -> None:
    if incident.status in (IncidentStatus.CLOSED, IncidentStatus.CANCELED, IncidentStatus.MERGED):
        raise locking.refusal(incident, incident.status, "its severity stands")
