"""Open an incident with its timeline, pages, timers and obligations: all of it, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, bindparam, func, select, true
from sqlalchemy.orm import aliased

from app import clock, wording
from app.audit import trail
from app.errors import Misconfigured
from app.incidents import escalation, loop_in, timeline
from app.incidents.communication import obligations
from app.incidents.models import EscalationPolicy, EscalationPolicyVersion, Incident
from app.incidents.rules import Verdict
from app.incidents.severity import PERSON, record
from app.incidents.words import IncidentStatus, Severity
from app.security.permissions import Actor, Scope
from app.storage.unit_of_work import UnitOfWork

TITLE_LENGTH = 1024
_newest = (
    select(EscalationPolicyVersion)
    .join(EscalationPolicy, EscalationPolicy.id == EscalationPolicyVersion.policy_id)
    .where(EscalationPolicy.retired_at.is_(None))
    .order_by(EscalationPolicyVersion.id.desc())
    .limit(1)
    .subquery()
)
PLACES = select(
    func.nextval(func.pg_get_serial_sequence("incident", "id"), type_=BigInteger()),
    aliased(EscalationPolicyVersion, _newest),
    clock.now(),
).join_from(_newest, func.generate_series(1, bindparam("count")).table_valued("number"), true())


@dataclass(frozen=True, slots=True)
class Place:
    """Where an incident will stand: its number, so that all its rows leave together, and the policy in force.

    The incident keeps that policy, whatever is edited later.
    """

    number: int
    policy: EscalationPolicyVersion


async def places(work: UnitOfWork, count: int) -> list[Place]:
    """Take places for so many incidents. A number that is taken is never given out again."""
    if count == 0:
        return []
    found = (await work.session.execute(PLACES, {"count": count})).all()
    if not found:
        raise Misconfigured("There is no escalation policy. Run `opsbook migrate`, which brings the first.")
    work.moment = work.moment or found[-1][2]
    return [Place(number, policy) for number, policy, _ in found]


async def declare(
    work: UnitOfWork, actor: Actor, *, title: str, severity: Severity, reason: str | None = None
) -> int:
    """Open an incident because a person says so; answers its number."""
    actor.demand(Scope.INCIDENTS_WRITE, sees=Scope.INCIDENTS_READ)
    demand = "Say in a few words what is wrong."
    title = wording.written(" ".join(title.split()), path="title", demand=demand, longest=TITLE_LENGTH)
    said = wording.written(reason, path="reason", demand="Say why.") if reason and reason.strip() else None
    verdict = Verdict(severity, PERSON, said or f"{severity} because {actor.name} says so")
    (place,) = await places(work, 1)
    incident = await open_incident(work, actor, place, title=title, verdict=verdict, severity_source="human")
    await trail.record(
        work, actor, "incident.declare", ("incident", incident.id), title=title, severity=severity
    )
    return incident.id


async def open_incident(
    work: UnitOfWork,
    actor: Actor,
    place: Place,
    *,
    title: str,
    verdict: Verdict,
    severity_source: str = "rule",
    group: tuple[int, str] | None = None,
    evidence: dict[str, Any] | None = None,
) -> Incident:
    """Write the incident and everything that follows from it. `group` is its source and its key there.

    Source: handbook, "Paging sequence"; the five minutes begin here.
    """
    incident = Incident(
        id=place.number,
        title=title,
        severity=verdict.severity,
        severity_source=severity_source,
        status=IncidentStatus.TRIGGERED,
        generation=1,
        version=1,
        source_id=group and group[0],
        group_key=group and group[1],
        policy_version_id=place.policy.id,
        lapses_after=place.policy.lapses_after,
        triggered_at=await work.now(),
        last_seq=0,
        last_hash=timeline.GENESIS,
    )
    work.session.add(incident)
    await timeline.append(work, incident, actor, "triggered", f"{title}: {verdict.reason}", rule=verdict.rule)
    await record(work, incident, actor, verdict, was=None, evidence=evidence or {})
    await escalation.begin(work, incident, place.policy, actor)
    await loop_in.begin(work, incident)
    await obligations.begin(work, incident)
    return incident
