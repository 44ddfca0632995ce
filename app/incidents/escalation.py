"""The five minutes: timers are rows, fired once by whoever sees them due, cancelled by an acknowledgement.

Source: handbook, "Paging sequence".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import islice

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import aliased

from app import clock
from app.audit import trail
from app.incidents import locking, paging, rules, rungs, timeline
from app.incidents.models import EscalationPolicyVersion, EscalationStep, Incident
from app.incidents.rungs import Rung
from app.incidents.words import IncidentRole, IncidentStatus, Severity, Signal
from app.security.permissions import SYSTEM, Actor, Scope
from app.storage.unit_of_work import UnitOfWork

BATCH = 200
MEANWHILE = 20  # while others hold worse ones, which they soon let go


async def begin(
    work: UnitOfWork, incident: Incident, policy: EscalationPolicyVersion, actor: Actor, *, after: int = 0
) -> None:
    """Page whom the policy names first, and set the timers of the others, all counted from this moment.

    The steps are numbered from the one that comes `after` those that the generation has.
    """
    now = await work.now()
    last = len(policy.steps)
    for number, planned in enumerate(policy.steps, start=1):
        role, person_id = IncidentRole(planned["role"]), planned.get("person_id")
        wait = timedelta(seconds=planned["after_seconds"])
        rung = Rung(after + number, role, person_id, repeats=policy.repeats if number == last else None)
        rungs.plan(work, incident, rung, since=now, wait=wait, fired_at=None if wait else now)
        if not wait:
            await rungs.ring(work, incident, actor, rung, fired_at=now, waited=wait)


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
    rung = await _next_rung(work, incident)
    locking.touch(incident)
    text = f"{actor.name} escalated to {await rungs.words(work, rung)}"
    await timeline.append(
        work, incident, actor, "escalated", text, step=rung.step, role=rung.role, manual=True
    )
    await rungs.call(work, incident, rung, fired_at=await work.now())
    await trail.record(work, actor, "incident.escalate", ("incident", number), role=rung.role)
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
    fired = await _fire(work, incidents)
    for step in sorted(fired, key=lambda one: (one.incident_id, one.step)):
        waited = step.due_at - step.since if step.since else rules.ACKNOWLEDGE_WITHIN
        rung, fired_at = rungs.read(step), step.fired_at or step.due_at
        await rungs.ring(work, incidents[step.incident_id], SYSTEM, rung, fired_at=fired_at, waited=waited)
    return len(fired)


def _worst(held: Sequence[tuple[Incident, Severity]]) -> dict[int, Incident]:
    """Keep the worst severity's: what they call for must not wait until the others are written, too.

    If worse ones are due, but held by somebody, keep few: those are tried again at once.
    """
    found = [incident for incident, _ in held]
    kept = {one.id: one for one in found if one.severity is found[0].severity}
    overtakes = bool(found) and found[0].severity is not held[0][1]
    return dict(islice(kept.items(), MEANWHILE if overtakes else BATCH))


async def _fire(work: UnitOfWork, numbers: Iterable[int]) -> list[EscalationStep]:
    """Mark what is due as fired. Looks again under the locks: an acknowledgement may have come between."""
    fired = await work.session.scalars(
        update(EscalationStep)
        .where(EscalationStep.incident_id.in_(numbers), *_waiting(), EscalationStep.due_at <= clock.once())
        .values(fired_at=func.greatest(EscalationStep.due_at, clock.now()))
        .returning(EscalationStep)
        .execution_options(synchronize_session=False)
    )
    return list(fired)


async def _next_rung(work: UnitOfWork, incident: Incident) -> Rung:
    """Fire the next timer now; past the last one, the commander is paged again on a rung of its own."""
    now = await work.now()
    mine = (EscalationStep.incident_id == incident.id, EscalationStep.generation == incident.generation)
    waiting = select(EscalationStep).where(*mine, *_waiting()).order_by(EscalationStep.step).limit(1)
    if step := await work.session.scalar(waiting):
        step.due_at, step.fired_at = min(step.due_at, now), now
        return rungs.read(step)
    rung = Rung(await _last_step(work, incident) + 1, IncidentRole.INCIDENT_COMMANDER)
    rungs.plan(work, incident, rung, since=now, fired_at=now)
    return rung


async def _last_step(work: UnitOfWork, incident: Incident) -> int:
    newest = select(func.coalesce(func.max(EscalationStep.step), 0)).where(
        EscalationStep.incident_id == incident.id, EscalationStep.generation == incident.generation
    )
    return await work.session.scalar(newest) or 0


def _waiting() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return EscalationStep.fired_at.is_(None), EscalationStep.cancelled_at.is_(None)
