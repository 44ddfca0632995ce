"""What people did to an incident of the past: mirrors the commands of `app.incidents`."""

from __future__ import annotations

from datetime import datetime

from app.demo.history import communication, escalation, paging, severity
from app.demo.history.record import Record
from app.demo.people import Member
from app.incidents import rules
from app.incidents.checklist import demands
from app.incidents.rules import Verdict
from app.incidents.words import (
    AlertStatus,
    ChecklistKey,
    IncidentRole,
    IncidentStatus,
    PageStatus,
    Severity,
    Signal,
)
from app.security.permissions import Actor, Role


def person(member: Member) -> Actor:
    """Somebody who acts in the console."""
    return Actor("person", member.id, member.name, roles=frozenset(member.roles))


def declare(record: Record, actor: Actor, title: str, how_bad: Severity, reason: str) -> None:
    """Open an incident because a person says so."""
    verdict = Verdict(how_bad, "person", reason)
    record.begin(actor, title, verdict, source_id=None, group_key=None)
    severity.follow(record, actor, verdict, evidence={})
    record.audit(actor, "declare", title=title, severity=how_bad)


def acknowledge(record: Record, member: Member) -> None:
    """Answer in the console."""
    if record.status is not IncidentStatus.TRIGGERED:
        _also(record, member)
        return
    actor = person(member)
    _acknowledged(record, actor, via="console", at=record.now)
    commander_paged = any(
        step["role"] == IncidentRole.INCIDENT_COMMANDER and step["fired_at"] for step in record.steps
    )
    if Role.COMMANDER in member.roles and commander_paged and record.row["commander_id"] is None:
        _command(record, member)
    else:
        escalation.join(record, member.id, IncidentRole.OPERATOR)
    record.audit(actor, "acknowledge", via="console")


def answer_call(record: Record, member: Member, role: IncidentRole, pressed_at: datetime) -> None:
    """Answer on the phone: PagerDuty tells us a moment later."""
    page = next((one for one in reversed(record.pages) if one["role"] == role), None)
    if page is None or page["status"] not in (PageStatus.ACCEPTED, PageStatus.CONFIRMED):
        return
    actor = Actor("provider", None, member.name)
    paging.answer(page, by=member.name, at=pressed_at)
    if role is IncidentRole.POLICY_OWNER:
        _meet(record, member, pressed_at)
        text = f"{member.name} is looped in"
        record.append(actor, "policy_owner_acknowledged", text, occurred_at=pressed_at)
    elif record.status is IncidentStatus.TRIGGERED:
        _acknowledged(record, actor, via="pagerduty", at=pressed_at)
        record.audit(actor, "acknowledge", via="pagerduty")


def note(record: Record, member: Member, text: str) -> None:
    """Write into the timeline."""
    record.touch()
    record.append(person(member), "note", text)
    record.audit(person(member), "note", text=text)


def assign_commander(record: Record, by: Member, member: Member) -> None:
    """Put somebody in command."""
    role = IncidentRole.INCIDENT_COMMANDER
    if (member.id, role) in record.taking_part:
        return
    _command(record, member)
    record.touch()
    record.append(person(by), "role_assigned", f"{member.name} is {role.replace('_', ' ')}", role=role)
    record.audit(person(by), "assign_role", role=role, person=member.id)


def change_severity(record: Record, member: Member, how_bad: Severity, reason: str) -> None:
    """Let a person set the severity."""
    before, record.row["severity_source"] = record.severity, "human"
    severity.apply(record, person(member), Verdict(how_bad, "person", reason), evidence={})
    record.audit(person(member), "change_severity", before=before, after=how_bad, reason=reason)


