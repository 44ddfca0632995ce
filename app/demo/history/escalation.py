"""Timers of the past and who was called by them: mirrors `app.incidents.escalation` and `loop_in`.

Source: handbook, "Paging sequence".
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from app.demo.history import paging
from app.demo.history.ledger import Row
from app.demo.history.record import Record
from app.incidents import loop_in as core
from app.incidents import rules
from app.incidents.escalation import ROLE_WORDS
from app.incidents.words import IncidentRole
from app.security.permissions import SYSTEM, Actor

LATE_SECONDS = (0.002, 0.35)


def begin(record: Record, actor: Actor) -> None:
    """Set the policy's timers, counted from now, and fire those that are due at once."""
    for number, (role, delay) in enumerate(record.policy.rungs, start=1):
        step = _step(record, number, role, record.now + delay)
        if delay:
            late = timedelta(seconds=record.rng.uniform(*LATE_SECONDS))
            record.later(delay + late, partial(_fire, record, SYSTEM, step))
        else:
            _fire(record, actor, step)


def loop_in(record: Record) -> None:
    """Page the policy owner if the severity demands it, once per generation, and note what is owed."""
    looped_in = any(page["step"] == core.STEP and _is_current(record, page) for page in record.pages)
    if not rules.needs_policy_owner(record.severity) or looped_in:
        return
    join(record, None, IncidentRole.POLICY_OWNER)
    paging.queue(record, core.STEP, IncidentRole.POLICY_OWNER)
    record.owed = record.oblige(core.KIND, record.now + rules.ACKNOWLEDGE_WITHIN)
    text = f"Looped in Trust & Safety, the policy owner for {record.severity}"
    record.append(SYSTEM, "policy_owner_looped_in", text)


def join(record: Record, person_id: int | None, role: IncidentRole) -> None:
    """Note that somebody takes part; once is enough."""
    if (person_id, role) not in record.taking_part:
        record.taking_part.add((person_id, role))
        record.ledger.add(
            "participant",
            incident_id=record.number,
            person_id=person_id,
            role=role.value,
            assumed_at=record.now,
        )


def cancel(record: Record, reason: str) -> None:
    """Stop the timers that have not fired."""
    for step in filter(_is_waiting, record.steps):
        step["cancelled_at"], step["cancel_reason"] = record.now, reason


def _step(record: Record, number: int, role: IncidentRole, due_at: datetime) -> Row:
    step = record.ledger.add(
        "escalation_step",
        incident_id=record.number,
        generation=record.row["generation"],
        step=number,
        role=role.value,
        due_at=due_at,
        fired_at=None,
        cancelled_at=None,
        cancel_reason=None,
    )
    record.steps.append(step)
    return step


def _fire(record: Record, actor: Actor, step: Row) -> None:
    if not _is_waiting(step):
        return
    step["fired_at"] = record.now
    role = IncidentRole(step["role"])
    if role is IncidentRole.OPERATOR:
        record.append(actor, "paged", f"Paging {ROLE_WORDS[role]}", step=step["step"], role=role)
    else:
        minutes = rules.ACKNOWLEDGE_WITHIN.total_seconds() / 60
        text = f"No acknowledgement within {minutes:g} minutes: paging {ROLE_WORDS[role]}"
        record.append(SYSTEM, "escalated", text, step=step["step"], role=role)
        record.touch()
    paging.queue(record, step["step"], role)


def _is_waiting(step: Row) -> bool:
    return step["fired_at"] is None and step["cancelled_at"] is None


def _is_current(record: Record, page: Row) -> bool:
    return bool(page["generation"] == record.row["generation"])
