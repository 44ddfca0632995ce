"""Open an incident with its timeline, pages, timers and obligations: all of it, or nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from app import clock
from app.audit import trail
from app.errors import InvalidInput, Misconfigured
from app.incidents import escalation, participation, severity, timeline
from app.incidents.models import EscalationPolicy, EscalationPolicyVersion, Incident
from app.incidents.rules import Verdict
from app.incidents.words import IncidentStatus, Severity
from app.security.permissions import Actor, Scope
from app.storage.unit_of_work import UnitOfWork

TITLE_LENGTH = 1024


async def declare(
    work: UnitOfWork, actor: Actor, *, title: str, severity: Severity, reason: str | None = None
) -> int:
    """Open an incident because a person says so; answers its number."""
    actor.demand(Scope.INCIDENTS_WRITE, sees=Scope.INCIDENTS_READ)
    title = " ".join(title.split())
    if not 0 < len(title) <= TITLE_LENGTH:
        raise InvalidInput(f"A title has 1 to {TITLE_LENGTH:,} characters.", path=("title",))
    verdict = Verdict(severity, "person", reason or f"{severity} because {actor.name} says so")
    incident = await open_incident(work, actor, title=title, verdict=verdict, severity_source="human")
    await trail.record(
        work, actor, "incident.declare", ("incident", incident.id), title=title, severity=severity
    )
    return incident.id


async def open_incident(
    work: UnitOfWork,
    actor: Actor,
    *,
    title: str,
    verdict: Verdict,
    severity_source: str = "rule",
    source_id: int | None = None,
    group_key: str | None = None,
    evidence: dict[str, Any] | None = None,
) -> Incident:
    """Write the incident and everything that follows from it.

    Source: handbook, "Paging sequence"; the five minutes begin here.
    """
    incident = Incident(
        title=title,
        severity=verdict.severity,
        severity_source=severity_source,
        status=IncidentStatus.TRIGGERED,
        generation=1,
        version=1,
        source_id=source_id,
        group_key=group_key,
        policy_version_id=await _policy_version(work),
        triggered_at=await clock.read(work.session),
        last_seq=0,
        last_hash=timeline.GENESIS,
    )
    work.session.add(incident)
    await work.session.flush()
    await timeline.append(work, incident, actor, "triggered", f"{title}: {verdict.reason}", rule=verdict.rule)
    await severity.record(work, incident, actor, verdict, was=None, evidence=evidence or {})
    await escalation.begin(work, incident, actor, at=incident.triggered_at)
    await participation.loop_in(work, incident)
    return incident


async def _policy_version(work: UnitOfWork) -> int:
    """The version in force now; the incident keeps it, whatever is edited later."""
    newest = (
        select(func.max(EscalationPolicyVersion.id))
        .join(EscalationPolicy, EscalationPolicy.id == EscalationPolicyVersion.policy_id)
        .where(EscalationPolicy.retired_at.is_(None))
    )
    version = await work.session.scalar(newest)
    if version is None:
        raise Misconfigured("There is no escalation policy. Run `opsbook migrate`, which brings the first.")
    return version
