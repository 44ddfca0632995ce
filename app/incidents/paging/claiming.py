"""Claim what is due under a lease: as much of it as may leave now, some of it in one call.

A page that another one stands for is `carried_by` it: it leaves with the other's call, under the other's key,
and what PagerDuty says of that key is said of both.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from sqlalchemy import ColumnElement, and_, func, or_, select

from app.incidents import rules
from app.incidents.models import Incident, Page, SeverityDecision
from app.incidents.paging import budget, grouping
from app.incidents.paging.budget import Budget
from app.incidents.paging.channels import Call
from app.incidents.paging.grouping import Waiting
from app.incidents.paging.queueing import PAGERDUTY, ROLES
from app.incidents.words import IncidentRole, Severity, Signal
from app.outside.pagerduty import events
from app.storage import arrays, outbox
from app.storage.engine import Database
from app.storage.unit_of_work import UnitOfWork

# A try ends well within its lease, so that no second process sends while the first still may.
LEASE = events.TIMEOUT + rules.CALLS_LEAVE_WITHIN
URGENT = Severity.S1.rank
CROWD = 600  # so many may share one call

# Names the budget that a role's calls are taken off.
Whose: TypeAlias = Callable[[IncidentRole], str]
Words: TypeAlias = Mapping[int, tuple[str, Severity, str]]
CARRIED = select(Page).where(arrays.among(Page.carried_by, "keys")).order_by(Page.urgency, Page.id)


@dataclass(slots=True)
class Bundle:
    """A page that leaves by itself, those that it stands for, and what is to be told of all of them."""

    page: Page
    told: Signal
    others: list[Page] = field(default_factory=list)

    @property
    def is_fresh(self) -> bool:
        """Whether it may share a call: nobody can have it under its own key."""
        return self.page.attempts == 1 and self.told is Signal.TRIGGER and not self.others


def by_role(role: IncidentRole) -> str:
    """Every role has a key of its own, unless the settings say otherwise."""
    return role.value


async def claim_due(
    database: Database, limit: int, full: Collection[str] = (), *, whose: Whose = by_role
) -> list[Call]:
    """Take what is due, the worst incidents first, but nothing of a lane that is full.

    It is up to `limit` letters and posts, and as many pages as share the calls that PagerDuty takes.
    """
    leave_before = asyncio.get_running_loop().time() + rules.CALLS_LEAVE_WITHIN.total_seconds()
    async with database.unit_of_work() as work:
        budgets = await budget.opened(work, map(whose, ROLES))
        among = [*_may_leave(budgets, whose)]
        if full:
            among.append(func.concat(Page.provider, ":", Page.role).not_in(full))
        will_share = any(one.tokens < limit for one in budgets.values())
        most = max(limit, CROWD) if will_share else limit
        pages = await outbox.claim(
            work.session, Page, lease=LEASE, limit=most, urgency=(Page.urgency,), among=among
        )
        if not pages:
            return []
        chosen = await _choose(work, await _bundles(work, pages), budgets, whose, limit)
        calls = await _calls(work, chosen, leave_before)
    return sorted(calls, key=lambda call: (call.page.urgency, call.page.id))


def _may_leave(budgets: Mapping[str, Budget], whose: Whose) -> Iterable[ColumnElement[bool]]:
    """Leave alone, where a budget is low or somebody else's, what could not leave anyway: it may be a lot."""
    left = {role: budgets[whose(role)].tokens if whose(role) in budgets else 0.0 for role in ROLES}
    spent = [role for role, tokens in left.items() if tokens < 1]
    low = [role for role, tokens in left.items() if tokens < 1 + rules.CALLS_KEPT_BACK]
    if spent:
        yield or_(Page.provider != PAGERDUTY, Page.role.not_in(spent))
    if low:
        is_urgent = and_(Page.urgency <= URGENT, Page.wanted == Signal.TRIGGER)
        yield or_(Page.provider != PAGERDUTY, Page.role.not_in(low), is_urgent)


async def _bundles(work: UnitOfWork, pages: Iterable[Page]) -> list[Bundle]:
    """What was claimed, with what it stands for already; what PagerDuty knows by now is settled."""
    ordered = sorted(pages, key=lambda page: (page.urgency, page.queued_at, page.id))
    carried = await _carried(work, ordered)
    bundles = []
    for page in ordered:
        others = carried.get(_key(page), [])
        if page.provider != PAGERDUTY:  # it mentions who else waits, and is told nothing of them
            waiting = [one for one in others if one.wanted is Signal.TRIGGER]
            bundles.append(Bundle(page, page.wanted, waiting))
            continue
        told = min((one.wanted for one in (page, *others)), key=lambda signal: signal.rank)
        if rules.is_behind(told, page.told):
            bundles.append(Bundle(page, told, others))
        else:  # others that it stands for still wait for an answer
            page.attempts -= 1
            outbox.release(page, due_at=None)
    return bundles


