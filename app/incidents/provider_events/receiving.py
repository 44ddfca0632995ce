"""Webhooks come in: each is kept once, and those of our pages are applied, all that come at once together."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.incidents import locking
from app.incidents.models import Incident, Page, ProviderEvent
from app.incidents.paging import crowds
from app.incidents.paging.confirmation import plan_last_looks
from app.incidents.paging.queueing import PAGERDUTY
from app.incidents.provider_events import applying
from app.outside.pagerduty.webhooks import Unknown, WebhookEvent
from app.storage.engine import Database
from app.storage.gathering import Gathering
from app.storage.unit_of_work import UnitOfWork

# A page and its incident.
Place: TypeAlias = tuple[int, int]
# Of a call that stands for more, the others are answered by a pager: PagerDuty waits for us.
AT_ONCE = 25
MARKER = re.compile(r"\[OPS-(\d{1,18})·(\d{1,9})\]")
STORE = (
    insert(ProviderEvent)
    .values(received_at=clock.now(), outcome="ignored")
    .on_conflict_do_nothing()
    .returning(ProviderEvent.webhook_id)
)
NOTE = (
    update(ProviderEvent)
    .where(ProviderEvent.webhook_id == bindparam("about"))
    .values(outcome=bindparam("outcome"), incident_id=bindparam("incident_id"))
)
# A call may stand for the pages of other incidents, too.
BY_KEY = (
    select(func.coalesce(Page.carried_by, Page.dedup_key), Page.id, Page.incident_id)
    .where(crowds.WITH_KEYS, Page.provider == PAGERDUTY)
    .order_by(Page.carried_by.is_not(None), Page.id)
)


@dataclass(frozen=True, slots=True)
class Webhook:
    """One authentic webhook: its id, its body, and what can be read in it."""

    id: str
    body: bytes
    event: WebhookEvent | Unknown


@dataclass(frozen=True, slots=True)
class Report:
    """An event of one of our pages, whose incident is locked."""

    webhook_id: str
    event: WebhookEvent
    incident: Incident
    page: Page


def reception(database: Database) -> Gathering[Webhook, str]:
    """Receive together what comes at once."""

    async def together(webhooks: Sequence[Webhook]) -> Sequence[str]:
        async with database.unit_of_work() as work:
            return await receive(work, webhooks)

    return Gathering(together)


async def receive(work: UnitOfWork, webhooks: Sequence[Webhook]) -> list[str]:
    """Store and apply webhooks; answers what came of each. The same one again is `repeated`."""
    first: dict[str, Webhook] = {}
    for webhook in webhooks:
        first.setdefault(webhook.id, webhook)
    stored = await _store(work, first)
    reports = await _reports(work, [webhook for webhook in first.values() if webhook.id in stored])
    outcomes = dict.fromkeys(stored, "ignored") | await _apply(work, reports)
    await _note(work, reports, outcomes)
    return [
        outcomes[webhook.id] if webhook.id in stored and first[webhook.id] is webhook else "repeated"
        for webhook in webhooks
    ]


async def _store(work: UnitOfWork, webhooks: Mapping[str, Webhook]) -> set[str]:
    """Keep what was not here before; answers its ids. In one order for everybody, since each id is a lock."""
    rows = [_row(webhook) for _, webhook in sorted(webhooks.items())]
    return set(await work.session.scalars(STORE, rows))


async def _reports(work: UnitOfWork, webhooks: Sequence[Webhook]) -> list[Report]:
    """Find the pages that webhooks are about, and lock their incidents."""
    events = {one.id: one.event for one in webhooks if isinstance(one.event, WebhookEvent)}
    found = await _found(work, events)
    for webhook_id, places in found.items():
        if len(places) > AT_ONCE and events[webhook_id].event_type == "incident.acknowledged":
            await crowds.leave_answers(work, [page for page, _ in places[AT_ONCE:]], events[webhook_id])
            del places[AT_ONCE:]
    incidents = await locking.lock_many(work, {number for places in found.values() for _, number in places})
    pages = await crowds.loaded(work, {page for places in found.values() for page, _ in places})
    return [
        Report(webhook_id, events[webhook_id], incidents[number], pages[page])
        for webhook_id, places in found.items()
        for page, number in places
    ]


async def _apply(work: UnitOfWork, reports: Sequence[Report]) -> dict[str, str]:
    """Apply reports in their order; answers what came of each."""
    outcomes: dict[str, str] = {}
    changed: set[int] = set()
    for one in reports:
        if one.incident.id in changed:  # an answer to one page withdraws the others of its incident
            await work.session.refresh(one.page)
        changed.add(one.incident.id)
        outcome = await applying.apply(work, one.incident, one.page, one.event)
        outcomes.setdefault(one.webhook_id, outcome)  # of a call that stands for others, its own
    await plan_last_looks(work, [one.page for one in reports])
    return outcomes


async def _note(work: UnitOfWork, reports: Sequence[Report], outcomes: Mapping[str, str]) -> None:
    """Write down what came of what was about us."""
    rows = [
        {"about": one.webhook_id, "outcome": outcomes[one.webhook_id], "incident_id": one.incident.id}
        for one in {one.webhook_id: one for one in reversed(reports)}.values()
    ]
    if rows:
        connection = await work.session.connection()
        await connection.execute(NOTE, rows)


async def _found(work: UnitOfWork, events: Mapping[str, WebhookEvent]) -> dict[str, list[Place]]:
    """Find the pages that events are about, and their incidents: all by our key, what is left one by one."""
    keys = {key for event in events.values() if (key := event.incident_key)}
    by_key = await _by_key(work, keys)
    found = {}
    for webhook_id, event in events.items():
        places = by_key.get(event.incident_key or "") or await _search(work, event)
        if places:
            found[webhook_id] = places
    return found


async def _by_key(work: UnitOfWork, keys: Collection[str]) -> Mapping[str, list[Place]]:
    places: dict[str, list[Place]] = defaultdict(list)
    for key, page, number in await work.session.execute(BY_KEY, {"keys": list(keys)}) if keys else ():
        places[key].append((page, number))
    return places


async def _search(work: UnitOfWork, event: WebhookEvent) -> list[Place]:
    """Find the pages that an event is about by PagerDuty's id, or by the marker in its title."""
    marked = MARKER.search(event.title or "")
    ways = (
        (event.incident_id, Page.provider_incident_id == event.incident_id),
        (marked, (Page.incident_id == int(marked[1])) & (Page.step == int(marked[2])) if marked else None),
    )
    key = func.coalesce(Page.carried_by, Page.dedup_key)
    for known, condition in ways:
        if known and condition is not None:
            newest = select(key).where(condition, Page.provider == PAGERDUTY).order_by(Page.id.desc())
            if found := await work.session.scalar(newest.limit(1)):
                return (await _by_key(work, [found]))[found]
    return []


def _row(webhook: Webhook) -> dict[str, Any]:
    event = webhook.event if isinstance(webhook.event, WebhookEvent) else None
    return {
        "webhook_id": webhook.id,
        "event_type": event.event_type if event else "unknown",
        "occurred_at": event.occurred_at if event else None,
        "body": webhook.body,
    }
