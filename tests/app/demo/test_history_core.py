"""The history mirrors the core. Here both play the same story, and every row must come out alike."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from app.demo.history import commands, communication, intake
from app.demo.history.ledger import Ledger, Policy, Row
from app.demo.history.record import Record
from app.demo.notification import Fault, Group
from app.demo.people import JONAS, MARA, PRIYA, PROMETHEUS, WREN, Member
from app.incidents import (
    acknowledgement,
    closing,
    escalation,
    flapping,
    locking,
    opening,
    participation,
    resolution,
    severity,
    timeline,
)
from app.incidents.checklist import reviewing
from app.incidents.communication import nudging, posting
from app.incidents.communication.given import Given, Wanted
from app.incidents.intake import alertmanager, receiving
from app.incidents.intake.receiving import Body
from app.incidents.intake.signals import AlertSignal
from app.incidents.models import AlertSource, Page, StatusUpdate
from app.incidents.paging import answering, claiming, confirmation, settling
from app.incidents.paging.settling import Sent
from app.incidents.words import IncidentRole, PageStatus, Severity, Signal
from app.outside.pagerduty import events
from app.security.permissions import Actor, granted
from app.storage.base import Base
from app.storage.engine import Database
from app.templates import Audience, PublicStatus
from tests import clock

pytestmark = pytest.mark.anyio

BEGAN = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
GROUP = Group(
    "Wallet payments end in an error",
    {"alertname": "Wallets", "service": "checkout", "scope": "monetisation"},
    ("alertname", "service"),
    (
        Fault("Wallet sessions rejected", {"instance": "1", "severity": "warning"}),
        Fault("Wallets slow", {"instance": "2", "severity": "info"}),
        Fault("No wallet payment for ten minutes", {"instance": "3", "severity": "critical"}),
    ),
)
OPERATOR, COMMANDER = IncidentRole.OPERATOR, IncidentRole.INCIDENT_COMMANDER
GIVEN = Given(["invoices"], "Invoices show the wrong VAT rate.")
Story = Sequence[tuple[float, str, tuple[Any, ...]]]
ESCALATED: Story = (
    (0, "fire", (GROUP.faults[:2],)),
    (40, "fire", (GROUP.faults[2:],)),
    (95, "answer_call", (PRIYA, IncidentRole.POLICY_OWNER)),
    (380, "acknowledge", (JONAS,)),
    (400, "acknowledge", (WREN,)),
    (700, "note", (WREN, "Expired at midnight.")),
    (710, "assign_commander", (WREN, JONAS)),
    (1500, "mitigate", (JONAS,)),
    (1700, "quieten", ()),
    (2000, "resolve", (JONAS,)),
    (2600, "fire", (GROUP.faults[:1],)),
    (2660, "answer_call", (MARA, OPERATOR)),
    (2700, "change_severity", (MARA, Severity.S2, "Hardly anybody notices")),
    (3900, "quieten", ()),
    (4100, "note", (WREN, "Quiet again.")),
)
ANSWERED: Story = (
    (0, "declare", (MARA, "Invoices show the wrong VAT rate", Severity.S1)),
    (50, "acknowledge", (WREN,)),
    (80, "write", (WREN, PublicStatus.INVESTIGATING, GIVEN)),
    (90, "assign_commander", (WREN, JONAS)),
    (120, "approve", (JONAS,)),
    (300, "write", (JONAS, PublicStatus.IDENTIFIED, GIVEN)),
    (330, "approve", (PRIYA,)),
    (900, "note", (JONAS, "Only invoices to Ireland.")),
    (1200, "resolve", (MARA,)),
    (1700, "write", (MARA, PublicStatus.RESOLVED, GIVEN)),
)
SMALL: Story = (
    (0, "declare", (MARA, "Avatars load slowly", Severity.S3)),
    (50, "acknowledge", (WREN,)),
    (900, "resolve", (WREN,)),
    (90_000, "review", (WREN,)),
    (90_100, "close", (JONAS,)),
)
LEFT_OUT = {
    *("id", "head", "last_hash", "page", "hash", "previous_hash", "provider_incident_id", "seq"),
    *("body", "status_update", "obligation"),  # the first says the time
}


def signals(faults: Sequence[Fault], status: str = "firing") -> list[AlertSignal]:
    return alertmanager.read(GROUP.body(status, starts_at=BEGAN, faults=faults))  # type: ignore[arg-type]


class Core:
    """Tells the story to the real thing, in a database whose clock is moved."""

    def __init__(self, database: Database, url: str) -> None:
        self.database, self.url, self.second = database, url, 0.0
        self.firing: list[Fault] = []

    async def tell(self, story: Story) -> None:
        for second, name, values in story:
            await clock.advance(self.url, timedelta(seconds=second - self.second))
            self.second = second
            async with self.database.unit_of_work() as work:
                await escalation.fire_due(work)
                await nudging.nudge_due(work)
                await flapping.end_quiet(work)
            await self._deliver()
            async with self.database.unit_of_work() as work:
                await getattr(self, name)(work, *values)
            await self._deliver()

    async def fire(self, work: Any, faults: Sequence[Fault]) -> None:
        self.firing = [*self.firing, *faults]
        await self._receive(work, signals(faults))

    async def quieten(self, work: Any) -> None:
        await self._receive(work, signals(self.firing, "resolved"))
        self.firing = []

    async def declare(self, work: Any, member: Member, title: str, how_bad: Severity) -> None:
        await opening.declare(work, actor(member), title=title, severity=how_bad, reason="It is so")

    async def acknowledge(self, work: Any, member: Member) -> None:
        await acknowledgement.acknowledge(work, actor(member), 1, via="console")

    async def answer_call(self, work: Any, member: Member, role: IncidentRole) -> None:
        incident = await locking.lock(work, 1)
        found = select(Page).where(Page.role == role).order_by(Page.id.desc()).limit(1)
        page = await work.session.scalar(found)
        by = Actor("provider", None, member.name, scopes=answering.SCOPES)
        await answering.answered_at_provider(work, incident, page, by=by, at=await work.now())

    async def note(self, work: Any, member: Member, text: str) -> None:
        await timeline.note(work, actor(member), 1, text=text)

    async def write(self, work: Any, member: Member, status: PublicStatus, given: Given) -> None:
        wanted = Wanted(Audience.COMMUNITY, status, given)
        await posting.post(work, actor(member), 1, wanted, base_url=communication.BASE_URL)

    async def approve(self, work: Any, member: Member) -> None:
        await posting.approve(
            work, actor(member), await work.session.scalar(select(func.max(StatusUpdate.id)))
        )

    async def mitigate(self, work: Any, member: Member) -> None:
        await resolution.mitigate(work, actor(member), 1)

    async def resolve(self, work: Any, member: Member) -> None:
        await resolution.resolve(work, actor(member), 1)

    async def review(self, work: Any, member: Member) -> None:
        await reviewing.review_timeline(work, actor(member), 1)

    async def close(self, work: Any, member: Member) -> None:
        await closing.close(work, actor(member), 1)

    async def change_severity(self, work: Any, member: Member, to: Severity, reason: str) -> None:
        await severity.change(work, actor(member), 1, severity=to, reason=reason)

    async def assign_commander(self, work: Any, by: Member, member: Member) -> None:
        await participation.assign(work, actor(by), 1, role=COMMANDER, person_id=member.id)

    async def _receive(self, work: Any, said: list[AlertSignal]) -> None:
        named = select(AlertSource).where(AlertSource.name == PROMETHEUS.name)
        source = await work.session.scalar(named.options(undefer(AlertSource.silences)))
        await receiving.take(work, [Body(source, said, b"{}", "application/json")])

    async def _deliver(self) -> None:
        """Let PagerDuty take what is due, and show what it took."""
        for call in await claiming.claim_due(self.database, 50):
            async with self.database.unit_of_work() as work:
                await settling.settle(work, [Sent(call.page, events.Accepted(), call.told)])
                page = await work.session.get_one(Page, call.page.id, populate_existing=True)
                if page.status is PageStatus.ACCEPTED and page.wanted is Signal.TRIGGER:
                    await confirmation.confirm(work, await locking.lock(work, 1), page, "Q1")
                    await confirmation.plan_last_looks(work, [page])


class Mirror:
    """Tells the story to the history."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.source = Actor("source", PROMETHEUS.id, PROMETHEUS.name)

    def tell(self, story: Story) -> None:
        for second, name, values in story:
            self.record.later(timedelta(seconds=second), partial(getattr(self, name), *values))
        self.record.play()

    def fire(self, faults: Sequence[Fault]) -> None:
        act = intake.fire_again if self.record.row else intake.fire
        act(self.record, self.source, signals(faults))

    def declare(self, member: Member, title: str, how_bad: Severity) -> None:
        commands.declare(self.record, actor(member), title, how_bad, "It is so")

    def quieten(self) -> None:
        intake.quieten(self.record)

    def answer_call(self, member: Member, role: IncidentRole) -> None:
        commands.answer_call(self.record, member, role, self.record.now)

    def write(self, member: Member, status: PublicStatus, given: Given) -> None:
        communication.write(self.record, member, status, given)

    def approve(self, member: Member) -> None:
        communication.approve(self.record, member)

    def __getattr__(self, name: str) -> Any:
        return partial(getattr(commands, name), self.record)


