"""Somebody answers: the timers stop, the other pages are told, and who came second is told who was first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app import clock
from app.audit import trail
from app.errors import StaleVersion
from app.incidents import escalation, locking, paging, participation, timeline
from app.incidents.models import EscalationStep, Incident
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
    Raises: InvalidTransition when the incident is over; StaleVersion when it changed and still waits.
    Source: handbook, "Paging sequence".
    """
    actor.demand(Scope.INCIDENTS_WRITE, sees=Scope.INCIDENTS_READ)
    incident = await locking.lock(work, number)
    if incident.status in ANSWERED and incident.acknowledged_at is not None:
        return await _also(work, incident, actor, via)
    if expected_version is not None and incident.version != expected_version:
        raise StaleVersion(f"OPS-{number} has changed since you saw it. Look again, then decide.")
    locking.move(incident, IncidentStatus.ACKNOWLEDGED)
    incident.acknowledged_at = await _moment(work, incident, occurred_at)
    incident.acknowledged_by = actor.name
    await escalation.cancel(work, incident, f"acknowledged by {actor.name}")
    await paging.withdraw(work, incident, Signal.ACKNOWLEDGE)
    await timeline.append(
        work,
        incident,
        actor,
        "acknowledged",
        f"{actor.name} acknowledged",
        occurred_at=incident.acknowledged_at,
        via=via,
    )
    await _take_part(work, incident, actor)
    await trail.record(work, actor, "incident.acknowledge", ("incident", number), via=via)
    return Answer(number, True, actor.name, incident.acknowledged_at)


async def _also(work: UnitOfWork, incident: Incident, actor: Actor, via: str) -> Answer:
    by, at = incident.acknowledged_by or "somebody", incident.acknowledged_at or incident.triggered_at
    text = f"{actor.name} acknowledged as well; {by} was first"
    await timeline.append(work, incident, actor, "acknowledged_also", text, via=via)
    await trail.record(work, actor, "incident.acknowledge", ("incident", incident.id), via=via, first=by)
    return Answer(incident.id, False, by, at)


async def _moment(work: UnitOfWork, incident: Incident, occurred_at: datetime | None) -> datetime:
    now = await clock.read(work.session)
    return max(incident.triggered_at, min(occurred_at or now, now))


async def _take_part(work: UnitOfWork, incident: Incident, actor: Actor) -> None:
    if actor.kind != "person" or actor.id is None:
        return
    if (
        incident.commander_id is None
        and Role.COMMANDER in actor.roles
        and await _commander_paged(work, incident)
    ):
        incident.commander_id = actor.id
        await participation.join(work, incident, actor.id, IncidentRole.INCIDENT_COMMANDER)
    else:
        await participation.join(work, incident, actor.id, IncidentRole.OPERATOR)


async def _commander_paged(work: UnitOfWork, incident: Incident) -> bool:
    paged = select(EscalationStep.step).where(
        EscalationStep.incident_id == incident.id,
        EscalationStep.generation == incident.generation,
        EscalationStep.role == IncidentRole.INCIDENT_COMMANDER,
        EscalationStep.fired_at.is_not(None),
    )
    return await work.session.scalar(paged.limit(1)) is not None
