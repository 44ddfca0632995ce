"""The five minutes: timers are rows, fired once by whoever sees them due, cancelled by an acknowledgement.

Source: handbook, "Paging sequence".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import aliased

from app import clock
from app.audit import trail
from app.incidents import locking, paging, rules, timeline
from app.incidents.models import EscalationPolicyVersion, EscalationStep, Incident
from app.incidents.words import IncidentRole, IncidentStatus, Severity, Signal
from app.security.permissions import SYSTEM, Actor, Scope
from app.storage.unit_of_work import UnitOfWork

BATCH = 200
MEANWHILE = 20  # while others hold worse ones, which they soon let go
ROLE_WORDS = {
    IncidentRole.OPERATOR: "the on-call operator",
    IncidentRole.INCIDENT_COMMANDER: "the incident commander",
    IncidentRole.POLICY_OWNER: "Trust & Safety",
    IncidentRole.COMMS_LEAD: "the comms lead",
    IncidentRole.SCRIBE: "the scribe",
}


async def begin(
    work: UnitOfWork, incident: Incident, policy: EscalationPolicyVersion, actor: Actor, *, after: int = 0
) -> None:
    """Page whom the policy names first, and set the timers of the others, all counted from this moment.

    The steps are numbered from the one that comes `after` those that the generation has.
    """
    now = await work.now()
    for step, rung in enumerate(policy.steps, start=after + 1):
        role, wait = IncidentRole(rung["role"]), timedelta(seconds=rung["after_seconds"])
        _set(work, incident, step, role, due_at=now + wait, fired_at=None if wait else now)
        if not wait:
            await _page(work, incident, actor, step, role)


async def begin_anew(work: UnitOfWork, incident: Incident, actor: Actor) -> None:
    """Begin again with the policy that the incident was opened under, whatever has been edited since."""
    policy = await work.session.get_one(EscalationPolicyVersion, incident.policy_version_id)
    await begin(work, incident, policy, actor, after=await _last_step(work, incident))


async def rearm(work: UnitOfWork, incident: Incident, actor: Actor, reason: str) -> None:
    """Wait for an acknowledgement anew: fresh pages under new keys, and a fresh five minutes.

    The pages so far are resolved, or their provider would go on paging by its own timeouts.
    """
    await cancel(work, incident, "paging began again")
    await paging.withdraw(work, incident, Signal.RESOLVE, paging.LADDER)
    locking.move(incident, IncidentStatus.TRIGGERED)
    incident.acknowledged_at = incident.acknowledged_by = None
    await timeline.append(work, incident, actor, "unacknowledged", f"{reason}: paging again")
    await begin_anew(work, incident, actor)


async def escalate(
    work: UnitOfWork, actor: Actor, number: int, *, expected_version: int | None = None
) -> int:
    """Page the next in line now instead of waiting; answers the incident's number."""
    actor.demand(Scope.INCIDENTS_WRITE, sees=Scope.INCIDENTS_READ)
    incident = await locking.lock(work, number, expected_version=expected_version)
    if incident.status not in rules.OPEN:
        raise locking.refusal(incident, IncidentStatus.TRIGGERED, "nobody needs to be paged for it")
    step, role = await _next_rung(work, incident)
    locking.touch(incident)
    text = f"{actor.name} escalated to {ROLE_WORDS[role]}"
    await timeline.append(work, incident, actor, "escalated", text, step=step, role=role, manual=True)
    await paging.queue(work, incident, step=step, role=role)
    await trail.record(work, actor, "incident.escalate", ("incident", number), role=role)
    return number


async def cancel(work: UnitOfWork, incident: Incident, reason: str) -> None:
    """Stop every timer of a locked incident that has not fired."""
    await work.session.execute(
        update(EscalationStep)
        .where(EscalationStep.incident_id == incident.id, *_waiting())
        .values(cancelled_at=clock.now(), cancel_reason=reason)
        .execution_options(synchronize_session=False)
    )


