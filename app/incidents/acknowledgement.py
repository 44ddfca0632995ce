"""Somebody answers: the timers stop, the other pages are told, and who came second is told who was first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.audit import trail
from app.incidents import escalation, locking, loop_in, paging, participation, timeline
from app.incidents.models import EscalationStep, Incident, Page
from app.incidents.words import IncidentRole, IncidentStatus, Signal
from app.security.permissions import Actor, Role, Scope
from app.storage.unit_of_work import UnitOfWork

ANSWERED = (IncidentStatus.ACKNOWLEDGED, IncidentStatus.MITIGATED)


@dataclass(frozen=True, slots=True)
class Answer:
    """How an acknowledgement went: whether it was the first, and who answered."""

    number: int
    first: bool
    by: str
    at: datetime


async def acknowledge(
    work: UnitOfWork,
    actor: Actor,
    number: int,
    *,
    via: str,
    occurred_at: datetime | None = None,
    expected_version: int | None = None,
) -> Answer:
    """Stop the escalation in `actor`'s name. A second one changes nothing and is written down as such.

    `via` says how it came: console, graphql, pagerduty or link; `occurred_at` when it was pressed elsewhere.
    Somebody who is only the policy owner answers the loop-in, and the operator is still called.
    Raises: InvalidTransition when the incident is over; StaleVersion when it changed and still waits.
    Source: handbook, "Paging sequence".
    """
    actor.demand(Scope.INCIDENTS_WRITE, sees=Scope.INCIDENTS_READ)
    incident = await locking.lock(work, number)
    if loop_in.speaks_only_for(actor) and (page := await loop_in.page_of(work, incident)):
        return await answer_loop_in(work, incident, page, actor, via=via)
    if incident.status in ANSWERED and incident.acknowledged_at is not None:
        return await _also(work, incident, actor, via)
    locking.demand_version(incident, expected_version)
    return await _first(work, incident, actor, via, await moment(work, incident, occurred_at))


async def answer_loop_in(
    work: UnitOfWork, incident: Incident, page: Page, actor: Actor, *, via: str
) -> Answer:
    """Take the policy owner's answer: it meets what is owed to them and stops nobody else's page."""
    if page.acknowledged_at is not None:
        return Answer(incident.id, False, page.acknowledged_by or "somebody", page.acknowledged_at)
    page.acknowledged_at, page.acknowledged_by = await work.now(), actor.name
    await paging.withdraw(work, incident, Signal.ACKNOWLEDGE, (IncidentRole.POLICY_OWNER,))
    await loop_in.met(work, incident, actor, at=page.acknowledged_at)
    if actor.kind == "person" and actor.id is not None:
        await participation.join(work, incident, actor.id, IncidentRole.POLICY_OWNER)
    await trail.record(work, actor, "incident.acknowledge_loop_in", ("incident", incident.id), via=via)
    return Answer(incident.id, True, actor.name, page.acknowledged_at)


async def moment(work: UnitOfWork, incident: Incident, occurred_at: datetime | None) -> datetime:
    """When it happened, as far as it can be true: not before the incident, not after now."""
    now = await work.now()
    return max(incident.triggered_at, min(occurred_at or now, now))


async def _first(work: UnitOfWork, incident: Incident, actor: Actor, via: str, at: datetime) -> Answer:
    # Mitigated by somebody who never acknowledged: it stays so, but now somebody has answered.
    if incident.status in ANSWERED:
        locking.touch(incident)
    else:
        locking.move(incident, IncidentStatus.ACKNOWLEDGED)
    incident.acknowledged_at, incident.acknowledged_by = at, actor.name
    incident.lapses_at = await work.now() + incident.lapses_after
    await escalation.cancel(work, incident, f"acknowledged by {actor.name}")
    await paging.withdraw(work, incident, Signal.ACKNOWLEDGE, paging.LADDER)
    await _take_part(work, incident, actor)
    text = f"{actor.name} acknowledged"
    await timeline.append(work, incident, actor, "acknowledged", text, occurred_at=at, via=via)
    await trail.record(work, actor, "incident.acknowledge", ("incident", incident.id), via=via)
    return Answer(incident.id, True, actor.name, at)


async def _also(work: UnitOfWork, incident: Incident, actor: Actor, via: str) -> Answer:
    by, at = incident.acknowledged_by or "somebody", incident.acknowledged_at or incident.triggered_at
    text = f"{actor.name} acknowledged as well; {by} was first"
    await timeline.append(work, incident, actor, "acknowledged_also", text, via=via)
    if Role.COMMANDER in actor.roles:
        await paging.withdraw(work, incident, Signal.ACKNOWLEDGE, (IncidentRole.INCIDENT_COMMANDER,))
    await trail.record(work, actor, "incident.acknowledge", ("incident", incident.id), via=via, first=by)
    return Answer(incident.id, False, by, at)


async def _take_part(work: UnitOfWork, incident: Incident, actor: Actor) -> None:
    if actor.kind != "person" or actor.id is None:
        return
    role, may_command = IncidentRole.OPERATOR, Role.COMMANDER in actor.roles
    if may_command and incident.commander_id is None and await _commander_paged(work, incident):
        incident.commander_id, role = actor.id, IncidentRole.INCIDENT_COMMANDER
    await participation.join(work, incident, actor.id, role)


async def _commander_paged(work: UnitOfWork, incident: Incident) -> bool:
    paged = select(EscalationStep.step).where(
        EscalationStep.incident_id == incident.id,
        EscalationStep.generation == incident.generation,
        EscalationStep.role == IncidentRole.INCIDENT_COMMANDER,
        EscalationStep.fired_at.is_not(None),
    )
    return await work.session.scalar(paged.limit(1)) is not None
