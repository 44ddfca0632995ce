"""The end of an incident, and its way back: mitigated, resolved, reopened, canceled."""

from __future__ import annotations

from sqlalchemy import update

from app import clock
from app.audit import trail
from app.errors import Forbidden, InvalidInput, InvalidTransition
from app.incidents import escalation, locking, paging, participation, rules, timeline
from app.incidents.models import Alert, Incident
from app.incidents.words import AlertStatus, IncidentRole, IncidentStatus, Signal
from app.security.permissions import Actor, Scope
from app.storage.unit_of_work import UnitOfWork


async def mitigate(
    work: UnitOfWork, actor: Actor, number: int, *, expected_version: int | None = None
) -> int:
    """Say that it hurts nobody any more, though its cause may stand."""
    incident = await _take(work, actor, number, expected_version)
    await _demand_commander(work, incident, actor)
    locking.move(incident, IncidentStatus.MITIGATED)
    incident.mitigated_at = await clock.read(work.session)
    await escalation.cancel(work, incident, f"mitigated by {actor.name}")
    await paging.withdraw(work, incident, Signal.ACKNOWLEDGE)
    await timeline.append(work, incident, actor, "mitigated", f"{actor.name} marked it mitigated")
    await trail.record(work, actor, "incident.mitigate", ("incident", number))
    return number


async def resolve(work: UnitOfWork, actor: Actor, number: int, *, expected_version: int | None = None) -> int:
    """Say that it is over: timers stop and every page is resolved at its provider."""
    incident = await _take(work, actor, number, expected_version)
    await _demand_commander(work, incident, actor)
    await end(work, incident, actor, f"{actor.name} resolved it")
    await trail.record(work, actor, "incident.resolve", ("incident", number))
    return number


async def end(work: UnitOfWork, incident: Incident, actor: Actor, text: str) -> None:
    """Resolve a locked incident, whoever or whatever says so."""
    locking.move(incident, IncidentStatus.RESOLVED)
    incident.resolved_at = await clock.read(work.session)
    await escalation.cancel(work, incident, "resolved")
    await paging.withdraw(work, incident, Signal.RESOLVE)
    await timeline.append(work, incident, actor, "resolved", text)


async def reopen(
    work: UnitOfWork, actor: Actor, number: int, *, reason: str, expected_version: int | None = None
) -> int:
    """Take a resolved incident up again: a new generation, new pages, a fresh five minutes."""
    reason = _reason(reason)
    incident = await _take(work, actor, number, expected_version)
    await begin_again(work, incident, actor, f"{actor.name} reopened it: {reason}")
    await trail.record(work, actor, "incident.reopen", ("incident", number), reason=reason)
    return number


async def begin_again(work: UnitOfWork, incident: Incident, actor: Actor, text: str) -> None:
    """Reopen a locked incident, whoever or whatever says so."""
    if incident.status is not IncidentStatus.RESOLVED:
        raise InvalidTransition(
            f"OPS-{incident.id} is {incident.status.value}; only a resolved incident can be reopened.",
            current=incident.status.value,
            wanted=IncidentStatus.TRIGGERED.value,
            allowed=sorted(status.value for status in rules.TRANSITIONS[incident.status]),
        )
    locking.move(incident, IncidentStatus.TRIGGERED)
    incident.generation += 1
    incident.acknowledged_at = incident.acknowledged_by = None
    incident.mitigated_at = incident.resolved_at = None
    await timeline.append(work, incident, actor, "reopened", text, generation=incident.generation)
    await escalation.begin(work, incident, actor, at=await clock.read(work.session))
    await participation.loop_in(work, incident)


async def cancel(
    work: UnitOfWork, actor: Actor, number: int, *, reason: str, expected_version: int | None = None
) -> int:
    """Say that it never was an incident. For S0 and S1 only a commander may."""
    reason = _reason(reason)
    incident = await _take(work, actor, number, expected_version)
    if rules.needs_commander(incident.severity) and not actor.can(Scope.INCIDENTS_COMMAND):
        raise Forbidden(f"Only an incident commander may cancel an {incident.severity} incident.")
    locking.move(incident, IncidentStatus.CANCELED)
    await escalation.cancel(work, incident, "canceled")
    await paging.withdraw(work, incident, Signal.RESOLVE)
    await work.session.execute(
        update(Alert)
        .where(Alert.incident_id == incident.id, Alert.status != AlertStatus.RESOLVED)
        .values(status=AlertStatus.RESOLVED, resolved_at=clock.now())
    )
    await timeline.append(work, incident, actor, "canceled", f"{actor.name} canceled it: {reason}")
    await trail.record(work, actor, "incident.cancel", ("incident", number), reason=reason)
    return number


async def _take(work: UnitOfWork, actor: Actor, number: int, expected_version: int | None) -> Incident:
    actor.demand(Scope.INCIDENTS_WRITE, sees=Scope.INCIDENTS_READ)
    return await locking.lock(work, number, expected_version=expected_version)


async def _demand_commander(work: UnitOfWork, incident: Incident, actor: Actor) -> None:
    """For S0 and S1 somebody must be in command; a commander who acts while nobody is takes it over."""
    if not rules.needs_commander(incident.severity) or incident.commander_id is not None:
        return
    if actor.kind != "person" or actor.id is None or not actor.can(Scope.INCIDENTS_COMMAND):
        raise Forbidden(f"OPS-{incident.id} is {incident.severity} and has no commander. Assign one first.")
    incident.commander_id = actor.id
    await participation.join(work, incident, actor.id, IncidentRole.INCIDENT_COMMANDER)


def _reason(text: str) -> str:
    if not (text := text.strip()):
        raise InvalidInput("Say why.", path=("reason",))
    return text
