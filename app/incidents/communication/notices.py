"""Write down that copies of a message are to leave: with the decision, a row for each channel and reader."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import DateTime, Text, cast, literal, select
from sqlalchemy.dialects.postgresql import insert

from app.audit import trail
from app.errors import Conflict, NotFound
from app.incidents import locking
from app.incidents.communication import recipients, rules
from app.incidents.communication.recipients import Colleagues
from app.incidents.communication.subscribers import READS
from app.incidents.communication.words import Channel, NoticeState, Purpose
from app.incidents.models import Incident, Notice, StatusUpdate, Subscriber
from app.security.permissions import Actor, Scope
from app.storage.unit_of_work import UnitOfWork

# Where each channel leads that has one end for everybody.
ENDS = {Channel.SLACK: "incident channel", Channel.STATUSPAGE: "status page"}
ENDED = (NoticeState.FAILED, NoticeState.UNCERTAIN, NoticeState.LEFT_OUT)


async def queue_message(work: UnitOfWork, incident: Incident, message: StatusUpdate) -> None:
    """Let a message leave for everybody in its audience."""
    about = {"status_update_id": message.id, "purpose": Purpose.UPDATE}
    for channel in rules.CHANNELS[message.audience]:
        await _queue(work, incident, about, channel, (ENDS[channel],))
    await _queue_letters(work, incident, message)
    work.wake("general")


async def ask_for_approval(work: UnitOfWork, incident: Incident, message: StatusUpdate) -> Colleagues:
    """Tell those who may approve a message that it waits for them."""
    asked = await recipients.approvers(work, incident, message)
    await _tell_inside(work, incident, {"status_update_id": message.id, "purpose": Purpose.APPROVAL}, asked)
    return asked


async def nudge(work: UnitOfWork, incident: Incident, obligation_id: int) -> Colleagues:
    """Remind those who have to write that a message is due."""
    told = await recipients.speakers(work, incident)
    await _tell_inside(work, incident, {"obligation_id": obligation_id, "purpose": Purpose.NUDGE}, told)
    return told


async def again(work: UnitOfWork, actor: Actor, notice_id: int) -> int:
    """Let a copy leave once more that failed, or of which nobody knows what became; answers its id.

    Raises: Conflict when it is on its way or has arrived.
    """
    actor.demand(Scope.INCIDENTS_WRITE, sees=Scope.INCIDENTS_READ)
    number = await work.session.scalar(select(Notice.incident_id).where(Notice.id == notice_id))
    if number is None:
        raise NotFound("There is no such delivery.", path=("deliveryId",))
    await locking.lock(work, number)
    notice = await work.session.get_one(Notice, notice_id, with_for_update=True, populate_existing=True)
    if notice.state not in ENDED:
        raise Conflict(f"It is {notice.state.value}; there is nothing to send again.")
    notice.state, notice.due_at, notice.left_at = NoticeState.QUEUED, await work.now(), None
    notice.queued_at, notice.last_error = notice.due_at, None
    work.wake("general")
    work.announce(f"incident:{number}")
    await trail.record(work, actor, "incident.resend", ("incident", number), notice=notice_id)
    return notice_id


async def _tell_inside(
    work: UnitOfWork, incident: Incident, about: dict[str, Any], people: Colleagues
) -> None:
    await _queue(work, incident, about, Channel.SLACK, (ENDS[Channel.SLACK],))
    await _queue(work, incident, about, Channel.MAIL, people.addresses)
    work.wake("general")


async def _queue(
    work: UnitOfWork, incident: Incident, about: dict[str, Any], channel: Channel, ends: Iterable[str]
) -> None:
    now = await work.now()
    rows = [
        {
            "incident_id": incident.id,
            **about,
            "channel": channel,
            "recipient": end,
            "state": NoticeState.QUEUED,
            "queued_at": now,
            "due_at": now,
            "attempts": 0,
        }
        for end in ends
    ]
    if rows:
        await work.session.execute(insert(Notice).on_conflict_do_nothing(), rows)


async def _queue_letters(work: UnitOfWork, incident: Incident, message: StatusUpdate) -> None:
    """One letter for each reader of the register, in one statement however many they are."""
    now = literal(await work.now(), DateTime(timezone=True))
    readers = select(
        literal(incident.id),
        literal(message.id),
        Subscriber.id,
        cast(Purpose.UPDATE.value, Text),
        cast(Channel.MAIL.value, Text),
        Subscriber.email,
        cast(NoticeState.QUEUED.value, Text),
        now,
        now,
        literal(0),
    ).where(Subscriber.audience == message.audience, *READS)
    columns = (
        "incident_id", "status_update_id", "subscriber_id", "purpose", "channel", "recipient", "state",
        "queued_at", "due_at", "attempts",
    )  # fmt: skip
    await work.session.execute(insert(Notice).from_select(columns, readers).on_conflict_do_nothing())
