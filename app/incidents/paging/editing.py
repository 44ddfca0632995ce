"""Answer those who pressed a button in Slack: the message is written over, or they alone are told something.

An answer is due as soon as a press is kept, and again whenever the incident moves on, for as long as Slack
lets the message be edited: half an hour from the last press.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from app.incidents import rules
from app.incidents.models import Incident, Page, SlackPress
from app.incidents.paging import pressing, slack
from app.incidents.paging.channels import Channels
from app.incidents.paging.queueing import MOST_ANSWERS
from app.outside import http
from app.outside.failed import Failed
from app.outside.secret import Secret
from app.outside.slack import posting
from app.outside.slack.messages import Message
from app.security.secrets import Keyring
from app.storage import outbox
from app.storage.engine import Database
from app.storage.unit_of_work import UnitOfWork

LEASE = posting.TIMEOUT + timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Answer:
    """A press that is due, and what it is answered: the message anew, or a word for the presser alone."""

    press: SlackPress
    anew: Message | None


def owner(press_key: str) -> str:
    """Whom the sealed address for answers belongs to."""
    return f"slack_press:{press_key}"


async def claim_due(
    database: Database, channels: Channels, limit: int, _full: Collection[str] = ()
) -> list[Answer]:
    """Take presses that are to be answered."""
    async with database.unit_of_work() as work:
        claimed = await outbox.claim(work.session, SlackPress, lease=LEASE, limit=limit)
        return [Answer(press, await _anew(work, channels, press)) for press in claimed]


async def send(database: Database, channels: Channels, keyring: Keyring, answer: Answer) -> None:
    """Give one answer once, and settle it; do first what the door has left undone."""
    if answer.press.outcome == pressing.WAITING:
        async with database.unit_of_work() as work:
            await pressing.carry_out(work, answer.press.id)
        return
    outcome = await _say(channels.client, keyring, answer)
    async with database.unit_of_work() as work:
        press = (await outbox.hold(work.session, SlackPress, [answer.press]))[answer.press.id]
        if outbox.is_ours(press, answer.press):
            await _settle(work, press, answer, outcome)


async def _anew(work: UnitOfWork, channels: Channels, press: SlackPress) -> Message | None:
    if press.whisper is not None or press.page_id is None:
        return None
    found = await work.session.execute(
        select(Page, Incident)
        .join(Incident, Incident.id == Page.incident_id)
        .where(Page.id == press.page_id)
        .execution_options(populate_existing=True)
    )
    page, incident = found.one()
    return slack.answered(channels, incident, page)


async def _say(client: http.Client, keyring: Keyring, answer: Answer) -> posting.Posted | Failed | None:
    press = answer.press
    if press.answer_url is None:
        return None
    address = Secret(keyring.open(owner(press.press_key), press.answer_url))
    if press.whisper is not None:
        return await posting.whisper(client, address, Message(text=press.whisper))
    return await posting.rewrite(client, address, answer.anew) if answer.anew else None


async def _settle(
    work: UnitOfWork, press: SlackPress, answer: Answer, outcome: posting.Posted | Failed | None
) -> None:
    now = await work.now()
    failed = outcome if isinstance(outcome, Failed) else None
    press.last_error = (failed.reason or failed.kind) if failed else None
    if failed and not failed.permanent and press.answer_until and now < press.answer_until:
        wait = max(rules.retry_delay(press.attempts, jitter=0), failed.retry_after or timedelta())
        outbox.release(press, due_at=now + wait)
        return
    press.answers, press.attempts, press.whisper = press.answers + 1, 0, None
    if failed or press.answers >= MOST_ANSWERS:
        press.answer_url = None  # it opens nothing any more
    # What became due while this was under way is not over with it.
    is_stale = press.due_at != answer.press.due_at and press.answer_url is not None
    outbox.release(press, due_at=now if is_stale else None)
