"""What the pager reports: every authentic webhook is kept once, and applied whatever order it comes in.

Source: PagerDuty developer documentation, "Webhooks": at least once, retried for 48 hours, late and doubled.
"""

from __future__ import annotations

import re

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.incidents import escalation, locking, loop_in, resolution, rules, timeline
from app.incidents.models import Incident, Page, ProviderEvent
from app.incidents.paging.answering import PROVIDER, SCOPES, answered_at_provider
from app.incidents.paging.confirmation import confirm
from app.incidents.paging.queueing import PAGERDUTY
from app.incidents.words import IncidentRole, IncidentStatus, PageStatus, Signal
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
    if page.wanted is not Signal.TRIGGER and not _is_person(event.agent):
        return "echo"  # of what we told PagerDuty ourselves
    who = _who(event.agent)
    return await answered_at_provider(work, incident, page, by=who, at=event.occurred_at)


async def _noted(work: UnitOfWork, incident: Incident, page: Page, event: WebhookEvent) -> str:
    word, who = event.event_type.removeprefix("incident."), _who(event.agent)
    text = f"{who.name} {word} the page for the {_role(page)} at PagerDuty"
    await timeline.append(work, incident, who, f"provider_{word}", text)
    return "noted"


async def _unacknowledged(work: UnitOfWork, incident: Incident, page: Page, event: WebhookEvent) -> str:
    """Take an acknowledgement back. A page of an earlier round speaks of the past, the loop-in of itself."""
    is_current = page.generation == incident.generation and page.wanted is Signal.ACKNOWLEDGE
    if page.role is IncidentRole.POLICY_OWNER or not is_current:
        return "late"
    acknowledged_at, occurred_at = incident.acknowledged_at, event.occurred_at
    is_older = occurred_at is not None and acknowledged_at is not None and occurred_at < acknowledged_at
    if incident.status is not IncidentStatus.ACKNOWLEDGED or is_older:
        return "late"
    await escalation.rearm(work, incident, _who(event.agent), "Unacknowledged at PagerDuty")
    return "applied"


async def _resolved(work: UnitOfWork, incident: Incident, page: Page, event: WebhookEvent) -> str:
    """Only a person resolves an incident, and a severe one only when somebody commands it."""
    was_told, who = page.wanted is Signal.RESOLVE, _who(event.agent)
    page.status, page.told, page.wanted = PageStatus.RESOLVED, Signal.RESOLVE, Signal.RESOLVE
    page.due_at = page.check_at = None
    if was_told or page.generation != incident.generation or incident.status not in rules.OPEN:
        return "echo" if was_told else "late"
    if await _resolves(work, incident, page, event):
        return "applied"
    text = f"{who.name} resolved the page for the {_role(page)} at PagerDuty; the incident goes on"
    await timeline.append(work, incident, who, "provider_resolved", text)
    return "noted"


async def _resolves(work: UnitOfWork, incident: Incident, page: Page, event: WebhookEvent) -> bool:
    who = _who(event.agent)
    if page.role is IncidentRole.POLICY_OWNER:
        return _is_person(event.agent) and await loop_in.met(work, incident, who, at=await work.now())
    if not _may_resolve(incident, event):
        return False
    await resolution.end(work, incident, who, f"{who.name} resolved it at PagerDuty")
    return True


def _may_resolve(incident: Incident, event: WebhookEvent) -> bool:
    is_commanded = not rules.needs_commander(incident.severity) or incident.commander_id is not None
    return _is_person(event.agent) and is_commanded


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
            newest = select(Page).where(condition, Page.provider == PAGERDUTY).order_by(Page.id.desc())
            if page := await work.session.scalar(newest.limit(1)):
                return page
    return None


def _who(agent: Reference | None) -> Actor:
    name = (agent.name if agent else None) or PROVIDER.name
    return Actor("provider", None, name, scopes=SCOPES)


def _is_person(agent: Reference | None) -> bool:
    return agent is not None and (agent.kind or "").startswith("user")


def _role(page: Page) -> str:
    return page.role.value.replace("_", " ")


ACTS = {
    "incident.triggered": _triggered,
    "incident.reopened": _triggered,
    "incident.acknowledged": _acknowledged,
    "incident.unacknowledged": _unacknowledged,
    "incident.resolved": _resolved,
    **dict.fromkeys(("incident.escalated", "incident.reassigned", "incident.delegated"), _noted),
}
