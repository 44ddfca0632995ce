"""Send what is due: claim pages under a lease, tell their providers, and write down how it went.

At least once from here, exactly once at the receiver: a repeat carries the same key.
"""

from __future__ import annotations

import random
from datetime import timedelta

from sqlalchemy import case, select

from app import clock
from app.incidents import locking, rules, timeline
from app.incidents.models import Incident, Page, SeverityDecision
from app.incidents.paging.channels import Call, Channels
from app.incidents.paging.queueing import MAIL, queue_second_channel
from app.incidents.words import PageStatus, Signal
from app.outside import mail
from app.outside.pagerduty import events
from app.security.permissions import SYSTEM
from app.storage import outbox
from app.storage.engine import Database
from app.storage.unit_of_work import UnitOfWork

# A try ends well within its lease, so that no second process sends while the first still may.
LEASE = events.TIMEOUT + timedelta(seconds=2)


async def claim_due(database: Database, limit: int) -> list[Call]:
    """Take up to `limit` pages that are due, the worst incidents first."""
    async with database.unit_of_work() as work:
        pages = await outbox.claim(work.session, Page, lease=LEASE, limit=limit, urgency=(Page.urgency,))
        return [await _call(work, page) for page in sorted(pages, key=lambda page: page.urgency)]


async def send(database: Database, channels: Channels, call: Call) -> None:
    """Tell one page's provider what it is to know, once, and settle the page."""
    outcome = await _tell(channels, call)
    async with database.unit_of_work() as work:
        await _settle(work, call, outcome)


async def _call(work: UnitOfWork, page: Page) -> Call:
    newest = (
        select(SeverityDecision.reason)
        .where(SeverityDecision.incident_id == page.incident_id)
        .order_by(SeverityDecision.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    found = await work.session.execute(
        select(Incident.title, Incident.severity, newest).where(Incident.id == page.incident_id)
    )
    title, severity, reason = found.one()
    return Call(page, title, severity, reason or title)


async def _tell(channels: Channels, call: Call) -> events.Outcome:
    if call.page.provider == MAIL:
        return await _write(channels, call)
    variable, key = channels.routing_key(call.page.role)
    if key is None:
        return events.Refused(0, f"{variable} is not set")
    base_url = channels.settings.pagerduty_events_url
    return await events.send(channels.client, base_url, channels.event(call, key))


async def _write(channels: Channels, call: Call) -> events.Outcome:
    settings = channels.settings
    if settings.smtp_url is None:
        return events.Refused(0, "OPSBOOK_SMTP_URL is not set")
    letter = channels.mail(call)
    outcome = await mail.send(settings.smtp_url, settings.mail_from, letter, within=events.TIMEOUT)
    if isinstance(outcome, mail.Accepted):
        return events.Accepted()
    reason = outcome.reason or outcome.kind
    return events.Refused(0, reason) if outcome.permanent else events.Failed("server_error")


async def _settle(work: UnitOfWork, call: Call, outcome: events.Outcome) -> None:
    page, incident = call.page, await locking.lock(work, call.page.incident_id)
    match outcome:
        case events.Accepted():
            await _accepted(work, incident, page)
        case events.Refused(reason=reason):
            await _refused(work, incident, page, reason)
        case events.Throttled(retry_after=wait):
            await _again(work, page, "throttled", wait)
        case events.Failed(kind=kind, permanent=True):
            await _refused(work, incident, page, kind)
        case events.Failed(kind=kind, retry_after=wait):
            await _again(work, page, kind, wait)


async def _accepted(work: UnitOfWork, incident: Incident, page: Page) -> None:
    first = page.wanted is Signal.TRIGGER
    # Answered meanwhile: the provider is told so at once.
    due_at = case((Page.wanted == page.wanted, None), else_=clock.now())
    outcome = {"told": page.wanted, "due_at": due_at, "last_error": None}
    if first:
        check_at = clock.after(timedelta(seconds=2)) if page.provider != MAIL else None
        outcome |= {
            "status": case((Page.status == PageStatus.QUEUED, PageStatus.ACCEPTED), else_=Page.status),
            "accepted_at": clock.now(),
            "check_at": case((Page.wanted == Signal.TRIGGER, check_at), else_=None),
        }
    if await outbox.settle(work.session, page, **outcome) and first:
        role, provider = page.role.value.replace("_", " "), _name(page)
        text = f"{provider} took the page for the {role}"
        await timeline.append(work, incident, SYSTEM, "page_accepted", text, page=page.id, step=page.step)
    work.wake("pager")


async def _refused(work: UnitOfWork, incident: Incident, page: Page, reason: str) -> None:
    """Trying again cannot help: say so in red, and call by the second channel at once."""
    first = page.wanted is Signal.TRIGGER
    outcome = {"last_error": reason, "check_at": None}
    if first:
        outcome["status"] = PageStatus.FAILED
    if await outbox.settle(work.session, page, **outcome) and first:
        text = f"{_name(page)} refused the page for the {page.role.value.replace('_', ' ')}: {reason}"
        await timeline.append(work, incident, SYSTEM, "page_failed", text, page=page.id, step=page.step)
        if page.provider != MAIL:
            await queue_second_channel(work, page, incident.severity.rank)


async def _again(work: UnitOfWork, page: Page, reason: str, wait: timedelta | None) -> None:
    jitter = random.uniform(-1, 1)  # noqa: S311 - spreads retries, guards nothing
    delay = rules.retry_delay(page.attempts, jitter=jitter)
    due_at = clock.after(max(delay, wait or timedelta()))
    await outbox.settle(work.session, page, due_at=due_at, last_error=reason)
    work.wake("pager")


def _name(page: Page) -> str:
    return "The mail server" if page.provider == MAIL else "PagerDuty"
