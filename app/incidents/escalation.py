"""The five minutes: timers are rows, fired once by whoever sees them due, cancelled by an acknowledgement.

Source: handbook, "Paging sequence".
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, insert, select, update

from app import clock
from app.audit import trail
from app.errors import InvalidTransition
from app.incidents import locking, paging, rules, timeline
from app.incidents.models import EscalationPolicyVersion, EscalationStep, Incident
from app.incidents.words import IncidentRole, IncidentStatus
from app.security.permissions import SYSTEM, Actor, Scope
from app.storage.unit_of_work import UnitOfWork

BATCH = 20
ROLE_WORDS = {
    IncidentRole.OPERATOR: "the on-call operator",
    IncidentRole.INCIDENT_COMMANDER: "the incident commander",
    IncidentRole.POLICY_OWNER: "Trust & Safety",
}


async def begin(work: UnitOfWork, incident: Incident, actor: Actor, *, at: datetime) -> None:
    """Page whom the policy names first, and set the timers of the others, all counted from `at`."""
    policy = await work.session.get_one(EscalationPolicyVersion, incident.policy_version_id)
    taken = await _last_step(work, incident)
    for step, rung in enumerate(policy.steps, start=taken + 1):
        due_at = at + timedelta(seconds=rung["after_seconds"])
        await _set(work, incident, step, IncidentRole(rung["role"]), due_at)
    await _fire(work, incident, actor)


async def rearm(work: UnitOfWork, incident: Incident, actor: Actor, reason: str) -> None:
    """Wait for an acknowledgement anew: fresh pages under new keys, and a fresh five minutes."""
    locking.move(incident, IncidentStatus.TRIGGERED)
    await timeline.append(work, incident, actor, "unacknowledged", f"{reason}: paging again")
    await cancel(work, incident, "paging began again")
    await begin(work, incident, actor, at=await clock.read(work.session))


async def escalate(
    work: UnitOfWork, actor: Actor, number: int, *, expected_version: int | None = None
) -> int:
    """Page the next in line now instead of waiting; answers the incident's number."""
    actor.demand(Scope.INCIDENTS_WRITE, sees=Scope.INCIDENTS_READ)
    incident = await locking.lock(work, number, expected_version=expected_version)
    if incident.status not in rules.OPEN:
        raise InvalidTransition(
            f"OPS-{number} is {incident.status.value}; nobody needs to be paged for it.",
            current=incident.status.value,
            wanted=IncidentStatus.TRIGGERED.value,
            allowed=(),
        )
    step, role = await _next_rung(work, incident)
    locking.touch(incident)
    text = f"{actor.name} escalated to {ROLE_WORDS[role]}"
    await timeline.append(work, incident, actor, "escalated", text, step=step, manual=True)
    await paging.queue(work, incident, step=step, role=role)
    await trail.record(work, actor, "incident.escalate", ("incident", number), role=role)
    return number


async def cancel(work: UnitOfWork, incident: Incident, reason: str) -> None:
    """Stop every timer of a locked incident that has not fired."""
    await work.session.execute(
        update(EscalationStep)
        .where(EscalationStep.incident_id == incident.id, *_waiting())
        .values(cancelled_at=clock.now(), cancel_reason=reason)
    )


async def fire_due(work: UnitOfWork) -> int:
    """Fire what is due, the worst incidents first; answers how many incidents had something due.

    An incident that somebody holds is left to them: it may be the acknowledgement.
    """
    due = (
        select(EscalationStep.incident_id)
        .where(*_waiting(), EscalationStep.due_at <= clock.now())
        .scalar_subquery()
    )
    held = await work.session.scalars(
        select(Incident)
        .where(Incident.id.in_(due))
        .order_by(Incident.severity, Incident.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    incidents = held.all()
    for incident in incidents:
        await _fire(work, incident, SYSTEM)
    return len(incidents)


async def seconds_until_due(work: UnitOfWork) -> float | None:
    """How long until the next timer is due; negative when it is late, None when none runs."""
    wait = func.extract("epoch", func.min(EscalationStep.due_at) - clock.now())
    seconds = await work.session.scalar(select(wait).where(*_waiting()))
    return None if seconds is None else float(seconds)


async def _fire(work: UnitOfWork, incident: Incident, actor: Actor) -> None:
    fired = await work.session.execute(
        update(EscalationStep)
        .where(EscalationStep.incident_id == incident.id, *_waiting(), EscalationStep.due_at <= clock.now())
        .values(fired_at=clock.now())
        .returning(EscalationStep.step, EscalationStep.role)
    )
    for step, role in sorted(fired.all()):
        await _page(work, incident, actor, step, role)


async def _page(work: UnitOfWork, incident: Incident, actor: Actor, step: int, role: IncidentRole) -> None:
    whom = ROLE_WORDS[role]
    if role is IncidentRole.OPERATOR:
        await timeline.append(work, incident, actor, "paged", f"Paging {whom}", step=step, role=role)
    else:
        text = f"No acknowledgement within {_minutes(rules.ACKNOWLEDGE_WITHIN)}: paging {whom}"
        await timeline.append(work, incident, SYSTEM, "escalated", text, step=step, role=role)
        locking.touch(incident)
    await paging.queue(work, incident, step=step, role=role)


async def _set(
    work: UnitOfWork,
    incident: Incident,
    step: int,
    role: IncidentRole,
    due_at: datetime,
    fired_at: datetime | None = None,
) -> None:
    values = {"incident_id": incident.id, "generation": incident.generation, "step": step, "role": role}
    await work.session.execute(insert(EscalationStep).values(**values, due_at=due_at, fired_at=fired_at))
    work.wake("pager")


async def _next_rung(work: UnitOfWork, incident: Incident) -> tuple[int, IncidentRole]:
    """Fire the next timer now; past the last one, the commander is paged again on a rung of its own."""
    mine = (EscalationStep.incident_id == incident.id, EscalationStep.generation == incident.generation)
    first = select(func.min(EscalationStep.step)).where(*mine, *_waiting()).scalar_subquery()
    now = await clock.read(work.session)
    early = update(EscalationStep).where(*mine, EscalationStep.step == first).values(due_at=now, fired_at=now)
    rung = await work.session.execute(early.returning(EscalationStep.step, EscalationStep.role))
    if found := rung.first():
        return found
    step, role = await _last_step(work, incident) + 1, IncidentRole.INCIDENT_COMMANDER
    await _set(work, incident, step, role, now, fired_at=now)
    return step, role


async def _last_step(work: UnitOfWork, incident: Incident) -> int:
    newest = select(func.coalesce(func.max(EscalationStep.step), 0)).where(
        EscalationStep.incident_id == incident.id, EscalationStep.generation == incident.generation
    )
    return await work.session.scalar(newest) or 0


def _waiting() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return EscalationStep.fired_at.is_(None), EscalationStep.cancelled_at.is_(None)


def _minutes(delay: timedelta) -> str:
    return f"{delay.total_seconds() / 60:g} minutes"
