"""The end of an incident, and its way back: mitigated, resolved, reopened, canceled."""

from __future__ import annotations

from sqlalchemy import select, update

from app import wording
from app.audit import trail
from app.errors import Conflict, Forbidden
from app.incidents import (
    checklist,
    closing,
    escalation,
    locking,
    loop_in,
    paging,
    participation,
    rules,
    timeline,
)
from app.incidents.communication import obligations
from app.incidents.models import Alert, Incident
from app.incidents.words import AlertStatus, IncidentRole, IncidentStatus, Signal
from app.security.permissions import Actor, Scope
from app.storage.unit_of_work import UnitOfWork

# What a silence holds back fires on, and is heard when that is over.
STAY = (AlertStatus.RESOLVED, AlertStatus.SUPPRESSED)


async def mitigate(
    work: UnitOfWork, actor: Actor, number: int, *, expected_version: int | None = None
) -> int:
    """Say that it hurts nobody any more, though its cause may stand. For S0 and S1 the commander says so."""
    incident = await _take(work, actor, number, expected_version)
    commands = actor.can(Scope.INCIDENTS_COMMAND) or participation.is_commander(incident, actor)
    if rules.needs_commander(incident.severity) and not commands:
        raise Forbidden(f"OPS-{number} is {incident.severity}: only its incident commander may mitigate it.")
    await _demand_commander(work, incident, actor)
    locking.move(incident, IncidentStatus.MITIGATED)
    incident.mitigated_at = max(incident.triggered_at, await work.now())
    await escalation.cancel(work, incident, f"mitigated by {actor.name}")
    await paging.withdraw(work, incident, Signal.ACKNOWLEDGE, paging.LADDER)
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
    if incident.status is IncidentStatus.CLOSED:
        raise locking.refusal(incident, IncidentStatus.RESOLVED, "its review would have to be reopened")
    locking.move(incident, IncidentStatus.RESOLVED)
    incident.resolved_at = max(incident.triggered_at, await work.now())
    await _stop(work, incident, "resolved")
    await timeline.append(work, incident, actor, "resolved", text)
    await checklist.begin(work, incident)


async def reopen(
    work: UnitOfWork, actor: Actor, number: int, *, reason: str, expected_version: int | None = None
) -> int:
    """Take it up again. What was resolved begins anew; what was mitigated is acknowledged as before; of what
    was closed the review begins anew, for a commander.

    Raises: Conflict when another incident is open for the same alerts.
    """
    reason = wording.written(reason, path="reason", demand="Say why.")
    await _lock_group(work, number)
    incident = await _take(work, actor, number, expected_version)
    if incident.status is IncidentStatus.MITIGATED:
        await regress(work, incident, actor, f"{actor.name} reopened it: {reason}")
    elif incident.status is IncidentStatus.CLOSED:
        await closing.reopen_review(work, incident, actor, reason)
    else:
        await _demand_alone(work, incident)
        await begin_again(work, incident, actor, f"{actor.name} reopened it: {reason}")
    await trail.record(work, actor, "incident.reopen", ("incident", number), reason=reason)
    return number


async def begin_again(work: UnitOfWork, incident: Incident, actor: Actor, text: str) -> None:
    """Reopen a resolved, locked incident: a new generation, new pages, a fresh five minutes."""
    if incident.status is not IncidentStatus.RESOLVED:
        raise locking.refusal(incident, IncidentStatus.TRIGGERED, "only a resolved one can be reopened")
    locking.move(incident, IncidentStatus.TRIGGERED)
    incident.generation += 1
    incident.acknowledged_at = incident.acknowledged_by = None
    incident.mitigated_at = incident.resolved_at = None
    await timeline.append(work, incident, actor, "reopened", text, generation=incident.generation)
    await escalation.begin_anew(work, incident, actor)
    await loop_in.begin(work, incident)
    await obligations.begin(work, incident)


async def regress(work: UnitOfWork, incident: Incident, actor: Actor, text: str) -> None:
    """Say of a mitigated, locked incident that it hurts again. Whoever answered it goes on."""
    locking.move(incident, IncidentStatus.ACKNOWLEDGED)
    incident.mitigated_at = None
    incident.lapses_at = await work.now() + incident.lapses_after
    await timeline.append(work, incident, actor, "regressed", text)


async def cancel(
    work: UnitOfWork, actor: Actor, number: int, *, reason: str, expected_version: int | None = None
) -> int:
    """Say that it never was an incident. For S0 and S1 only a commander may."""
    reason = wording.written(reason, path="reason", demand="Say why.")
    incident = await _take(work, actor, number, expected_version)
    if rules.needs_commander(incident.severity) and not actor.can(Scope.INCIDENTS_COMMAND):
        raise Forbidden(f"Only an incident commander may cancel an {incident.severity} incident.")
    locking.move(incident, IncidentStatus.CANCELED)
    await _stop(work, incident, "canceled")
    await timeline.append(work, incident, actor, "canceled", f"{actor.name} canceled it: {reason}")
    await trail.record(work, actor, "incident.cancel", ("incident", number), reason=reason)
    return number


async def stop(work: UnitOfWork, incident: Incident, reason: str) -> None:
    """Stop the timers, pages and duties of a locked incident that nobody answers any more."""
    await escalation.cancel(work, incident, reason)
    await obligations.lift(work, incident)
    await paging.withdraw(work, incident, Signal.RESOLVE)


async def _stop(work: UnitOfWork, incident: Incident, reason: str) -> None:
    """Stop it, and let go of the alerts: one that fires again is a new one.

    Many senders never say that an alert is over; it would stay known, and never page anybody again.
    """
    await stop(work, incident, reason)
    await work.session.execute(
        update(Alert)
        .where(Alert.incident_id == incident.id, Alert.status.not_in(STAY))
        .values(status=AlertStatus.RESOLVED, resolved_at=await work.now())
        .execution_options(synchronize_session=False)
    )


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


async def _lock_group(work: UnitOfWork, number: int) -> None:
    """Keep the intake from opening an incident for the same alerts meanwhile."""
    found = await work.session.execute(
        select(Incident.source_id, Incident.group_key).where(Incident.id == number)
    )
    source_id, group_key = found.one_or_none() or (None, None)
    if source_id is not None and group_key is not None:
        await locking.lock_groups(work, [(source_id, group_key)])


async def _demand_alone(work: UnitOfWork, incident: Incident) -> None:
    if incident.source_id is None:
        return
    other = await work.session.scalar(
        select(Incident.id).where(
            Incident.source_id == incident.source_id,
            Incident.group_key == incident.group_key,
            Incident.status.in_(rules.OPEN),
            Incident.id != incident.id,
        )
    )
    if other is not None:
        raise Conflict(f"OPS-{other} is open for the same alerts. Work on that one.")
