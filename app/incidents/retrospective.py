"""The retrospective: one issue in the project Operations, filed by a worker, read back, and never a second.

The row is its own outbox. Its marker is made before the first attempt and kept, so that an issue whose
creation was answered into the void is found again.
Source: handbook, "file retrospective issue in the Operations project".
"""

from __future__ import annotations

import asyncio
import random
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from app import clock
from app.audit import trail
from app.errors import Conflict
from app.incidents import locking, report, rules, timeline
from app.incidents.checklist import items
from app.incidents.models import Followup, Incident
from app.incidents.words import ChecklistKey
from app.outside import json_api
from app.outside.failed import Failed
from app.outside.github import issues, projects
from app.outside.github.account import GitHub
from app.outside.github.issues import Issue
from app.security.permissions import SYSTEM, Actor, Scope
from app.storage import outbox
from app.storage.engine import Database
from app.storage.unit_of_work import UnitOfWork

# Filing asks GitHub some ten times at most; an attempt ends within its lease, or two issues could come of it.
LEASE = json_api.TIMEOUT * 12
AT_ONCE = 4
READ_EVERY = timedelta(minutes=15)
LABELS = ("retrospective",)
NOT_SET = "Set OPSBOOK_GITHUB_TOKEN and OPSBOOK_GITHUB_REPOSITORY, then file it again."


@dataclass(frozen=True, slots=True)
class Filing:
    """A claimed row with what the issue is to say."""

    row: Followup
    draft: issues.Draft


async def request(work: UnitOfWork, actor: Actor, number: int, *, expected_version: int | None = None) -> int:
    """Ask for the issue. Asked again, it is looked for and read back; it is never filed twice."""
    actor.demand(Scope.INCIDENTS_WRITE, sees=Scope.INCIDENTS_READ)
    incident = await locking.lock(work, number, expected_version=expected_version)
    item = await items.item_of(work, incident, ChecklistKey.RETROSPECTIVE)
    if item.done_at is not None:
        raise Conflict("The retrospective is filed already.")
    row = await _row(work, number)
    if row is None:
        marker = f"opsbook:incident:{number}:{secrets.token_hex(8)}"
        row = Followup(incident_id=number, marker=marker, requested_at=await work.now(), in_project=False)
        row.requested_by, row.attempts = actor.name, 0
        work.session.add(row)
        text = f"{actor.name} asked for the retrospective in Operations"
        await timeline.append(work, incident, actor, "retrospective_requested", text)
    row.due_at, row.last_error = await work.now(), None
    locking.touch(incident)
    work.wake("general")
    await trail.record(work, actor, "incident.file_retrospective", ("incident", number))
    return number


async def file_due(database: Database, github: GitHub | None, base_url: str) -> int:
    """File what was asked for and read back what was filed; answers how many rows were dealt with."""
    claimed = await _claim(database, base_url)
    await asyncio.gather(*(_attend(database, github, one) for one in claimed))
    return len(claimed)


async def _row(work: UnitOfWork, number: int) -> Followup | None:
    found = select(Followup).where(Followup.incident_id == number).with_for_update()
    row: Followup | None = await work.session.scalar(found)
    return row


async def _claim(database: Database, base_url: str) -> list[Filing]:
    async with database.unit_of_work() as work:
        rows = await outbox.claim(work.session, Followup, lease=LEASE, limit=AT_ONCE)
    return [Filing(row, await _draft(database, row, base_url)) for row in rows]


async def _draft(database: Database, row: Followup, base_url: str) -> issues.Draft:
    async with database.unit_of_work() as work:
        found = await report.gather(work, row.incident_id)
    url = f"{base_url.rstrip('/')}/incidents/{row.incident_id}"
    title = f"Retrospective: OPS-{row.incident_id} {found.incident['title']}"
    body = report.written(found, url=url)
    return issues.Draft(row.marker, title, body, begun_at=row.requested_at, labels=LABELS)


async def _attend(database: Database, github: GitHub | None, filing: Filing) -> None:
    row = filing.row
    if github is None:
        unset = Failed("unexpected_answer", permanent=True, reason=NOT_SET)
        await _settle(database, row, unset, in_project=False)
        return
    known = row.external_number
    filed = await issues.read(github, known) if known else await issues.file(github, filing.draft)
    issue = filed if isinstance(filed, Issue | Failed) else filed.issue
    if isinstance(issue, Failed):
        await _settle(database, row, issue, in_project=row.in_project)
        return
    placed = await projects.place(github, issue)
    is_placed = isinstance(placed, projects.Placed)
    await _settle(database, row, issue, in_project=is_placed, failed=None if is_placed else placed)


async def _settle(
    database: Database,
    sent: Followup,
    outcome: Issue | Failed,
    *,
    in_project: bool,
    failed: Failed | projects.Placed | None = None,
) -> None:
    async with database.unit_of_work() as work:
        incident = await locking.lock(work, sent.incident_id)
        row = (await outbox.hold(work.session, Followup, [sent]))[sent.id]
        if not outbox.is_ours(row, sent):
            return
        trouble = outcome if isinstance(outcome, Failed) else failed
        if isinstance(outcome, Issue):
            await _note(work, incident, row, outcome)
        row.in_project = in_project
        row.last_error = _words(trouble) if isinstance(trouble, Failed) else None
        await _finish(work, incident, row, trouble if isinstance(trouble, Failed) else None)


async def _note(work: UnitOfWork, incident: Incident, row: Followup, issue: Issue) -> None:
    is_news = row.external_url is None
    row.external_url, row.external_number = issue.url, issue.number
    row.external_state, row.read_at = issue.state, await work.now()
    if is_news:
        text = f"The retrospective is filed as issue {issue.number}"
        await timeline.append(work, incident, SYSTEM, "retrospective_filed", text, url=issue.url)


async def _finish(work: UnitOfWork, incident: Incident, row: Followup, failed: Failed | None) -> None:
    """Tick the step off once its issue is in the project, and decide when to look again."""
    in_review = rules.is_in_review(incident.status)
    if failed is None and row.in_project and in_review:
        item = await items.item_of(work, incident, ChecklistKey.RETROSPECTIVE)
        if item.done_at is None:
            by = Actor("system", None, row.requested_by)
            await items.complete(work, incident, item, by, url=row.external_url)
    work.announce(f"incident:{incident.id}")
    outbox.release(row, due_at=None)
    if failed is not None and not failed.permanent:
        jitter = random.uniform(-1, 1)  # noqa: S311 - spreads retries, guards nothing
        wait = max(rules.retry_delay(row.attempts, jitter=jitter), failed.retry_after or timedelta())
        row.due_at = await work.now() + wait
    elif failed is None and in_review and row.external_state != "closed":
        row.due_at = await work.session.scalar(select(clock.after(READ_EVERY)))


def _words(failed: Failed) -> str:
    return " ".join(part for part in (failed.reason or failed.kind.replace("_", " "), failed.remedy) if part)
