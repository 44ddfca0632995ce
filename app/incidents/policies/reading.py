"""Read what policies say now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.incidents.models import EscalationPolicy, EscalationPolicyVersion
from app.incidents.rungs import ROLE_WORDS
from app.incidents.words import IncidentRole
from app.security.models import Person
from app.security.permissions import Actor, Scope
from app.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Listed:
    """A policy with one of its versions."""

    policy: EscalationPolicy
    version: EscalationPolicyVersion
    whom: Sequence[str]


async def listed(work: UnitOfWork, actor: Actor, *, name: str | None = None) -> Sequence[Listed]:
    """Every version of every policy, or of the one that is named; the usual policy and the newest first."""
    actor.demand(Scope.INCIDENTS_READ)
    found = await work.session.execute(
        select(EscalationPolicy, EscalationPolicyVersion)
        .join(EscalationPolicyVersion, EscalationPolicyVersion.policy_id == EscalationPolicy.id)
        .where(EscalationPolicy.name == name if name is not None else EscalationPolicy.id > 0)
        .order_by(
            EscalationPolicy.is_default.desc(), EscalationPolicy.name, EscalationPolicyVersion.version.desc()
        )
    )
    people = await work.session.execute(select(Person.id, Person.name))
    names = {row.id: row.name for row in people}
    return [Listed(policy, version, _whom(version, names)) for policy, version in found]


def _whom(version: EscalationPolicyVersion, names: Mapping[int, str]) -> list[str]:
    """Whom each step pages, and after how long."""
    return [_step(step, names) for step in version.steps]


def _step(step: Mapping[str, Any], names: Mapping[int, str]) -> str:
    whom = names.get(step.get("person_id", 0)) or ROLE_WORDS[IncidentRole(step["role"])]
    return f"{step['after_seconds'] / 60:g} min {whom}"
