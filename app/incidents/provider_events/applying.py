"""What an event means for its page and its incident, whatever order events come in."""

from __future__ import annotations

from app.incidents import escalation, loop_in, resolution, rules, timeline
from app.incidents.models import Incident, Page
from app.incidents.paging.answering import PROVIDER, SCOPES, answered_at_provider
from app.incidents.paging.confirmation import confirm
from app.incidents.words import IncidentRole, IncidentStatus, PageStatus, Signal
from app.outside.pagerduty.webhooks import Reference, WebhookEvent
from app.security.permissions import Actor
from app.storage.unit_of_work import UnitOfWork


async def apply(work: UnitOfWork, incident: Incident, page: Page, event: WebhookEvent) -> str:
    """Apply one event to its page, whose incident is locked; answers what came of it."""
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
    if page.carried_by is not None or not _may_resolve(incident, event):
        return False  # a call that stands for many is no word on each of them
    await resolution.end(work, incident, who, f"{who.name} resolved it at PagerDuty")
    return True


def _may_resolve(incident: Incident, event: WebhookEvent) -> bool:
    is_commanded = not rules.needs_commander(incident.severity) or incident.commander_id is not None
    return _is_person(event.agent) and is_commanded


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
