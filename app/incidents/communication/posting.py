"""Tell an audience how an incident stands. For S0 and S1 somebody else approves what outsiders will read.

Who approves is a commander or the policy owner, never the author. A message is written once: what is sent
back is written anew, and a newer message to the same audience takes the place of one that still waits.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from app.audit import trail
from app.errors import Conflict, Forbidden, NotFound
from app.incidents import locking, participation, timeline
from app.incidents.communication import drafting, notices, obligations, rules
from app.incidents.communication.drafting import Composed
from app.incidents.communication.given import Wanted
from app.incidents.models import Incident, StatusUpdate
from app.incidents.words import IncidentStatus
from app.security.permissions import Actor, Role, Scope
from app.storage.unit_of_work import UnitOfWork


async def post(
    work: UnitOfWork,
    actor: Actor,
    number: int,
    wanted: Wanted,
    *,
    base_url: str,
    expected_version: int | None = None,
) -> int:
    """Write a message and send it, or let it wait for approval; answers its id.

    Raises: InvalidInput at the field that is missing or wrong.
    """
    actor.demand(Scope.INCIDENTS_WRITE, sees=Scope.INCIDENTS_READ)
    incident = await locking.lock(work, number, expected_version=expected_version)
    if incident.status is IncidentStatus.MERGED:
        raise locking.refusal(incident, incident.status, "write about the incident that it was merged into")
    composed = await drafting.compose(work, incident, wanted, base_url=base_url)
    if (same := await _pressed_twice(work, incident, actor, composed)) is not None:
        return same
    await _replace(work, incident, actor, composed)
    message = await _write(work, incident, actor, composed)
    locking.touch(incident)
    if message.needs_approval:
        await _let_wait(work, incident, actor, message)
    else:
        await _send(work, incident, actor, message)
    await trail.record(work, actor, "incident.post_status_update", ("incident", number), **_about(message))
    return message.id


async def approve(work: UnitOfWork, actor: Actor, message_id: int) -> int:
    """Approve a message as it stands, and send it; answers its id.

    Raises: Forbidden for the author and for who is neither commander nor policy owner; Conflict when it does
        not wait any more, or the time that it promises has passed.
    """
    person_id = actor.demand_person("approve")
    incident, message = await _waiting(work, actor, message_id)
    if not _may_approve(actor, incident):
        raise Forbidden("A commander or the policy owner approves what outsiders read of an S0 or S1.")
    if person_id == message.author_id:
        raise Forbidden("You wrote it, so somebody else approves it: another commander, or the policy owner.")
    now = await work.now()
    if message.next_update_at is not None and message.next_update_at <= now:
        raise Conflict(
            "The time that it promises for the next update has passed. Send it back and write anew."
        )
    message.approved_at, message.approved_by, message.approver_id = now, actor.name, person_id
    locking.touch(incident)
    await _send(work, incident, actor, message)
    await trail.record(
        work, actor, "incident.approve_status_update", ("incident", incident.id), **_about(message)
    )
    return message.id


async def send_back(work: UnitOfWork, actor: Actor, message_id: int) -> int:
    """Take a message that waits out of the way; what it says can be taken up again. Answers its id."""
    incident, message = await _waiting(work, actor, message_id)
    await _discard(work, incident, actor, message, f"{actor.name} sent it back")
    locking.touch(incident)
    await trail.record(
        work, actor, "incident.send_back_status_update", ("incident", incident.id), **_about(message)
    )
    return message.id


async def _pressed_twice(
    work: UnitOfWork, incident: Incident, actor: Actor, composed: Composed
) -> int | None:
    """The message that says the same by the same author a moment ago: a button was pressed twice."""
    newest = (
        select(StatusUpdate)
        .where(StatusUpdate.incident_id == incident.id, StatusUpdate.audience == composed.wanted.audience)
        .order_by(StatusUpdate.seq.desc())
        .limit(1)
    )
    message = await work.session.scalar(newest)
    if message is None or message.discarded_at is not None or message.written_by != actor.name:
        return None
    said = (message.public_status, message.subject, message.body)
    is_recent = await work.now() - message.written_at < rules.PRESSED_TWICE_WITHIN
    same = said == (composed.wanted.status, composed.subject, composed.body)
    return message.id if is_recent and same else None


async def _write(work: UnitOfWork, incident: Incident, actor: Actor, composed: Composed) -> StatusUpdate:
    wanted = composed.wanted
    newest = select(func.coalesce(func.max(StatusUpdate.seq), 0)).where(
        StatusUpdate.incident_id == incident.id
    )
    message = StatusUpdate(
        incident_id=incident.id,
        generation=incident.generation,
        seq=(await work.session.scalar(newest) or 0) + 1,
        audience=wanted.audience,
        public_status=wanted.status,
        subject=composed.subject,
        body=composed.body,
        given=wanted.given.kept,
        template_path=composed.wording.path,
        template_sha256=composed.wording.template.sha256,
        edited=composed.edited,
        written_at=await work.now(),
        written_by=actor.name,
        author_id=actor.id if actor.kind == "person" else None,
        needs_approval=rules.needs_approval(incident.severity, wanted.audience),
        next_update_at=composed.next_update_at,
    )
    work.session.add(message)
    await work.session.flush()
    return message


async def _let_wait(work: UnitOfWork, incident: Incident, actor: Actor, message: StatusUpdate) -> None:
    asked = await notices.ask_for_approval(work, incident, message)
    whom = ", ".join(asked.names) or "a commander or the policy owner"
    text = f"{actor.name} wrote to {rules.AUDIENCE_WORDS[message.audience]}; asked to approve: {whom}"
    await timeline.append(work, incident, actor, "status_update_written", text, **_about(message))


async def _send(work: UnitOfWork, incident: Incident, actor: Actor, message: StatusUpdate) -> None:
    message.sent_at = await work.now()
    await obligations.told(work, incident, message)
    await notices.queue_message(work, incident, message)
    approved = f", approved by {message.approved_by}" if message.approved_by else ""
    words = f"{rules.AUDIENCE_WORDS[message.audience]}: {message.public_status.value}"
    text = f"{message.written_by} told {words}{approved}"
    await timeline.append(work, incident, actor, "status_update_sent", text, **_about(message))


async def _replace(work: UnitOfWork, incident: Incident, actor: Actor, composed: Composed) -> None:
    """At most one message to an audience waits: the newer one knows better."""
    waiting = select(StatusUpdate).where(
        StatusUpdate.incident_id == incident.id,
        StatusUpdate.audience == composed.wanted.audience,
        StatusUpdate.sent_at.is_(None),
        StatusUpdate.discarded_at.is_(None),
    )
    for message in (await work.session.scalars(waiting.with_for_update())).all():
        await _discard(work, incident, actor, message, "a newer one took its place")


async def _discard(
    work: UnitOfWork, incident: Incident, actor: Actor, message: StatusUpdate, why: str
) -> None:
    message.discarded_at, message.discarded_by = await work.now(), actor.name
    text = f"What waited for {rules.AUDIENCE_WORDS[message.audience]} was not sent: {why}"
    await timeline.append(work, incident, actor, "status_update_discarded", text, **_about(message))


async def _waiting(work: UnitOfWork, actor: Actor, message_id: int) -> tuple[Incident, StatusUpdate]:
    actor.demand(Scope.INCIDENTS_WRITE, sees=Scope.INCIDENTS_READ)
    number = await work.session.scalar(select(StatusUpdate.incident_id).where(StatusUpdate.id == message_id))
    if number is None:
        raise NotFound("There is no such status update.", path=("statusUpdateId",))
    incident = await locking.lock(work, number)
    message = await work.session.get_one(StatusUpdate, message_id, populate_existing=True)
    if message.sent_at is not None or message.discarded_at is not None:
        became = "has been sent" if message.sent_at else f"was sent back by {message.discarded_by}"
        raise Conflict(f"It {became}.")
    return incident, message


def _may_approve(actor: Actor, incident: Incident) -> bool:
    return bool(actor.roles & {Role.COMMANDER, Role.POLICY_OWNER}) or participation.is_commander(
        incident, actor
    )


def _about(message: StatusUpdate) -> dict[str, Any]:
    return {
        "status_update": message.id,
        "audience": message.audience.value,
        "status": message.public_status.value,
        "template": message.template_path,
        "sha256": message.template_sha256,
    }
