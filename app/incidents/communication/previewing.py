"""What a message would be: the draft that its author begins from, and what its reader will get."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from app.errors import NotFound
from app.incidents.communication import differences, drafting, library, rules
from app.incidents.communication.differences import Line
from app.incidents.communication.given import Given, Wanted
from app.incidents.communication.subscribers import READS
from app.incidents.models import Incident, StatusUpdate, Subscriber
from app.security.permissions import Actor, Scope
from app.storage.unit_of_work import UnitOfWork
from app.templates import Audience, PublicStatus, to_html, to_text


@dataclass(frozen=True, slots=True)
class Draft:
    """What the next message to an audience begins from: a template's wording, and what was said last."""

    audience: Audience
    status: PublicStatus
    subject: str
    text: str
    template_path: str
    given: Given
    needs_approval: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """A message as it would leave now, and what is new in it. `readers` is how many get a letter."""

    subject: str
    body: str
    html: str
    text: str
    changes: Sequence[Line]
    template_path: str
    template_sha256: str
    needs_approval: bool
    next_update_at: datetime | None
    readers: int


async def draft(
    work: UnitOfWork, actor: Actor, number: int, audience: Audience, status: PublicStatus | None = None
) -> Draft:
    """Begin a message; without a status with the one that fits where the incident stands."""
    incident = await _incident(work, actor, number)
    last = await _last(work, incident, audience, only_sent=False)
    sent = await _last(work, incident, audience)
    chosen = status or rules.suggested_status(incident.status, sent.public_status if sent else None)
    found = library.find(audience, chosen)
    return Draft(
        audience=audience,
        status=chosen,
        subject=found.template.subject_text or "",
        text=found.template.text,
        template_path=found.path,
        given=Given.of(last.given) if last else Given(),
        needs_approval=rules.needs_approval(incident.severity, audience),
    )


async def preview(work: UnitOfWork, actor: Actor, number: int, wanted: Wanted, *, base_url: str) -> Preview:
    """Fill in a message without keeping it.

    Raises: InvalidInput at the field that is missing or wrong.
    """
    incident = await _incident(work, actor, number)
    composed = await drafting.compose(work, incident, wanted, base_url=base_url)
    before = await _last(work, incident, wanted.audience)
    readers = select(func.count()).where(Subscriber.audience == wanted.audience, *READS)
    text = to_text(composed.body)
    return Preview(
        subject=composed.subject,
        body=composed.body,
        html=to_html(composed.body),
        text=text,
        changes=differences.between(to_text(before.body), text) if before else [],
        template_path=composed.wording.path,
        template_sha256=composed.wording.template.sha256,
        needs_approval=rules.needs_approval(incident.severity, wanted.audience),
        next_update_at=composed.next_update_at,
        readers=await work.session.scalar(readers) or 0,
    )


async def _incident(work: UnitOfWork, actor: Actor, number: int) -> Incident:
    actor.demand(Scope.INCIDENTS_WRITE, sees=Scope.INCIDENTS_READ)
    found = await work.session.get(Incident, number)
    if found is None:
        raise NotFound(f"There is no incident OPS-{number}.", path=("number",))
    return found


async def _last(
    work: UnitOfWork, incident: Incident, audience: Audience, *, only_sent: bool = True
) -> StatusUpdate | None:
    """The newest message to an audience, be it sent or, where its words may be taken up again, not."""
    chosen = (
        select(StatusUpdate)
        .where(StatusUpdate.incident_id == incident.id, StatusUpdate.audience == audience)
        .order_by(StatusUpdate.seq.desc())
        .limit(1)
    )
    if only_sent:
        chosen = chosen.where(StatusUpdate.sent_at.is_not(None))
    found: StatusUpdate | None = await work.session.scalar(chosen)
    return found
