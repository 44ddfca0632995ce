"""Calls that PagerDuty may not have brought home leave by mail and by Slack: each at once, and once.

A letter leaves at least once under one Message-ID. Slack has no such key: what may have arrived there is not
sent again, and the timeline says so.
"""

from __future__ import annotations

from app.incidents.models import Page
from app.incidents.paging import slack
from app.incidents.paging.channels import Call, Channels
from app.incidents.paging.queueing import MAIL
from app.outside import mail
from app.outside.failed import Failed
from app.outside.pagerduty import events
from app.outside.secret import Secret
from app.outside.slack import posting
from app.storage import outbox
from app.storage.engine import Database

UNKNOWN_END = "Opsbook stopped while it was sending; Slack may show it all the same"


async def may_leave(database: Database, page: Page) -> bool:
    """Note just before a call leaves for Slack that it does; False when somebody else has taken it over.

    Who finds this mark and no end does not repeat it.
    """
    if page.left_at is not None:
        return True
    async with database.unit_of_work() as work:
        held = (await outbox.hold(work.session, Page, [page]))[page.id]
        if not outbox.is_ours(held, page):
            return False
        held.left_at = await work.now()
        return True


async def tell(channels: Channels, call: Call) -> events.Outcome:
    """Send a call by its second channel, once; the outcome is in PagerDuty's terms."""
    return await (_write if call.page.provider == MAIL else _post)(channels, call)


async def _write(channels: Channels, call: Call) -> events.Outcome:
    settings = channels.settings
    if settings.smtp_url is None:
        return events.Refused(0, "OPSBOOK_SMTP_URL is not set")
    letter = channels.mail(call)
    outcome = await mail.send(settings.smtp_url, settings.mail_from, letter, within=channels.patience)
    if isinstance(outcome, mail.Accepted):
        return events.Accepted()
    reason = outcome.reason or outcome.kind
    return events.Refused(0, reason) if outcome.permanent else events.Failed("server_error")


async def _post(channels: Channels, call: Call) -> events.Outcome:
    webhook_url = channels.settings.slack_webhook_url
    if webhook_url is None or call.page.left_at is not None:
        return events.Refused(
            0, "OPSBOOK_SLACK_WEBHOOK_URL is not set" if webhook_url is None else UNKNOWN_END
        )
    message, within = slack.message(channels, call), channels.patience
    outcome = await posting.post(channels.client, Secret(webhook_url), message, within=within)
    return _weighed(outcome) if isinstance(outcome, Failed) else events.Accepted()


def _weighed(outcome: Failed) -> events.Outcome:
    said = outcome.reason or outcome.kind.replace("_", " ")
    if outcome.may_have_arrived:
        return events.Refused(0, f"Slack may show it all the same: {said}")
    if outcome.permanent:
        return events.Refused(0, said)
    return events.Failed("server_error", retry_after=outcome.retry_after)
