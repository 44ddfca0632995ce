"""Leave a duty to readers out: a commander and the policy owner, two people, each with a lasting reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from app import wording
from app.audit import trail
from app.errors import Conflict, Forbidden, NotFound
from app.incidents import locking, rules, timeline
from app.incidents.communication.rules import OWED_FOR
from app.incidents.models import Incident, Obligation, ObligationWaiver
from app.incidents.words import WaiverRole
from app.security.models import Person
from app.security.permissions import Actor, Role, Scope
from app.storage.unit_of_work import UnitOfWork

ROLES = {WaiverRole.COMMANDER: Role.COMMANDER, WaiverRole.POLICY_OWNER: Role.POLICY_OWNER}


@dataclass(frozen=True, slots=True)
class Signature:
    """Who has signed, as what, and why."""

    role: WaiverRole
    person_id: int
    name: str
    reason: str


async def waive(
    work: UnitOfWork,
    actor: Actor,
    number: int,
    *,
    kind: str,
    reason: str,
    expected_version: int | None = None,
) -> int:
    """Sign that the open duty of a kind may be left out. It is once the other of the two has signed as well.

    Raises: Forbidden, Conflict; NotFound when nothing of the kind is owed.
    """
    actor.demand(Scope.INCIDENTS_WRITE, sees=Scope.INCIDENTS_READ)
    person_id = actor.demand_person("sign")
    reason = wording.written(reason, path="reason", demand="Say why it may be left out.")
    incident = await locking.lock(work, number, expected_version=expected_version)
    obligation = await _owed(work, incident, kind)
    signed = await _signed(work, obligation)
    role = _role(actor, signed)
    work.write(
        ObligationWaiver,
        obligation_id=obligation.id,
        role=role,
        person_id=person_id,
        signed_at=await work.now(),
        reason=reason,
    )
    await _conclude(
        work, incident, actor, obligation, [*signed, Signature(role, person_id, actor.name, reason)]
    )
    locking.touch(incident)
    await trail.record(
        work, actor, "incident.waive_obligation", ("incident", number), duty=kind, role=role, reason=reason
    )
    return number


async def _owed(work: UnitOfWork, incident: Incident, kind: str) -> Obligation:
    owed = select(Obligation).where(
        Obligation.incident_id == incident.id,
        Obligation.kind == kind,
        Obligation.kind.in_(OWED_FOR),
        Obligation.met_at.is_(None),
        Obligation.waived_by.is_(None),
    )
    found: Obligation | None = await work.session.scalar(owed.order_by(Obligation.due_at).limit(1))
    if found is None:
        raise NotFound("Nothing of this kind is owed to anybody.", path=("kind",))
    return found


async def _signed(work: UnitOfWork, obligation: Obligation) -> list[Signature]:
    waiver = ObligationWaiver
    rows = await work.session.execute(
        select(waiver.role, waiver.person_id, Person.name, waiver.reason)
        .join(Person, Person.id == waiver.person_id)
        .where(waiver.obligation_id == obligation.id)
    )
    return [Signature(*row) for row in rows]


def _role(actor: Actor, signed: Sequence[Signature]) -> WaiverRole:
    """As what somebody signs: two people are needed, and each of them once."""
    held = [role for role, needed in ROLES.items() if needed in actor.roles]
    if not held:
        raise Forbidden("A duty is left out by a commander and the policy owner together.")
    if any(one.person_id == actor.id for one in signed):
        raise Conflict("You have signed already. The other of the two has to sign as well.")
    free = [role for role in held if role not in {one.role for one in signed}]
    if not free:
        raise Conflict(f"Another {held[0].value.replace('_', ' ')} has signed already.")
    return free[0]


async def _conclude(
    work: UnitOfWork, incident: Incident, actor: Actor, obligation: Obligation, signed: Sequence[Signature]
) -> None:
    is_waived, newest = len(signed) >= len(rules.WAIVER_ROLES), signed[-1]
    if is_waived:
        obligation.waived_by = [one.name for one in signed]
        obligation.waive_reason = "; ".join(one.reason for one in signed)
    done = "is left out" if is_waived else "may be left out, if the other of the two agrees"
    words = obligation.kind.replace("_", " ").capitalize()
    text = f"{words}: {done}. {newest.name}, {newest.role.value.replace('_', ' ')}: {newest.reason}"
    duty = obligation.kind
    await timeline.append(work, incident, actor, "obligation_waived", text, duty=duty, role=newest.role)
