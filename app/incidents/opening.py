"""Open an incident with its timeline, pages, timers and obligations: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from app import clock, wording
from app.audit import trail
from app.errors import Misconfigured
from app.incidents import escalation, loop_in, timeline
from app.incidents.communication import obligations
from app.incidents.models import AlertSource, EscalationPolicy, EscalationPolicyVersion, Incident
from app.incidents.rules import Verdict
from app.incidents.severity import PERSON, record
from app.incidents.words import IncidentStatus, Severity
from app.security.permissions import Actor, Scope
from app.storage import arrays
from app.storage.unit_of_work import UnitOfWork

TITLE_LENGTH = 1024
_newest = (
    select(EscalationPolicyVersion)
    .ext(distinct_on(EscalationPolicyVersion.policy_id))
    .order_by(EscalationPolicyVersion.policy_id, EscalationPolicyVersion.version.desc())
    .subquery()
)
_wanted = arrays.table("wanted", position=BigInteger(), source_id=BigInteger())
_usual = select(EscalationPolicy.id).where(EscalationPolicy.is_default).scalar_subquery()
_policy = func.coalesce(AlertSource.policy_id, _usual)
PLACES = (
    select(
        func.nextval(func.pg_get_serial_sequence("incident", "id"), type_=BigInteger()),
        _wanted.c.position,
        aliased(EscalationPolicyVersion, _newest),
        clock.now(),
    )
    .select_from(_wanted)
    .join(AlertSource, AlertSource.id == _wanted.c.source_id, isouter=True)
    .join(_newest, _newest.c.policy_id == _policy)
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an incident will stand: its number, so that all its rows leave together, and the policy in force.

    The incident keeps that policy, whatever is edited later.
    """

    number: int
    policy: EscalationPolicyVersion


async def places(work: UnitOfWork, source_ids: Sequence[int | None]) -> list[Place]:
    """Take places for the incidents of these sources; of none where nobody's alert opens one.

    A number that is taken is never given out again.
    """
    if not source_ids:
        return []
    wanted = arrays.bind("wanted", position=range(len(source_ids)), source_id=source_ids)
    found = (await work.session.execute(PLACES, wanted)).all()
    if not found:
        raise Misconfigured("There is no escalation policy. Run `opsbook migrate`, which brings the first.")
    work.moment = work.moment or found[-1][3]
    numbers = sorted(number for number, *_ in found)
    policies = {position: policy for _, position, policy, _ in found}
    return [Place(number, policies[position]) for position, number in enumerate(numbers)]


async def declare(
    work: UnitOfWork, actor: Actor, *, title: str, severity: Severity, reason: str | None = None
) -> int:
    """Open an incident because a person says so; answers its number."""
    actor.demand(Scope.INCIDENTS_WRITE, sees=Scope.INCIDENTS_READ)
    demand = "Say in a few words what is wrong."
    title = wording.written(" ".join(title.split()), path="title", demand=demand, longest=TITLE_LENGTH)
    said = wording.written(reason, path="reason", demand="Say why.") if reason and reason.strip() else None
    verdict = Verdict(severity, PERSON, said or f"{severity} because {actor.name} says so")
    (place,) = await places(work, [None])
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