async def _carried(work: UnitOfWork, pages: Iterable[Page]) -> Mapping[str, list[Page]]:
    """The pages that these stand for. One that was never tried stands for itself alone."""
    keys = [_key(page) for page in pages if page.attempts > 1 or page.provider != PAGERDUTY or page.told]
    found: dict[str, list[Page]] = defaultdict(list)
    for page in await work.session.scalars(CARRIED, {"keys": keys}) if keys else ():
        found[page.carried_by or ""].append(page)
    return found


def _key(page: Page) -> str:
    """The key of the call at PagerDuty that a page, a letter or a post is."""
    return rules.page_key(page.incident_id, page.generation, page.step)


async def _choose(
    work: UnitOfWork, bundles: Iterable[Bundle], budgets: Mapping[str, Budget], whose: Whose, room: int
) -> list[Bundle]:
    """Take calls off the budgets, let pages share those where there are not enough, put back the rest.

    Letters and posts leave one by one, so there is only `room` for so many.
    """
    chosen: list[Bundle] = []
    through: dict[str, list[Bundle]] = defaultdict(list)
    for one in bundles:
        name = whose(one.page.role) if one.page.provider == PAGERDUTY else ""
        (through[name] if name in budgets else chosen).append(one)
    await _put_back(work, chosen[room:], rules.CALLS_AT_ONCE)
    del chosen[room:]
    spent = {}
    for name, waiting in through.items():
        found = grouping.plan(_sorted_out(waiting), budgets[name].tokens, made=budgets[name].calls)
        chosen += [_together(call) for call in found.calls]
        spent[name] = len(found.calls)
        await _put_back(work, found.later, budgets[name].tokens - spent[name])
    await budget.spend(work, spent)
    return chosen


def _sorted_out(bundles: Sequence[Bundle]) -> Waiting[Bundle]:
    rings = [one for one in bundles if one.told is Signal.TRIGGER]
    urgent = [one for one in rings if one.page.urgency <= URGENT]
    mild = [one for one in rings if one.page.urgency > URGENT]
    return Waiting(
        urgent_fresh=[one for one in urgent if one.is_fresh],
        urgent_alone=[one for one in urgent if not one.is_fresh],
        mild_fresh=[one for one in mild if one.is_fresh],
        mild_alone=[one for one in mild if not one.is_fresh],
        ends=[one for one in bundles if one.told is not Signal.TRIGGER],
    )


def _together(call: Sequence[Bundle]) -> Bundle:
    """Let the first stand for the others."""
    first = call[0]
    for one in call[1:]:
        one.page.carried_by = first.page.dedup_key
        outbox.release(one.page, due_at=None)
        first.others.append(one.page)
    return first


async def _put_back(work: UnitOfWork, bundles: Iterable[Bundle], tokens: float) -> None:
    now = await work.now()
    for one in bundles:
        is_urgent = one.told is Signal.TRIGGER and one.page.urgency <= URGENT
        one.page.attempts -= 1
        outbox.release(one.page, due_at=now + grouping.wait(tokens, urgent=is_urgent))


async def _calls(work: UnitOfWork, bundles: Sequence[Bundle], leave_before: float) -> list[Call]:
    words = await _words(work, {page.incident_id for one in bundles for page in (one.page, *one.others)})
    return [
        Call(
            one.page,
            *words[one.page.incident_id],
            leave_before,
            one.told,
            tuple((page, *words[page.incident_id][:2]) for page in one.others),
        )
        for one in bundles
    ]


async def _words(work: UnitOfWork, numbers: Collection[int]) -> Words:
    """What is said of each incident: its title, its severity, and why it has that."""
    newest = (
        select(SeverityDecision.reason)
        .where(SeverityDecision.incident_id == Incident.id)
        .order_by((SeverityDecision.id + 0).desc())  # else the key's index may be walked from its end
        .limit(1)
        .scalar_subquery()
    )
    rows = await work.session.execute(
        select(Incident.id, Incident.title, Incident.severity, newest).where(Incident.id.in_(numbers))
    )
    return {number: (title, severity, reason or title) for number, title, severity, reason in rows}
