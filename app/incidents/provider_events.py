"""What the pager reports: every authentic webhook is kept once, and applied whatever order it comes in.

Source: PagerDuty developer documentation, "Webhooks": at least once, retried for 48 hours, late and doubled.
"""

from __future__ import annotations

import re

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.incidents import escalation, locking, resolution, rules, timeline
from app.incidents.models import Incident, Page, ProviderEvent
from app.incidents.paging.confirmation import PROVIDER, answered_at_provider, confirm
from app.incidents.words import IncidentStatus, PageStatus, Signal
from app.outside.pagerduty.webhooks import Reference, Unknown, WebhookEvent
from app.security.permissions import Actor
from app.storage.unit_of_work import UnitOfWork

MARKER = re.compile(r"\[OPS-(\d{1,18})·(\d{1,9})\]")


async def receive(work: UnitOfWork, webhook_id: str, event: WebhookEvent | Unknown, *, body: bytes) -> str:
    """Store and apply one webhook; answers what came of it. The same one again is `repeated`."""
    stored = await _store(work, webhook_id, event, body)
    if stored is None:
        return "repeated"
    page = None if isinstance(event, Unknown) else await _page_of(work, event)
    if isinstance(event, Unknown) or page is None:
        return "ignored"
    incident = await locking.lock(work, page.incident_id)
    await work.session.refresh(page)
    outcome = await _apply(work, incident, page, event)
    done = update(ProviderEvent).where(ProviderEvent.id == stored)
    await work.session.execute(done.values(outcome=outcome, incident_id=incident.id))
    return outcome


async def _store(work: UnitOfWork, webhook_id: str, event: WebhookEvent | Unknown, body: bytes) -> int | None:
    stored: int | None = await work.session.scalar(
        insert(ProviderEvent)
        .values(
            webhook_id=webhook_id,
            event_type="unknown" if isinstance(event, Unknown) else event.event_type,
            occurred_at=None if isinstance(event, Unknown) else event.occurred_at,
            received_at=clock.now(),
            body=body,
            outcome="ignored",
        )
        .on_conflict_do_nothing()
        .returning(ProviderEvent.id)
    )
    return stored


async def _apply(work: UnitOfWork, incident: Incident, page: Page, event: WebhookEvent) -> str:
    act = ACTS.get(event.event_type)
    return await act(work, incident, page, event) if act else "ignored"


async def _triggered(work: UnitOfWork, incident: Incident, page: Page, event: WebhookEvent) -> str:
    await confirm(work, incident, page, event.incident_id)
    return "applied"


async def _acknowledged(work: UnitOfWork, incident: Incident, page: Page, event: WebhookEvent) -> str:
    who = _who(event.agent)
    return await answered_at_provider(work, incident, page, by=who, at=event.occurred_at)


async def _noted(work: UnitOfWork, incident: Incident, page: Page, event: WebhookEvent) -> str:
    word, who = event.event_type.removeprefix("incident."), _who(event.agent)
    text = f"{who.name} {word} the page for the {page.role.value.replace('_', ' ')} at PagerDuty"
    await timeline.append(work, incident, who, f"provider_{word}", text)
    return "noted"


async def _unacknowledged(work: UnitOfWork, incident: Incident, page: Page, event: WebhookEvent) -> str:
    """Only the newest page of a role may take an acknowledgement back; an older one speaks of the past."""
    current = page.generation == incident.generation and page.wanted is Signal.ACKNOWLEDGE
    acknowledged = incident.status is IncidentStatus.ACKNOWLEDGED
    older = event.occurred_at is not None and event.occurred_at < (
        incident.acknowledged_at or event.occurred_at
    )
    if not current or not acknowledged or older:
        return "late"
    await escalation.rearm(work, incident, _who(event.agent), "Unacknowledged at PagerDuty")
    return "applied"


async def _resolved(work: UnitOfWork, incident: Incident, page: Page, event: WebhookEvent) -> str:
    page.status, page.told, page.wanted = PageStatus.RESOLVED, Signal.RESOLVE, Signal.RESOLVE
    page.due_at = page.check_at = None
    by_person = event.agent is not None and (event.agent.kind or "").startswith("user")
    current = page.generation == incident.generation and incident.status in rules.OPEN
    if not current:
        return "late"
    if not by_person and rules.needs_commander(incident.severity):
        text = "PagerDuty resolved a page by itself; only a person resolves an incident this severe"
        await timeline.append(work, incident, PROVIDER, "provider_resolved", text)
        return "noted"
    who = _who(event.agent)
    await resolution.end(work, incident, who, f"{who.name} resolved it at PagerDuty")
    return "applied"


async def _page_of(work: UnitOfWork, event: WebhookEvent) -> Page | None:
    """Find the page that an event is about: by our key, by PagerDuty's id, or by the marker in its title."""
    marked = MARKER.search(event.title or "")
    ways = (
        (event.incident_key, Page.dedup_key == event.incident_key),
        (event.incident_id, Page.provider_incident_id == event.incident_id),
        (marked, (Page.incident_id == int(marked[1])) & (Page.step == int(marked[2])) if marked else None),
    )
    for known, condition in ways:
        if known and condition is not None:
            newest = select(Page).where(condition, Page.provider == "pagerduty").order_by(Page.id.desc())
            if page := await work.session.scalar(newest.limit(1)):
                return page
    return None


def _who(agent: Reference | None) -> Actor:
    name = (agent.name if agent else None) or PROVIDER.name
    return Actor("provider", None, name, scopes=PROVIDER.scopes)


ACTS = {
    "incident.triggered": _triggered,
    "incident.reopened": _triggered,
    "incident.acknowledged": _acknowledged,
    "incident.unacknowledged": _unacknowledged,
    "incident.resolved": _resolved,
    **dict.fromkeys(("incident.escalated", "incident.reassigned", "incident.delegated"), _noted),
}
