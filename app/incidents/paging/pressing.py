"""Somebody presses Acknowledge in Slack: kept first, then done in their own name, as any other way.

The door does it at once; what it cannot do in time, or dies over, a pager does.
Whose member id no account has, or who may not, is told so, and nothing changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.errors import OpsbookError
from app.incidents import acknowledgement, links, locking
from app.incidents.links import LinkState
from app.incidents.models import Page, SlackPress
from app.incidents.paging.queueing import SLACK
from app.incidents.paging.slack import ACKNOWLEDGE
from app.outside.slack.interactions import Press, Unknown
from app.security import people
from app.storage import outbox
from app.storage.unit_of_work import UnitOfWork

# Source: Slack documentation, "Handling user interaction": a `response_url` is good for half an hour.
ANSWERABLE = timedelta(minutes=30)
# When a pager takes over from the door, which Slack gives three seconds.
TAKEN_OVER_AFTER = timedelta(seconds=3)
WAITING = "waiting"
STRANGER = (
    "Opsbook does not know who you are, so nothing has changed: ask an administrator to enter your Slack"
    " member id, {user}, under People. Until then, acknowledge on the incident's page."
)
OVER = "Nothing has changed: this call is over. OPS-{number} is {status}."
ELSEWHERE = "Nothing has changed: Opsbook does not know this call."


@dataclass(frozen=True, slots=True)
class Pressed:
    """An authentic word from Slack; `key` is the same for the same word, `answer_url` is sealed."""

    key: str
    said: Press | Unknown
    answer_url: str | None


async def keep(work: UnitOfWork, pressed: Pressed) -> int | None:
    """Keep a press; answers its row, None for one that was here before or asks for nothing."""
    press = pressed.said if isinstance(pressed.said, Press) else None
    asks, now = press is not None and press.action_id == ACKNOWLEDGE, await work.now()
    new = insert(SlackPress).values(
        press_key=pressed.key,
        action_id=press and press.action_id,
        value=press and press.value,
        user_id=press and press.user_id,
        user_name=press and press.user_name,
        pressed_at=press and press.pressed_at,
        received_at=now,
        outcome=WAITING if asks else "ignored",
        due_at=now + TAKEN_OVER_AFTER if asks else None,
        attempts=0,
        answers=0,
        answer_url=pressed.answer_url if asks else None,
        answer_until=now + ANSWERABLE,
    )
    number: int | None = await work.session.scalar(new.on_conflict_do_nothing().returning(SlackPress.id))
    return number if asks else None


async def carry_out(work: UnitOfWork, number: int) -> str:
    """Do what a press asks, once; answers what came of it. Its answer is due from then on."""
    press = await work.session.get_one(SlackPress, number, with_for_update=True, populate_existing=True)
    if press.outcome != WAITING:
        return "repeated"
    page = await work.session.scalar(
        select(Page).where(Page.dedup_key == press.value, Page.provider == SLACK)
    )
    press.outcome, press.whisper = await _act(work, press, page) if page else ("unknown page", ELSEWHERE)
    if page:
        press.page_id, press.incident_id = page.id, page.incident_id
    outbox.release(press, due_at=await work.now())
    work.wake("pager")
    return press.outcome


async def _act(work: UnitOfWork, press: SlackPress, page: Page) -> tuple[str, str | None]:
    """Acknowledge in the presser's name; answers what came of it, and what they alone are told."""
    actor = await people.by_slack_id(work.session, press.user_id or "")
    if actor is None:
        return "unknown person", STRANGER.format(user=press.user_id)
    incident = await locking.lock(work, page.incident_id)
    await work.session.refresh(page)
    if links.state_of(incident, page) is LinkState.EXPIRED:
        return "over", OVER.format(number=incident.id, status=incident.status.value)
    try:
        async with work.session.begin_nested():
            answer = await acknowledgement.acknowledge(
                work, actor, incident.id, via="slack", occurred_at=press.pressed_at
            )
    except OpsbookError as error:
        return "refused", f"Nothing has changed. {error.message}"
    await work.session.refresh(page)
    if page.acknowledged_at is None:
        page.acknowledged_at, page.acknowledged_by = answer.at, answer.by
    return ("first" if answer.first else "also"), None