def mitigate(record: Record, member: Member) -> None:
    """Say that it hurts nobody any more."""
    _demand_commander(record, member)
    record.move(IncidentStatus.MITIGATED)
    record.row["mitigated_at"] = record.now
    escalation.cancel(record, f"mitigated by {member.name}")
    paging.withdraw(record, Signal.ACKNOWLEDGE)
    record.append(person(member), "mitigated", f"{member.name} marked it mitigated")
    record.audit(person(member), "mitigate")


def resolve(record: Record, member: Member) -> None:
    """Say that it is over."""
    _demand_commander(record, member)
    end(record, person(member), f"{member.name} resolved it")
    record.audit(person(member), "resolve")


def end(record: Record, actor: Actor, text: str) -> None:
    """Resolve it, whoever or whatever says so."""
    record.move(IncidentStatus.RESOLVED)
    record.row["resolved_at"] = record.now
    escalation.cancel(record, "resolved")
    communication.lift(record)
    paging.withdraw(record, Signal.RESOLVE)
    for alert in record.alerts:
        if alert["status"] != AlertStatus.RESOLVED:
            alert["status"], alert["resolved_at"] = AlertStatus.RESOLVED.value, record.now
    record.append(actor, "resolved", text)
    for key in ChecklistKey:
        record.owe(key)


def review(record: Record, member: Member) -> None:
    """Sign that the timeline is complete."""
    evidence = {"entries": record.row["last_seq"], "head": record.row["last_hash"].hex()}
    done = {"done_at": record.now, "done_by": member.name, "evidence": evidence}
    record.checklist[ChecklistKey.TIMELINE].update(done)
    record.touch()
    text = f"{demands.TITLES[ChecklistKey.TIMELINE]}: done"
    record.append(person(member), "checklist_done", text, item="timeline", url=None, **evidence)
    record.audit(person(member), "review_timeline", entries=evidence["entries"])


def close(record: Record, member: Member) -> None:
    """Close it, once everything owed is done."""
    record.move(IncidentStatus.CLOSED)
    record.row["closed_at"] = record.now
    record.append(person(member), "closed", f"{member.name} closed it: everything owed is done")
    record.audit(person(member), "close")


def begin_again(record: Record, actor: Actor, text: str) -> None:
    """Take it up again, whoever or whatever says so."""
    record.move(IncidentStatus.TRIGGERED)
    record.row["generation"] += 1
    for name in ("acknowledged_at", "acknowledged_by", "mitigated_at", "resolved_at"):
        record.row[name] = None
    record.append(actor, "reopened", text, generation=record.row["generation"])
    escalation.begin(record, actor)
    escalation.loop_in(record)
    communication.begin(record)


def _acknowledged(record: Record, actor: Actor, *, via: str, at: datetime) -> None:
    record.move(IncidentStatus.ACKNOWLEDGED)
    record.row["acknowledged_at"], record.row["acknowledged_by"] = at, actor.name
    escalation.cancel(record, f"acknowledged by {actor.name}")
    paging.withdraw(record, Signal.ACKNOWLEDGE)
    record.append(actor, "acknowledged", f"{actor.name} acknowledged", occurred_at=at, via=via)


def _also(record: Record, member: Member) -> None:
    by = record.row["acknowledged_by"]
    text = f"{member.name} acknowledged as well; {by} was first"
    record.append(person(member), "acknowledged_also", text, via="console")
    record.audit(person(member), "acknowledge", via="console", first=by)


def _meet(record: Record, member: Member, at: datetime) -> None:
    if record.owed is not None:
        record.owed["met_at"], record.owed["met_by"] = at, member.name


def _command(record: Record, member: Member) -> None:
    record.row["commander_id"] = member.id
    escalation.join(record, member.id, IncidentRole.INCIDENT_COMMANDER)


def _demand_commander(record: Record, member: Member) -> None:
    if not rules.needs_commander(record.severity) or record.row["commander_id"] is not None:
        return
    if Role.COMMANDER not in member.roles:
        raise AssertionError(f"{member.name} may not end OPS-{record.number}: nobody is in command")
    _command(record, member)
