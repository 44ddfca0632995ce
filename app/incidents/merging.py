"""Merge incidents that are about the same fault: one of them goes on, and the others go on in it.

Source: state machine; an open incident may become merged, into one that is open. It cannot be undone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import InstrumentedAttribute

from app.audit import trail
from app.errors import Forbidden, InvalidInput, NotFound
from app.incidents import locking, participation, resolution, rules, severity, timeline
from app.incidents.communication import obligations
from app.incidents.models import Alert, Incident, TrendStanding
from app.incidents.rules import Verdict
from app.incidents.severity import PERSON
from app.incidents.words import IncidentStatus
from app.security.permissions import Actor, Scope
from app.storage.unit_of_work import UnitOfWork

AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Seen:
    """An incident as somebody has seen it."""

    number: int
    version: int | None = None


async def merge(work: UnitOfWork, actor: Actor, merged: Sequence[Seen], *, into: Seen) -> int:
    """Let incidents go on in another one, all of them or none; answers that one's number.

    Their alerts and whatever their groups say later belong there, their pages are resolved, and the worse
    severity counts. An S0 or S1 ends so by a commander's hand alone, for its escalation ends with it.
    Raises: InvalidTransition when one of them is over; StaleVersion when one changed.
    """
    actor.demand(Scope.INCIDENTS_WRITE, sees=Scope.INCIDENTS_READ)
    _check(merged, into)
    held = await _lock(work, [into, *merged])
    target = held[into.number]
    if target.status not in rules.OPEN:
        raise locking.refusal(target, IncidentStatus.MERGED, "incidents are merged into one that is open")
    for one in sorted(merged, key=lambda one: one.number):
        await _merge(work, actor, held[one.number], target)
    return target.id


def _check(merged: Sequence[Seen], into: Seen) -> None:
    numbers = [one.number for one in merged]
    if not 0 < len(numbers) <= AT_ONCE or len(set(numbers)) < len(numbers):
        raise InvalidInput(f"Name 1 to {AT_ONCE} incidents, each once.", path=("incidents",))
    if into.number in numbers:
        raise InvalidInput("An incident cannot be merged into itself. Choose another one.", path=("into",))


async def _lock(work: UnitOfWork, seen: Sequence[Seen]) -> Mapping[int, Incident]:
    """Lock them and their groups, so that nothing that their alerts say comes between."""
    numbers = [one.number for one in seen]
    groups = await work.session.execute(
        select(Incident.source_id, Incident.group_key).where(Incident.id.in_(numbers))
    )
    await locking.lock_groups(work, [(source_id, key) for source_id, key in groups if source_id and key])
    held = await locking.lock_many(work, numbers)
    for one in seen:
        if one.number not in held:
            raise NotFound(f"There is no incident OPS-{one.number}.", path=("incidents",))
        locking.demand_version(held[one.number], one.version)
    return held


async def _merge(work: UnitOfWork, actor: Actor, incident: Incident, target: Incident) -> None:
    if rules.needs_commander(incident.severity) and not actor.can(Scope.INCIDENTS_COMMAND):
        raise Forbidden(
            f"OPS-{incident.id} is {incident.severity}: only an incident commander may merge it."
            " Merge the other one into it, or ask one."
        )
    hurts = incident.status is not IncidentStatus.MITIGATED
    locking.move(incident, IncidentStatus.MERGED)
    incident.merged_into_id = target.id
    alerts = await _hand_over(work, incident, target)
    await resolution.stop(work, incident, f"merged into OPS-{target.id}")
    await _link(work, actor, incident, target, alerts)
    if hurts and target.status is IncidentStatus.MITIGATED:
        await resolution.regress(work, target, actor, f"OPS-{incident.id} still hurts")
    if incident.severity.rank < target.severity.rank:
        target.severity_source = incident.severity_source
        reason = f"OPS-{incident.id}, which is {incident.severity}, was merged into it"
        await severity.apply(work, target, actor, Verdict(incident.severity, PERSON, reason), evidence={})
    into = {"into": target.id, "alerts": alerts}
    await trail.record(work, actor, "incident.merge", ("incident", incident.id), **into)


async def _hand_over(work: UnitOfWork, incident: Incident, target: Incident) -> int:
    """Let everything that goes on go on in the target; answers how many alerts that is."""
    alerts = await _move(work, Alert.incident_id, Alert.id, incident, target)
    await _move(work, TrendStanding.incident_id, TrendStanding.stream, incident, target)
    # What was merged into this one before goes on there as well: nobody has to follow a chain.
    await _move(work, Incident.merged_into_id, Incident.id, incident, target)
    await participation.bring(work, incident, target)
    await obligations.hand_over(work, incident, target)
    return alerts


async def _move(
    work: UnitOfWork,
    belongs: InstrumentedAttribute[Any],
    key: InstrumentedAttribute[Any],
    incident: Incident,
    target: Incident,
) -> int:
    moved = await work.session.scalars(
        update(belongs.class_)
        .where(belongs == incident.id)
        .values({belongs.key: target.id})
        .returning(key)
        .execution_options(synchronize_session=False)
    )
    return len(moved.all())


async def _link(work: UnitOfWork, actor: Actor, incident: Incident, target: Incident, alerts: int) -> None:
    """Say in both timelines where the other one is."""
    text = f"{actor.name} merged it into OPS-{target.id}: {target.title}"
    await timeline.append(work, incident, actor, "merged", text, into=target.id, alerts=alerts)
    text = f"{actor.name} merged OPS-{incident.id} into it: {incident.title}"
    locking.touch(target)
    await timeline.append(work, target, actor, "merged_in", text, number=incident.id, alerts=alerts)
