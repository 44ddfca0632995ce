"""Notices that are due, claimed under a lease, each with everything that it is to say."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.incidents.communication.words import Channel, NoticeState
from app.incidents.models import Incident, Notice, Obligation, StatusUpdate
from app.incidents.words import Severity
from app.outside import json_api, mail
from app.storage import outbox
from app.storage.engine import Database
from app.storage.unit_of_work import UnitOfWork

# A try ends within its lease, so that no second process sends while the first still may.
LEASE = mail.TIMEOUT + timedelta(seconds=2)
LEAVES_WITHIN = LEASE - mail.TIMEOUT
# Statuspage is looked at, written to and looked at again, each up to three times.
STATUSPAGE_LEASE = json_api.TIMEOUT * 8
WAIT_FOR_THE_ONE_BEFORE = timedelta(seconds=1)
UNKNOWN_END = (
    "Opsbook stopped while it was sending: Slack may show it. Look, and send it again if it does not."
)


@dataclass(frozen=True, slots=True)
class About:
    """The incident that a notice is about."""

    number: int
    title: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claimed notice with what it is about. `external_id` is the incident's at Statuspage, once known.

    `leave_before` is when it is too late to send it under this claim, by the event loop's stopwatch.
    """

    notice: Notice
    incident: About
    message: StatusUpdate | None
    duty: Obligation | None
    external_id: str | None
    leave_before: float


def lane(parcel: Parcel) -> str:
    """What a notice shares with those that would hang with it: its channel."""
    return parcel.notice.channel.value


async def claim_due(database: Database, limit: int, full: Collection[str] = ()) -> list[Parcel]:
    """Take up to `limit` notices that are due, the oldest first, but none of a lane that is full."""
    among = (Notice.channel.not_in(full),) if full else ()
    leave_before = asyncio.get_running_loop().time() + LEAVES_WITHIN.total_seconds()
    async with database.unit_of_work() as work:
        claimed = await outbox.claim(work.session, Notice, lease=LEASE, limit=limit, among=among)
        if not claimed:
            return []
        ready = [one for one in claimed if await _is_ready(work, one)]
        return await _parcels(work, ready, leave_before)


async def _is_ready(work: UnitOfWork, notice: Notice) -> bool:
    """Whether a notice may leave; one that may not is put back, or settled."""
    if notice.channel is Channel.SLACK and notice.left_at is not None:
        notice.state, notice.last_error = NoticeState.UNCERTAIN, UNKNOWN_END
        outbox.release(notice, due_at=None)
        work.announce(f"incident:{notice.incident_id}")
        return False
    if notice.channel is Channel.STATUSPAGE:
        now = await work.now()
        notice.lease_until = now + STATUSPAGE_LEASE
        if await _one_before(work, notice):
            notice.attempts -= 1
            outbox.release(notice, due_at=now + WAIT_FOR_THE_ONE_BEFORE)
            return False
    return True


async def _one_before(work: UnitOfWork, notice: Notice) -> bool:
    """Whether an earlier update of the incident is not on the status page yet: they appear in their order."""
    earlier = select(Notice.id).where(
        Notice.incident_id == notice.incident_id,
        Notice.channel == Channel.STATUSPAGE,
        Notice.id < notice.id,
        Notice.due_at.is_not(None),
    )
    return await work.session.scalar(earlier.limit(1)) is not None


async def _parcels(work: UnitOfWork, notices: Iterable[Notice], leave_before: float) -> list[Parcel]:
    known = {notice.id: notice for notice in notices}
    there = aliased(Notice)
    external = (
        select(there.external_id)
        .where(there.incident_id == Notice.incident_id, there.external_id.is_not(None))
        .order_by(there.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = await work.session.execute(
        select(Notice.id, Incident.id, Incident.title, Incident.severity, StatusUpdate, Obligation, external)
        .join(Incident, Incident.id == Notice.incident_id)
        .outerjoin(StatusUpdate, StatusUpdate.id == Notice.status_update_id)
        .outerjoin(Obligation, Obligation.id == Notice.obligation_id)
        .where(Notice.id.in_(known))
        .order_by(Notice.id)
    )
    return [
        Parcel(known[key], About(number, title, severity), message, duty, external_id, leave_before)
        for key, number, title, severity, message, duty, external_id in rows
    ]


async def mark_leaving(database: Database, notice: Notice) -> datetime | None:
    """Note just before a message leaves for Slack that it does; None when somebody else has taken it over.

    Slack has no key that would make a repeat harmless, and cannot be asked. Whoever finds this mark and no
    end knows that it may have arrived, and asks a person instead of sending it twice.
    """
    async with database.unit_of_work() as work:
        held = (await outbox.hold(work.session, Notice, [notice]))[notice.id]
        if not outbox.is_ours(held, notice):
            return None
        held.left_at = await work.now()
        return held.left_at
