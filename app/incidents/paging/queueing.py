"""Write down that somebody is to be paged, or no longer: the page's row is its own outbox."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, or_, update
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.incidents import rules
from app.incidents.models import Incident, Page, SlackPress
from app.incidents.on_call.recipients import recipients
from app.incidents.words import IncidentRole, PageStatus, Signal
from app.security.permissions import Role
from app.storage.unit_of_work import UnitOfWork

PAGERDUTY = "pagerduty"
MAIL = "mail"
SLACK = "slack"
MOST_ANSWERS = 5  # Source: Slack documentation, "Handling user interaction"
CHANNEL = "incident channel"  # a Slack webhook leads to one
ROLES = {
    IncidentRole.OPERATOR: Role.OPERATOR,
    IncidentRole.INCIDENT_COMMANDER: Role.COMMANDER,
    IncidentRole.POLICY_OWNER: Role.POLICY_OWNER,
    IncidentRole.ADMINISTRATOR: Role.ADMIN,
}
STATUS = {Signal.ACKNOWLEDGE: PageStatus.ACKNOWLEDGED, Signal.RESOLVE: PageStatus.RESOLVED}
EVERYBODY = frozenset(IncidentRole)
# The policy owner's loop-in is no rung: nobody else's acknowledgement answers it.
LADDER = EVERYBODY - {IncidentRole.POLICY_OWNER}


async def queue(work: UnitOfWork, incident: Incident, *, step: int, role: IncidentRole) -> None:
    """Queue one page in the transaction that decided on it."""
    work.write(
        Page,
        incident_id=incident.id,
        generation=incident.generation,
        step=step,
        role=role,
        provider=PAGERDUTY,
        dedup_key=rules.page_key(incident.id, incident.generation, step),
        urgency=incident.severity.rank,
        **_new(await work.now()),
    )
    work.wake("pager")


async def call_people(
    work: UnitOfWork, incident: Incident, *, step: int, role: IncidentRole, person_id: int | None = None
) -> list[str]:
    """Call a certain person, or all who have a role that no service of PagerDuty stands for.

    Answers by what they are called.
    """
    key = rules.page_key(incident.id, incident.generation, step)
    call = Page(incident_id=incident.id, generation=incident.generation, step=step, role=role, dedup_key=key)
    return await queue_second_channel(work, call, incident.severity.rank, person_id=person_id)


async def queue_second_channel(
    work: UnitOfWork, page: Page, urgency: int, *, person_id: int | None = None, slack: bool = False
) -> list[str]:
    """Send the same call by mail to all who have its role, or to one person, and to Slack.

    Answers by what it leaves that it did not leave by before.
    """
    people = await recipients(work.session, page.role, ROLES.get(page.role), person_id=person_id)
    call = {name: getattr(page, name) for name in ("incident_id", "generation", "step", "role")}
    shared = {**call, **_new(await work.now()), "provider": MAIL, "urgency": urgency}
    letters = [
        {**shared, "recipient": email, "dedup_key": f"{page.dedup_key}:{MAIL}:{person}"}
        for person, email in people
    ]
    posts = [{**shared, "provider": SLACK, "recipient": CHANNEL, "dedup_key": f"{page.dedup_key}:{SLACK}"}]
    calls = [*letters, *(posts if slack else ())]
    if not calls:
        return []
    added = insert(Page).values(calls).on_conflict_do_nothing().returning(Page.provider)
    work.wake("pager")
    return list(await work.session.scalars(added))


async def withdraw(
    work: UnitOfWork, incident: Incident, signal: Signal, roles: Collection[IncidentRole] = EVERYBODY
) -> None:
    """Tell the providers that a call was answered or is over; what never left never leaves.

    A page whose first try may have arrived is told too, since its reply may be all that was lost.
    """
    behind = Page.wanted.in_([one for one in Signal if one.rank < signal.rank])
    unheard = or_(
        Page.attempts == 0,
        Page.provider != PAGERDUTY,
        Page.status == PageStatus.FAILED,
        Page.carried_by.is_not(None),
    )
    carriers = await work.session.scalars(
        update(Page)
        .where(Page.incident_id == incident.id, behind, Page.role.in_(roles))
        .values(
            wanted=signal,
            status=case((Page.status == PageStatus.FAILED, Page.status), else_=STATUS[signal]),
            due_at=case((unheard, None), else_=clock.now()),
            check_at=None,
        )
        .returning(Page.carried_by)
        .execution_options(synchronize_session=False)
    )
    await _tell_of_crowd(work, {key for key in carriers if key})
    await _edit_posts(work, incident)
    work.wake("pager")


async def _tell_of_crowd(work: UnitOfWork, keys: Collection[str]) -> None:
    """Let a call that stood for one of these pages, too, look whether it still has to ring."""
    if keys:
        await work.session.execute(
            update(Page)
            .where(Page.dedup_key.in_(keys), Page.status != PageStatus.FAILED)
            .values(due_at=func.coalesce(Page.due_at, clock.now()))
            .execution_options(synchronize_session=False)
        )


async def _edit_posts(work: UnitOfWork, incident: Incident) -> None:
    """Let what stands in Slack say how the incident stands now, as far as it can still be edited."""
    editable = (SlackPress.answer_url.is_not(None), SlackPress.answer_until > clock.once())
    await work.session.execute(
        update(SlackPress)
        .where(SlackPress.incident_id == incident.id, *editable)
        .values(due_at=clock.now())
        .execution_options(synchronize_session=False)
    )


async def hurry(work: UnitOfWork, incident: Incident) -> None:
    """Let what has not left yet leave by the incident's new severity."""
    await work.session.execute(
        update(Page)
        .where(Page.incident_id == incident.id, Page.due_at.is_not(None))
        .values(urgency=incident.severity.rank)
        .execution_options(synchronize_session=False)
    )


def answer(page: Page, *, by: str, at: datetime) -> None:
    """Note on a page that its receiver acknowledged it at its provider, which need not be told so."""
    if page.acknowledged_at is None:
        page.acknowledged_at, page.acknowledged_by = at, by
    page.check_at = None
    if page.wanted is Signal.TRIGGER:
        page.wanted, page.status, page.due_at = Signal.ACKNOWLEDGE, PageStatus.ACKNOWLEDGED, None
    if page.told is not Signal.RESOLVE:
        page.told = Signal.ACKNOWLEDGE


def _new(now: datetime) -> Mapping[str, Any]:
    return {
        "status": PageStatus.QUEUED,
        "wanted": Signal.TRIGGER,
        "attempts": 0,
        "queued_at": now,
        "due_at": now,
        "check_at": now + rules.ACCEPT_WITHIN,
    }
