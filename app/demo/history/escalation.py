"""Timers of the past and who was called by them: mirrors `app.incidents.escalation` and `loop_in`.

Source: handbook, "Paging sequence".
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from app.demo.history import paging
from app.demo.history.ledger import Row
from app.demo.history.record import Record
from app.incidents import loop_in as core
from app.incidents import rules
from app.incidents.rungs import PAGED, ROLE_WORDS, Rung
from app.incidents.words import IncidentRole
from app.security.permissions import SYSTEM, Actor

LATE_SECONDS = (0.002, 0.35)


def begin(record: Record, actor: Actor) -> None:
    """Set the policy's timers, counted from now, and fire those that are due at once."""
    last = len(record.policy.rungs)
    for number, (role, delay) in enumerate(record.policy.rungs, start=1):
        rung = Rung(number, role, repeats=rules.REPEATS if number == last else None)
        step = _plan(record, rung, delay)
        if not delay:
            _fire(record, actor, rung, step)


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


def _plan(record: Record, rung: Rung, delay: timedelta) -> Row:
    """Set a timer that counts from now."""
    step = record.ledger.add(
        "escalation_step",
        incident_id=record.number,
        generation=record.row["generation"],
        step=rung.step,
        role=rung.role.value,
        since=record.now,
        repeat=rung.repeat,
        repeats=rung.repeats,
        due_at=record.now + delay,
        fired_at=None,
        cancelled_at=None,
        cancel_reason=None,
    )
    record.steps.append(step)
    if delay:
        late = timedelta(seconds=record.rng.uniform(*LATE_SECONDS))
        record.later(delay + late, partial(_fire, record, SYSTEM, rung, step))
    return step


def _fire(record: Record, actor: Actor, rung: Rung, step: Row) -> None:
    if not _is_waiting(step):
        return
    step["fired_at"] = record.now
    kind, text = rung.said(ROLE_WORDS[rung.role], step["due_at"] - step["since"])
    record.append(actor, kind, text, step=rung.step, role=rung.role)
    if kind != PAGED:
        record.touch()
    if rung.role is not IncidentRole.ADMINISTRATOR:
        paging.queue(record, rung.step, rung.role)
    if follower := rung.follower():
        _plan(record, follower, rules.REPEAT_EVERY)


def _is_waiting(step: Row) -> bool:
    return step["fired_at"] is None and step["cancelled_at"] is None


def _is_current(record: Record, page: Row) -> bool:
    return bool(page["generation"] == record.row["generation"])
