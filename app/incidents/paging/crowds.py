"""Pages that one call stands for: what it says of them, and how they are found again.

They are `carried_by` its page: whatever PagerDuty says of that page's key is said of all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import or_, select, update

from app import clock
from app.incidents.models import Page
from app.incidents.words import Severity, Signal
from app.outside.clipping import clipped
from app.outside.pagerduty.webhooks import WebhookEvent
from app.storage import arrays
from app.storage.unit_of_work import UnitOfWork

TITLE = 100
WITH_KEYS = or_(arrays.among(Page.dedup_key, "keys"), arrays.among(Page.carried_by, "keys"))
PLACES = select(Page.id, Page.incident_id).where(WITH_KEYS).order_by(Page.id)
PAGES = select(Page).where(arrays.among(Page.id, "ids")).execution_options(populate_existing=True)
Others = Sequence[tuple[Page, str, Severity]]


def more(others: Others) -> str:
    """How many more there are, in words; empty when there are none."""
    return f"+{len(others)} more incident{'s' if len(others) > 1 else ''}" if others else ""


def summary(text: str, others: Others, base_url: str, limit: int) -> str:
    """Name the incident, and how many more there are and where to see them; what is cut is the title."""
    address = f"{base_url.rstrip('/')}/incidents?status=TRIGGERED"
    ending = f" ({more(others)}: {address})" if others else ""
    return clipped(text, limit - len(ending)) + ending


def together(page: Page) -> str:
    """Say with whose call a page left."""
    number = (page.carried_by or "").split(":")[1]
    return f"in one call with OPS-{number}"


def paragraph(others: Others) -> str:
    """List them in a letter or a post."""
    listed = "\n".join(_line(one) for one in others)
    return f"This call stands for {more(others)}:\n{listed}\n\n" if others else ""


def details(others: Others) -> dict[str, Any]:
    """List them for PagerDuty, where an answer to this call answers all of them."""
    if not others:
        return {}
    advice = "Acknowledge here to answer all of them; the link answers the first one alone."
    return {"stands_for": [_line(one) for one in others], "more": more(others), "advice": advice}


def _line(one: tuple[Page, str, Severity]) -> str:
    page, title, severity = one
    return f"OPS-{page.incident_id} {severity}: {clipped(title, TITLE)}"


async def of(work: UnitOfWork, keys: Collection[str]) -> list[tuple[int, int]]:
    """All pages that calls under these keys are or stand for, each with its incident's number."""
    return [(page, number) for page, number in await work.session.execute(PLACES, {"keys": list(keys)})]


async def loaded(work: UnitOfWork, ids: Iterable[int]) -> Mapping[int, Page]:
    """Read pages as they are once their incidents are locked."""
    wanted = list(ids)
    found = await work.session.scalars(PAGES, {"ids": wanted}) if wanted else ()
    return {page.id: page for page in found}


async def leave_answers(work: UnitOfWork, ids: Collection[int], event: WebhookEvent) -> None:
    """Note on pages that they were answered at PagerDuty; whoever looks after them next does the rest."""
    waiting = select(Page.id).where(
        Page.id.in_(ids), Page.wanted == Signal.TRIGGER, Page.acknowledged_at.is_(None)
    )
    in_order = waiting.order_by(Page.id).with_for_update().cte("waiting")
    by = event.agent.name if event.agent else None
    await work.session.execute(
        update(Page)
        .where(Page.id.in_(select(in_order.c.id)))
        .values(
            acknowledged_at=event.occurred_at or clock.now(),
            acknowledged_by=by or "PagerDuty",
            check_at=clock.now(),
        )
        .execution_options(synchronize_session=False)
    )
    work.wake("pager")


async def still_rings(work: UnitOfWork, key: str) -> bool:
    """Whether the page under this key calls somebody, as itself and not only for others."""
    ringing = select(Page.id).where(Page.dedup_key == key, Page.wanted == Signal.TRIGGER)
    return await work.session.scalar(ringing) is not None
