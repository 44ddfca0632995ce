"""Escalation policies and their versions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Integer, Text, cast, column, extract, func, select

from api import plan, viewer
from api.node import Node
from api.people import PERSON, Person
from api.sources import SOURCE, AlertSource
from api.words import IncidentRole
from app.incidents import models

POLICY = models.EscalationPolicy.__table__.c
VERSION = models.EscalationPolicyVersion.__table__.c
_later = models.EscalationPolicyVersion.__table__.alias("later")
NEWEST = select(func.max(_later.c.version)).where(_later.c.policy_id == VERSION.policy_id).scalar_subquery()


def _steps() -> Any:
    """The steps of every version, each with the time since the step before."""
    shape = func.jsonb_to_recordset(VERSION.steps).table_valued(
        column("role", Text()), column("after_seconds", Integer()), column("person_id", BigInteger())
    )
    step = shape.render_derived("step", with_types=True).c
    before = func.lag(step.after_seconds, 1, 0).over(partition_by=VERSION.id, order_by=step.after_seconds)
    waits = (step.after_seconds - before).label("delay_seconds")
    return select(VERSION.id.label("version_id"), *step, waits).subquery("policy_step")


STEPS = _steps()


@plan.table_type(
    STEPS, sees=viewer.SEES_INCIDENTS, description="One step of an escalation policy: whom to page, and when."
)
class EscalationPolicyStep:
    """A step."""

    role: IncidentRole = plan.column(STEPS.c.role, "Who is paged: the operator or the incident commander.")
    person: Person | None = plan.one(
        PERSON.id == STEPS.c.person_id, "Somebody who is paged by name instead, as an operator is."
    )
    delay_seconds: int = plan.column(STEPS.c.delay_seconds, "How long after the step before.")
    after_seconds: int = plan.column(STEPS.c.after_seconds, "How long after paging began.")


@plan.table_type(
    models.EscalationPolicyVersion.__table__,
    sees=viewer.SEES_INCIDENTS,
    description="What a policy says since a certain moment. It never changes; an incident keeps its own.",
)
class EscalationPolicyVersion:
    """A version."""

    name: str = plan.column(
        select(POLICY.name).where(POLICY.id == VERSION.policy_id).scalar_subquery(),
        "What the policy is called.",
    )
    version: int = plan.column(VERSION.version, "Counts the policy's versions from 1.")
    steps: list[EscalationPolicyStep] = plan.many(
        STEPS.c.version_id == VERSION.id, "Whom to page, in turn.", order=[STEPS.c.after_seconds], size=5
    )
    repeats: int = plan.column(
        VERSION.repeats, "How often the commander is paged again, five minutes apart, before administrators."
    )
    lapses_after_minutes: int = plan.column(
        cast(extract("epoch", VERSION.lapses_after) / 60, Integer),
        "After how long without an entry an acknowledgement of S0 or S1 lapses.",
    )
    reason: str = plan.column(VERSION.reason, "Why it was written; empty for the first.")
    created_at: datetime = plan.column(VERSION.created_at, "When it was written.")
    created_by: str = plan.column(VERSION.created_by, "Who wrote it.")


@plan.table_type(
    models.EscalationPolicy.__table__,
    sees=viewer.SEES_INCIDENTS,
    node="policy",
    description="A named way of paging.",
)
class EscalationPolicy(Node):
    """A policy."""

    name: str = plan.column(POLICY.name, "What it is called.")
    is_default: bool = plan.column(POLICY.is_default, "Whether incidents take it whose source chose none.")
    retired_at: datetime | None = plan.column(POLICY.retired_at, "Since when no incident takes it any more.")
    current: EscalationPolicyVersion = plan.one(
        (VERSION.policy_id == POLICY.id) & (VERSION.version == NEWEST), "What it says now."
    )
    versions: list[EscalationPolicyVersion] = plan.many(
        VERSION.policy_id == POLICY.id,
        "Everything that it has said, the newest first.",
        order=[VERSION.version.desc()],
        size=10,
    )
    sources: list[AlertSource] = plan.many(
        (SOURCE.policy_id == POLICY.id) & SOURCE.revoked_at.is_(None),
        "The alert sources that chose it.",
        order=[SOURCE.name],
        size=5,
    )
