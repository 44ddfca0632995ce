"""The signed link of a page. Its GET changes nothing, since mail scanners open links; its POST does.

A link belongs to one page. It holds for a day, until its page is answered, and not past its generation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from app.errors import Conflict, NotFound
from app.incidents import acknowledgement, locking, paging, rules
from app.incidents.acknowledgement import Answer
from app.incidents.models import Incident, IncidentEvent, Page
from app.incidents.words import IncidentRole, IncidentStatus, Signal
from app.security import signing
from app.security.permissions import Actor, Scope
from app.storage.unit_of_work import UnitOfWork

PURPOSE = "incident-acknowledgement"
VALID_FOR = timedelta(hours=24)
SCOPES = frozenset({Scope.INCIDENTS_READ, Scope.INCIDENTS_WRITE})
NAMES = {
    IncidentRole.OPERATOR: "On-call operator",
    IncidentRole.INCIDENT_COMMANDER: "Incident commander",
    IncidentRole.POLICY_OWNER: "Trust & Safety",
    IncidentRole.ADMINISTRATOR: "Administrator",
}


class LinkState(StrEnum):
    """What opening a link finds."""

    GOOD = "good"
    USED = "used"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Look:
    """What a link is for and how it stands; when it is used, by whom and when."""

    state: LinkState
    number: int
    title: str
    role: IncidentRole
    by: str | None = None
    at: datetime | None = None


def acknowledgement_link(
    base_url: str, secret_key: str, *, number: int, generation: int, step: int, queued_at: datetime
) -> str:
    """The address that a page carries."""
    payload = {"incident": number, "generation": generation, "step": step}
    token = signing.sign(secret_key, PURPOSE, payload, queued_at + VALID_FOR)
    return f"{base_url.rstrip('/')}/acknowledge/{token}"


async def look(work: UnitOfWork, secret_key: str, token: str) -> Look:
    """Say what using a link would find, without using it.

    Raises: Unauthenticated when it is not ours, not whole, or more than a day old; NotFound.
    """
    signed = signing.verify(secret_key, PURPOSE, token, now=await work.now())
    page = await _page(work, signed)
    return _found(await work.session.get_one(Incident, page.incident_id), page)


async def acknowledge(work: UnitOfWork, secret_key: str, token: str) -> Answer:
    """Use a link: answer its page in the name of its role. A second use says who was first, and when.

    Raises: as `look` does; Conflict when there is nothing left to answer.
    """
    signed = signing.verify(secret_key, PURPOSE, token, now=await work.now())
    incident = await locking.lock(work, signed["incident"])
    page = await _page(work, signed)
    by = _by(page)
    if page.acknowledged_at is not None and await _was_used(work, page, by):
        return Answer(incident.id, False, page.acknowledged_by or "somebody", page.acknowledged_at)
    if _found(incident, page).state is LinkState.EXPIRED:
        raise Conflict(
            f"OPS-{incident.id} is {incident.status.value}, and this link is of an earlier call."
            " Open the newest one you were sent, or the incident's page."
        )
    return await _answer(work, incident, page, by)


def _by(page: Page) -> Actor:
    name = NAMES.get(page.role, "Somebody who was called")
    return Actor("link", None, f"{name} (link)", scopes=SCOPES)


async def _was_used(work: UnitOfWork, page: Page, by: Actor) -> bool:
    """Whether a page that was answered was so by its link, or by it as well."""
    if page.acknowledged_by == by.name or page.role is IncidentRole.POLICY_OWNER:
        return True
    told = select(IncidentEvent.id).where(
        IncidentEvent.incident_id == page.incident_id,
        IncidentEvent.kind == "acknowledged_also",
        IncidentEvent.actor_name == by.name,
        IncidentEvent.recorded_at >= page.queued_at,
    )
    return await work.session.scalar(told.limit(1)) is not None


async def _answer(work: UnitOfWork, incident: Incident, page: Page, by: Actor) -> Answer:
    if page.role is IncidentRole.POLICY_OWNER:
        return await acknowledgement.answer_loop_in(work, incident, page, by, via="link")
    answer = await acknowledgement.acknowledge(work, by, incident.id, via="link")
    if page.acknowledged_at is None:
        page.acknowledged_at, page.acknowledged_by = await work.now(), by.name
    await paging.withdraw(work, incident, Signal.ACKNOWLEDGE, (page.role,))
    return answer


def _found(incident: Incident, page: Page) -> Look:
    state = state_of(incident, page)
    by, at = (incident.acknowledged_by, incident.acknowledged_at) if state is LinkState.USED else (None, None)
    if page.acknowledged_at is not None:
        by, at = page.acknowledged_by, page.acknowledged_at
    return Look(state, incident.id, incident.title, page.role, by, at)


def state_of(incident: Incident, page: Page) -> LinkState:
    """How a call stands for whoever answers it from where it was shown to them."""
    if page.acknowledged_at is not None:
        return LinkState.USED
    is_withdrawn = page.wanted is not Signal.TRIGGER
    is_past = page.generation != incident.generation or incident.status not in rules.OPEN
    if is_past or (is_withdrawn and incident.status is IncidentStatus.TRIGGERED):
        return LinkState.EXPIRED  # over, or paging began again under new keys
    return LinkState.USED if is_withdrawn and incident.acknowledged_at is not None else LinkState.GOOD


async def _page(work: UnitOfWork, signed: dict[str, Any]) -> Page:
    """The first page of the step: its letters stand for it, or are all that it has."""
    found: Page | None = await work.session.scalar(
        select(Page)
        .where(
            Page.incident_id == signed["incident"],
            Page.generation == signed["generation"],
            Page.step == signed["step"],
        )
        .order_by(Page.id)
        .limit(1)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("There is no such call. Open the newest link you were sent.")
    return found