def actor(member: Member) -> Actor:
    return Actor("person", member.id, member.name, granted(member.roles), frozenset(member.roles))


def mirrored(story: Story) -> Mapping[str, list[Row]]:
    policy = Policy(1, ((OPERATOR, timedelta()), (COMMANDER, timedelta(minutes=5))))
    ledger = Ledger()
    Mirror(Record(ledger, 1, policy, Random(1), BEGAN)).tell(story)
    return {name: rows for name, rows in ledger.tables.items() if rows}


def comparable(row: Row) -> str:
    """A row without what must differ: other rows' ids, and times, which only count as there or not."""
    kept = {name: value for name, value in row.items() if name not in LEFT_OUT}
    for inner in {"payload", "evidence"} & set(kept):
        kept[inner] = {name: value for name, value in kept[inner].items() if name not in LEFT_OUT}
    return json.dumps(kept, sort_keys=True, default=lambda moment: type(moment).__name__)


def told(rows: Sequence[Row]) -> list[str]:
    """What a timeline says, without the page's own news, which come in any order."""
    in_order = sorted(rows, key=lambda row: int(row["seq"]))
    return [row["text"] for row in in_order if not row["kind"].startswith("page_")]


@pytest.mark.parametrize("story", [ESCALATED, ANSWERED, SMALL], ids=["escalated", "answered", "small"])
async def test_a_story_leaves_the_same_rows(founded: Database, database_url: str, story: Story) -> None:
    ours = mirrored(story)

    await Core(founded, database_url).tell(story)

    for name, rows in ours.items():
        async with founded.engine.connect() as connection:
            found = (await connection.execute(select(Base.metadata.tables[name]))).mappings().all()
        theirs = [{column: row[column] for column in rows[0]} for row in found]
        assert sorted(map(comparable, theirs)) == sorted(map(comparable, rows)), name
        if name == "incident_event":
            assert told(theirs) == told(rows)