async def fire_due(work: UnitOfWork) -> int:
    """Fire a batch of what is due, the worst incidents first; answers how many steps fired.

    An incident that somebody holds is left to them: it may be the acknowledgement.
    """
    due = select(EscalationStep.incident_id).where(*_waiting(), EscalationStep.due_at <= clock.once())
    others = aliased(Incident)
    worst = select(func.min(others.severity)).where(others.id.in_(due)).scalar_subquery()
    held = await work.session.execute(
        select(Incident, worst)
        .where(Incident.id.in_(due))
        .order_by(Incident.severity, Incident.id)
        .limit(BATCH)
        .with_for_update(of=Incident, skip_locked=True)
    )
    incidents = _worst(held.all())
    if not incidents:
        return 0
    fired = sorted(await _fire(work, incidents))
    for number, step, role in fired:
        await _page(work, incidents[number], SYSTEM, step, role)
    return len(fired)


def _worst(held: Sequence[tuple[Incident, Severity]]) -> dict[int, Incident]:
    """Keep the worst severity's: what they call for must not wait until the others are written, too.

    If worse ones are due, but held by somebody, keep few: those are tried again at once.
    """
    found = [incident for incident, _ in held]
    kept = {one.id: one for one in found if one.severity is found[0].severity}
    overtakes = bool(found) and found[0].severity is not held[0][1]
    return dict(islice(kept.items(), MEANWHILE if overtakes else BATCH))


async def _fire(work: UnitOfWork, numbers: Iterable[int]) -> list[tuple[int, int, IncidentRole]]:
    """Mark what is due as fired. Looks again under the locks: an acknowledgement may have come between."""
    fired = await work.session.execute(
        update(EscalationStep)
        .where(EscalationStep.incident_id.in_(numbers), *_waiting(), EscalationStep.due_at <= clock.once())
        .values(fired_at=func.greatest(EscalationStep.due_at, clock.now()))
        .returning(EscalationStep.incident_id, EscalationStep.step, EscalationStep.role)
        .execution_options(synchronize_session=False)
    )
    return [(number, step, role) for number, step, role in fired]


async def _page(work: UnitOfWork, incident: Incident, actor: Actor, step: int, role: IncidentRole) -> None:
    whom = ROLE_WORDS[role]
    if role is IncidentRole.OPERATOR:
        await timeline.append(work, incident, actor, "paged", f"Paging {whom}", step=step, role=role)
    else:
        text = f"No acknowledgement within {_minutes(rules.ACKNOWLEDGE_WITHIN)}: paging {whom}"
        await timeline.append(work, incident, SYSTEM, "escalated", text, step=step, role=role)
        locking.touch(incident)
    await paging.queue(work, incident, step=step, role=role)


def _set(
    work: UnitOfWork,
    incident: Incident,
    step: int,
    role: IncidentRole,
    *,
    due_at: datetime,
    fired_at: datetime | None,
) -> None:
    call = {"incident_id": incident.id, "generation": incident.generation, "step": step, "role": role}
    work.write(EscalationStep, **call, due_at=due_at, fired_at=fired_at)
    work.wake("pager")


async def _next_rung(work: UnitOfWork, incident: Incident) -> tuple[int, IncidentRole]:
    """Fire the next timer now; past the last one, the commander is paged again on a rung of its own."""
    now = await work.now()
    mine = (EscalationStep.incident_id == incident.id, EscalationStep.generation == incident.generation)
    waiting = select(EscalationStep).where(*mine, *_waiting()).order_by(EscalationStep.step).limit(1)
    if rung := await work.session.scalar(waiting):
        rung.due_at, rung.fired_at = min(rung.due_at, now), now
        return rung.step, rung.role
    step, role = await _last_step(work, incident) + 1, IncidentRole.INCIDENT_COMMANDER
    _set(work, incident, step, role, due_at=now, fired_at=now)
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
