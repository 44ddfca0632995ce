"""Send what is due, each copy by itself, and write down how it went.

Statuspage shows an update exactly once. A letter leaves at least once under one Message-ID: SMTP has no other
key, so that a letter whose reply was lost may come twice, and a mail program shows it once at best. Slack has
no key at all: what may have arrived is not repeated, and a person is asked.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from app.incidents import locking, timeline
from app.incidents import rules as incident_rules
from app.incidents.communication import letters, messages, parcels, rules
from app.incidents.communication.parcels import Parcel
from app.incidents.communication.words import Channel, NoticeState
from app.incidents.models import Notice
from app.incidents.paging.channels import Channels
from app.outside import mail
from app.outside.failed import Failed
from app.outside.secret import Secret
from app.outside.slack import posting
from app.outside.statuspage import incidents as statuspage
from app.outside.statuspage.page import Page
from app.security.permissions import SYSTEM
from app.storage import outbox
from app.storage.engine import Database
from app.storage.unit_of_work import UnitOfWork

NAMES = {Channel.MAIL: "The mail server", Channel.SLACK: "Slack", Channel.STATUSPAGE: "Statuspage"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a try went. `queued` is to be tried again, not before `retry_after`."""

    state: NoticeState
    error: str | None = None
    retry_after: timedelta | None = None
    external_id: str | None = None
    external_url: str | None = None


DELIVERED = Outcome(NoticeState.DELIVERED)


async def send(database: Database, channels: Channels, parcel: Parcel) -> None:
    """Send one notice once, and settle it.

    A process that was frozen since it claimed the notice leaves it to whoever claims it next.
    """
    if asyncio.get_running_loop().time() > parcel.leave_before:
        return
    is_once = parcel.notice.channel is Channel.SLACK and channels.settings.slack_webhook_url is not None
    if is_once and await parcels.mark_leaving(database, parcel.notice) is None:
        return
    outcome = await WAYS[parcel.notice.channel](channels, parcel)
    async with database.unit_of_work() as work:
        await _settle(work, parcel, outcome)


async def _by_mail(channels: Channels, parcel: Parcel) -> Outcome:
    settings = channels.settings
    if settings.smtp_url is None:
        return Outcome(NoticeState.FAILED, "OPSBOOK_SMTP_URL is not set.")
    outcome = await mail.send(settings.smtp_url, settings.mail_from, letters.letter(channels, parcel))
    if isinstance(outcome, mail.Accepted):
        return DELIVERED
    state = NoticeState.FAILED if outcome.permanent else NoticeState.QUEUED
    return Outcome(state, outcome.reason or outcome.kind.replace("_", " "))


async def _by_slack(channels: Channels, parcel: Parcel) -> Outcome:
    webhook_url = channels.settings.slack_webhook_url
    if webhook_url is None:
        return Outcome(NoticeState.LEFT_OUT, "OPSBOOK_SLACK_WEBHOOK_URL is not set.")
    outcome = await posting.post(channels.client, Secret(webhook_url), messages.for_slack(channels, parcel))
    if isinstance(outcome, posting.Posted):
        return DELIVERED
    if outcome.may_have_arrived:
        return Outcome(NoticeState.UNCERTAIN, f"Slack may show it: {_words(outcome)}")
    return _failed(outcome)


async def _by_statuspage(channels: Channels, parcel: Parcel) -> Outcome:
    settings = channels.settings
    if settings.statuspage_token is None or settings.statuspage_page_id is None or parcel.message is None:
        unset = "OPSBOOK_STATUSPAGE_TOKEN and OPSBOOK_STATUSPAGE_PAGE_ID are not set."
        return Outcome(NoticeState.LEFT_OUT, unset)
    token = Secret(settings.statuspage_token)
    page = Page.of(channels.client, settings.statuspage_api_url, token, settings.statuspage_page_id)
    outcome = await statuspage.publish(page, messages.for_statuspage(parcel, parcel.message))
    if isinstance(outcome, Failed):
        return _failed(outcome)
    shown = outcome.shown
    return Outcome(NoticeState.DELIVERED, external_id=shown.incident_id, external_url=shown.url or None)


WAYS: dict[Channel, Callable[[Channels, Parcel], Awaitable[Outcome]]] = {
    Channel.MAIL: _by_mail,
    Channel.SLACK: _by_slack,
    Channel.STATUSPAGE: _by_statuspage,
}


def _failed(outcome: Failed) -> Outcome:
    state = NoticeState.FAILED if outcome.permanent else NoticeState.QUEUED
    return Outcome(state, _words(outcome), outcome.retry_after)


def _words(outcome: Failed) -> str:
    said = outcome.reason or outcome.kind.replace("_", " ")
    return " ".join(part for part in (said, outcome.remedy) if part)


async def _settle(work: UnitOfWork, parcel: Parcel, outcome: Outcome) -> None:
    is_told = outcome.state in (NoticeState.FAILED, NoticeState.UNCERTAIN)
    # Of a thousand letters each writes its own row alone; what is told in the timeline needs the incident.
    incident = None
    if is_told and parcel.notice.channel is not Channel.MAIL:
        incident = await locking.lock(work, parcel.incident.number)
    notice = (await outbox.hold(work.session, Notice, [parcel.notice]))[parcel.notice.id]
    if not outbox.is_ours(notice, parcel.notice):
        return
    await _write(work, notice, outcome)
    work.announce(f"incident:{parcel.incident.number}")
    if incident is not None:
        text = f"{NAMES[notice.channel]} has not shown it: {outcome.error}"
        await timeline.append(work, incident, SYSTEM, "notice_failed", text, notice=notice.id)


async def _write(work: UnitOfWork, notice: Notice, outcome: Outcome) -> None:
    now, state = await work.now(), outcome.state
    is_too_late = state is NoticeState.QUEUED and now - notice.queued_at > rules.GIVE_UP_AFTER
    notice.state = NoticeState.FAILED if is_too_late else state
    notice.last_error = outcome.error
    notice.external_id = outcome.external_id or notice.external_id
    notice.external_url = outcome.external_url or notice.external_url
    notice.delivered_at = now if state is NoticeState.DELIVERED else None
    notice.left_at = None
    jitter = random.uniform(-1, 1)  # noqa: S311 - spreads retries, guards nothing
    wait = max(incident_rules.retry_delay(notice.attempts, jitter=jitter), outcome.retry_after or timedelta())
    outbox.release(notice, due_at=now + wait if notice.state is NoticeState.QUEUED else None)
