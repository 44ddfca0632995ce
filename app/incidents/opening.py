"""Open an incident with its timeline, pages, timers and obligations: all of it, or nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, func, select

from app import clock, wording
from app.audit import trail
from app.errors import Misconfigured
from app.incidents import escalation, loop_in, timeline
from app.incidents.models import EscalationPolicy, EscalationPolicyVersion, Incident
from app.incidents.rules import Verdict
from app.incidents.severity import PERSON, record
from app.incidents.words import IncidentStatus, Severity
from app.security.permissions import Actor, Scope
from app.storage.unit_of_work import UnitOfWork

TITLE_LENGTH = 1024
NUMBER_AND_POLICY = (
    select(
        func.nextval(func.pg_get_serial_sequence("incident", "id"), type_=BigInteger()),
        EscalationPolicyVersion,
        clock.now(),
    )
    .join(EscalationPolicy, EscalationPolicy.id == EscalationPolicyVersion.policy_id)
    .where(EscalationPolicy.retired_at.is_(None))
    .order_by(EscalationPolicyVersion.id.desc())
    .limit(1)
)


async def declare(
    work: UnitOfWork, actor: Actor, *, title: str, severity: Severity, reason: str | None = None
) -> int:
    """Open an incident because a person says so; answers its number."""
    actor.demand(Scope.INCIDENTS_WRITE, sees=Scope.INCIDENTS_READ)
    demand = "Say in a few words what is wrong."
    title = wording.written(" ".join(title.split()), path="title", demand=demand, longest=TITLE_LENGTH)
    said = wording.written(reason, path="reason", demand="Say why.") if reason and reason.strip() else None
    verdict = Verdict(severity, PERSON, said or f"{severity} because {actor.name} says so")
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
    number, policy = await _number_and_policy(work)
    incident = Incident(
        id=number,
        title=title,
        severity=verdict.severity,
        severity_source=severity_source,
        status=IncidentStatus.TRIGGERED,
        generation=1,
        version=1,
        source_id=source_id,
        group_key=group_key,
        policy_version_id=policy.id,
        triggered_at=await work.now(),
        last_seq=0,
        last_hash=timeline.GENESIS,
    )
    work.session.add(incident)
    await timeline.append(work, incident, actor, "triggered", f"{title}: {verdict.reason}", rule=verdict.rule)
    await record(work, incident, actor, verdict, was=None, evidence=evidence or {})
    await escalation.begin(work, incident, policy, actor)
    await loop_in.begin(work, incident)
    return incident


async def _number_and_policy(work: UnitOfWork) -> tuple[int, EscalationPolicyVersion]:
    """The next number, so that all rows leave together, and the policy in force.

    The incident keeps that policy, whatever is edited later.
    """
    found = (await work.session.execute(NUMBER_AND_POLICY)).one_or_none()
    if found is None:
        raise Misconfigured("There is no escalation policy. Run `opsbook migrate`, which brings the first.")
    number, policy, now = found
    work.moment = work.moment or now
    return number, policy
