"""What readers were told in the past, and what was owed to them: mirrors `app.incidents.communication`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache, partial
from typing import Any

from app.demo.history.ledger import Row
from app.demo.history.record import Record
from app.demo.people import CAST, Member
from app.incidents.communication import library, rules
from app.incidents.communication.given import Given, listed
from app.incidents.communication.library import Wording
from app.incidents.communication.nudging import DUE
from app.incidents.communication.obligations import PROMISES
from app.incidents.words import IncidentRole
from app.security.permissions import SYSTEM, Actor, Role
from app.templates import Audience, PublicStatus

# The console of the company, as its people call it: it stands in what they wrote.
BASE_URL = "https://ops.example.com"


def begin(record: Record) -> None:
    """Owe the community a first word, if the severity demands it."""
    if rules.owes_first_update(record.severity):
        _owe(record, rules.FIRST_PUBLIC_UPDATE, record.now + rules.FIRST_UPDATE_WITHIN)


def follow(record: Record) -> None:
    """Let what is owed follow a severity that has changed."""
    mine = [one for one in record.duties if one["generation"] == record.row["generation"]]
    firsts = [one for one in mine if one["kind"] == rules.FIRST_PUBLIC_UPDATE and one["waived_by"] is None]
    if not rules.owes_first_update(record.severity):
        _lift(record, f"{record.severity} owes no public update", record.duties)
    elif not firsts:
        begin(record)


def lift(record: Record) -> None:
    """What has ended owes no first word any more that was not due yet."""
    _lift(record, "over before it was due", [one for one in record.duties if one["due_at"] > record.now])


def write(record: Record, member: Member, status: PublicStatus, given: Given) -> Row:
    """Write to the community; of an S0 or S1 it waits for approval."""
    found = _wording(status)
    due = None if status is PublicStatus.RESOLVED else record.now + rules.UPDATE_EVERY
    values = _values(record, given, due)
    message = record.ledger.add(
        "status_update",
        id=record.ledger.message_id(),
        incident_id=record.number,
        generation=record.row["generation"],
        seq=len(record.messages) + 1,
        audience=Audience.COMMUNITY.value,
        public_status=status.value,
        subject=found.template.subject(values),
        body=found.template.render(values),
        given=given.kept,
        template_path=found.path,
        template_sha256=found.template.sha256,
        edited=False,
        written_at=record.now,
        written_by=member.name,
        author_id=member.id,
        needs_approval=rules.needs_approval(record.severity, Audience.COMMUNITY),
        approved_at=None,
        approved_by=None,
        approver_id=None,
        sent_at=None,
        next_update_at=due,
    )
    record.messages.append(message)
    record.touch()
    if message["needs_approval"]:
        text = f"{member.name} wrote to the community; asked to approve: {_approvers(record, member)}"
        record.append(_person(member), "status_update_written", text, **_about(message))
    else:
        _send(record, _person(member), message)
    record.audit(_person(member), "post_status_update", **_about(message))
    return message


def approve(record: Record, member: Member, message: Row | None = None) -> None:
    """Approve what was written last, and send it."""
    message = message or record.messages[-1]
    message["approved_at"], message["approved_by"] = record.now, member.name
    message["approver_id"] = member.id
    record.touch()
    _send(record, _person(member), message)
    record.audit(_person(member), "approve_status_update", **_about(message))


def _send(record: Record, actor: Actor, message: Row) -> None:
    message["sent_at"] = record.now
    for duty in _open(record.duties):
        if duty["kind"] in rules.OWED[Audience.COMMUNITY]:
            duty["met_at"], duty["met_by"] = record.now, message["written_by"]
    if message["next_update_at"] is not None:
        _owe(record, PROMISES[Audience.COMMUNITY], message["next_update_at"])
    approved = f", approved by {message['approved_by']}" if message["approved_by"] else ""
    text = f"{message['written_by']} told the community: {message['public_status']}{approved}"
    record.append(actor, "status_update_sent", text, **_about(message))


def _owe(record: Record, kind: str, due_at: datetime) -> None:
    generation = record.row["generation"]
    before = [one for one in record.duties if (one["kind"], one["generation"]) == (kind, generation)]
    duty = record.oblige(kind, due_at, ordinal=len(before) + 1)
    record.duties.append(duty)
    record.later(due_at - record.now, partial(_nudge, record, duty))


def _nudge(record: Record, duty: Row) -> None:
    """Remind whoever speaks for the incident, unless it was met or lifted in time."""
    if duty not in _open([duty]):
        return
    duty["nudged_at"] = record.now
    role, names = _speakers(record)
    text = f"{DUE[duty['kind']]}: reminding {', '.join(names)} ({role})"
    record.append(SYSTEM, "update_due", text, obligation=0, duty=duty["kind"])


def _speakers(record: Record) -> tuple[str, list[str]]:
    leads = [one.name for one in CAST if one.id == record.row["commander_id"]]
    if leads:
        return "incident commander", leads
    taking_part = [one.name for one in CAST if (one.id, IncidentRole.OPERATOR) in record.taking_part]
    return "operator", taking_part or [one.name for one in CAST if Role.OPERATOR in one.roles]


def _approvers(record: Record, author: Member) -> str:
    leads = record.row["commander_id"]
    asked = [
        one.name
        for one in CAST
        if one is not author
        and (
            Role.POLICY_OWNER in one.roles
            or (one.id == leads if leads not in (None, author.id) else Role.COMMANDER in one.roles)
        )
    ]
    return ", ".join(asked)


def _lift(record: Record, reason: str, duties: Sequence[Row]) -> None:
    for duty in _open(duties):
        if duty["kind"] == rules.FIRST_PUBLIC_UPDATE:
            duty["waived_by"], duty["waive_reason"] = [SYSTEM.name], reason


def _open(duties: Sequence[Row]) -> list[Row]:
    return [one for one in duties if one["met_at"] is None and one["waived_by"] is None]


def _values(record: Record, given: Given, due: datetime | None) -> dict[str, object]:
    return {
        "affected": listed(given.affected),
        "summary": given.summary,
        "details": given.details,
        "advice": given.advice,
        "started_at": record.row["triggered_at"],
        "ended_at": record.row["mitigated_at"] or record.row["resolved_at"],
        "next_update_at": due,
        "page": f"{BASE_URL}/public/incidents/{record.number}",
    }


def _about(message: Row) -> dict[str, Any]:
    return {
        "status_update": message["id"],
        "audience": message["audience"],
        "status": message["public_status"],
        "template": message["template_path"],
        "sha256": message["template_sha256"],
    }


@cache
def _wording(status: PublicStatus) -> Wording:
    return library.find(Audience.COMMUNITY, status)


def _person(member: Member) -> Actor:
    return Actor("person", member.id, member.name)
