"""Write an escalation policy down, and write it anew. What an incident began with stays as it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select, update

from app import wording
from app.audit import trail
from app.errors import Conflict, InvalidInput, NotFound, StaleVersion
from app.incidents.models import AlertSource, EscalationPolicy, EscalationPolicyVersion
from app.incidents.policies import rules
from app.incidents.policies.rules import Draft
from app.security.models import Person
from app.security.permissions import Actor, Scope
from app.storage.unit_of_work import UnitOfWork

NAME_LENGTH = 60


async def add(work: UnitOfWork, actor: Actor, *, name: str, draft: Draft) -> int:
    """Make a policy that sources can choose; answers its id."""
    actor.demand(Scope.ADMIN)
    demand = "Say what the policy is called."
    name = wording.written(" ".join(name.split()), path="name", demand=demand, longest=NAME_LENGTH)
    await _check(work, draft)
    if await work.session.scalar(select(EscalationPolicy.id).where(EscalationPolicy.name == name)):
        raise InvalidInput(f"There is a policy {name!r} already. Choose another name.", path=("name",))
    policy = EscalationPolicy(name=name, is_default=False)
    work.session.add(policy)
    await work.session.flush()
    await _write(work, actor, policy, draft, version=1, reason="")
    await trail.record(work, actor, "policy.add", ("policy", policy.id), name=name, after=_told(draft))
    work.announce("settings")
    return policy.id


async def revise(
    work: UnitOfWork,
    actor: Actor,
    policy_id: int,
    draft: Draft,
    *,
    reason: str,
    expected_version: int | None = None,
) -> int:
    """Add a version that incidents take from now on; those that are open keep theirs.

    Raises: StaleVersion when somebody revised it meanwhile; Conflict when it would say the same.
    """
    actor.demand(Scope.ADMIN)
    reason = wording.written(reason, path="reason", demand="Say why.")
    policy = await _lock(work, policy_id)
    await _check(work, draft)
    newest = await _newest(work, policy_id)
    if expected_version not in (None, newest.version):
        raise StaleVersion(f"{policy.name} has changed since you saw it. Look again, then decide.")
    before = Draft((), newest.repeats, newest.lapses_after)
    if (newest.steps, before.repeats, before.lapses_after) == (
        draft.stored(),
        draft.repeats,
        draft.lapses_after,
    ):
        raise Conflict("That is what the policy says already.")
    await _write(work, actor, policy, draft, version=newest.version + 1, reason=reason)
    was = {"steps": newest.steps, **_limits(before)}
    changes = {"version": newest.version + 1, "before": was, "after": _told(draft), "reason": reason}
    await trail.record(work, actor, "policy.revise", ("policy", policy_id), **changes)
    work.announce("settings")
    return policy_id


async def retire(work: UnitOfWork, actor: Actor, policy_id: int) -> int:
    """Let no incident take a policy any more; its sources fall back to the usual one."""
    actor.demand(Scope.ADMIN)
    policy = await _lock(work, policy_id)
    if policy.is_default:
        raise Conflict("This is the usual policy: every incident needs one. Revise it instead.")
    policy.retired_at = await work.now()
    await work.session.execute(
        update(AlertSource).where(AlertSource.policy_id == policy_id).values(policy_id=None)
    )
    await trail.record(work, actor, "policy.retire", ("policy", policy_id), name=policy.name)
    work.announce("settings")
    return policy_id


async def choose(work: UnitOfWork, actor: Actor, source_id: int, policy_id: int) -> int:
    """Let the incidents of a source take a policy from now on; answers the source's id."""
    actor.demand(Scope.ADMIN)
    policy = await _lock(work, policy_id)
    chosen = await work.session.scalar(
        update(AlertSource)
        .where(AlertSource.id == source_id, AlertSource.revoked_at.is_(None))
        .values(policy_id=None if policy.is_default else policy_id)
        .returning(AlertSource.name)
    )
    if chosen is None:
        raise NotFound("There is no such source that is still in use.", path=("sourceId",))
    await trail.record(work, actor, "policy.choose", ("source", source_id), name=chosen, policy=policy.name)
    work.announce("settings")
    return source_id


async def _lock(work: UnitOfWork, policy_id: int) -> EscalationPolicy:
    """Hold a policy, so that of two who revise it at once one sees what the other wrote."""
    policy = await work.session.get(EscalationPolicy, policy_id, with_for_update=True)
    if policy is None or policy.retired_at is not None:
        raise NotFound("There is no such policy that is still in use.", path=("policyId",))
    return policy


async def _newest(work: UnitOfWork, policy_id: int) -> EscalationPolicyVersion:
    newest = (
        select(EscalationPolicyVersion)
        .where(EscalationPolicyVersion.policy_id == policy_id)
        .order_by(EscalationPolicyVersion.version.desc())
        .limit(1)
    )
    return (await work.session.scalars(newest)).one()


async def _check(work: UnitOfWork, draft: Draft) -> None:
    rules.check(draft)
    named = {step.person_id for step in draft.steps if step.person_id is not None}
    active = select(func.count(Person.id)).where(Person.id.in_(named), Person.deactivated_at.is_(None))
    if named and await work.session.scalar(active) != len(named):
        raise InvalidInput("A step names somebody who is not active. Choose another.", path=("steps",))


async def _write(
    work: UnitOfWork, actor: Actor, policy: EscalationPolicy, draft: Draft, *, version: int, reason: str
) -> None:
    work.write(
        EscalationPolicyVersion,
        policy_id=policy.id,
        version=version,
        steps=draft.stored(),
        repeats=draft.repeats,
        lapses_after=draft.lapses_after,
        reason=reason,
        created_at=await work.now(),
        created_by=actor.name,
    )


def _told(draft: Draft) -> Mapping[str, Any]:
    return {"steps": draft.stored(), **_limits(draft)}


def _limits(draft: Draft) -> Mapping[str, Any]:
    return {"repeats": draft.repeats, "lapses_after_seconds": int(draft.lapses_after.total_seconds())}
