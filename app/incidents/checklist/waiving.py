"""Leave a step out: a commander and the policy owner, two people, each with a reason that stays."""

from __future__ import annotations

from sqlalchemy import select

from app import wording
from app.audit import trail
from app.errors import Conflict, Forbidden
from app.incidents import locking, rules, timeline
from app.incidents.checklist import demands, items
from app.incidents.models import ChecklistItem, ChecklistWaiver, Incident
from app.incidents.words import ChecklistKey, WaiverRole
from app.security.permissions import Actor, Role, Scope
from app.storage.unit_of_work import UnitOfWork

ROLES = {WaiverRole.COMMANDER: Role.COMMANDER, WaiverRole.POLICY_OWNER: Role.POLICY_OWNER}


async def waive(
    work: UnitOfWork,
    actor: Actor,
    number: int,
    *,
    key: ChecklistKey,
    reason: str,
    expected_version: int | None = None,
) -> int:
    """Sign that a step may be left out. It may once the other of the two has signed as well.

    Raises: Forbidden, Conflict.
    """
    actor.demand(Scope.INCIDENTS_WRITE, sees=Scope.INCIDENTS_READ)
    actor.demand_person("sign")
    held = _held(actor)
    reason = wording.written(reason, path="reason", demand="Say why it may be left out.")
    incident = await locking.lock(work, number, expected_version=expected_version)
    item = await items.item_of(work, incident, key)
    signed = await _signed(work, item)
    role = _role(actor, held, signed)
    if item.done_at is not None:
        raise Conflict("It is done, so there is nothing to leave out.")
    await _sign(work, incident, item, actor, role, reason, signed=len(signed))
    await trail.record(
        work, actor, "incident.waive", ("incident", number), item=key, role=role, reason=reason
    )
    return number


async def _signed(work: UnitOfWork, item: ChecklistItem) -> dict[WaiverRole, int]:
    found = select(ChecklistWaiver.role, ChecklistWaiver.person_id).where(ChecklistWaiver.item_id == item.id)
    return {role: person_id for role, person_id in await work.session.execute(found)}  # noqa: C416 - typed


def _held(actor: Actor) -> list[WaiverRole]:
    held = [role for role, needed in ROLES.items() if needed in actor.roles]
    if not held:
        raise Forbidden("A step is left out by a commander and the policy owner together.")
    return held


def _role(actor: Actor, held: list[WaiverRole], signed: dict[WaiverRole, int]) -> WaiverRole:
    """As what somebody signs: two people are needed, and each of them once."""
    if actor.id in signed.values():
        raise Conflict("You have signed already. The other of the two has to sign as well.")
    free = [role for role in held if role not in signed]
    if not free:
        raise Conflict(f"Another {held[0].value.replace('_', ' ')} has signed already.")
    return free[0]


async def _sign(
    work: UnitOfWork,
    incident: Incident,
    item: ChecklistItem,
    actor: Actor,
    role: WaiverRole,
    reason: str,
    *,
    signed: int,
) -> None:
    work.write(
        ChecklistWaiver,
        item_id=item.id,
        role=role,
        person_id=actor.id,
        signed_at=await work.now(),
        reason=reason,
    )
    locking.touch(incident)
    is_waived = signed + 1 >= len(rules.WAIVER_ROLES)
    done = "is left out" if is_waived else "may be left out, if the other of the two agrees"
    text = f"{demands.TITLES[item.key]}: {done}. {actor.name}, {role.value.replace('_', ' ')}: {reason}"
    await timeline.append(work, incident, actor, "checklist_waived", text, item=item.key, role=role)
