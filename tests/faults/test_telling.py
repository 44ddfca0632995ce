"""What telling readers stands: workers that die while they send, and replies that get lost."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app.incidents import opening
from app.incidents.communication import posting, subscribers
from app.incidents.communication.given import Given, Wanted
from app.incidents.communication.subscribers import Reader
from app.incidents.words import Severity
from app.security.permissions import SYSTEM
from app.storage.engine import Database
from app.templates import Audience, PublicStatus
from jobs.communication import AT_ONCE
from tests import clock
from tests.engines import plain
from tests.fakes import mail, slack, statuspage
from tests.fakes.mail import Relay
from tests.fakes.slack import Slack
from tests.fakes.statuspage import Statuspage
from tests.faults import harm, kit
from tests.faults.kit import MANY, Whole

pytestmark = [pytest.mark.anyio, pytest.mark.faults]
READERS = 30
GENERAL = ("worker-general-0", "worker-general-1")
SAID = (PublicStatus.INVESTIGATING, PublicStatus.IDENTIFIED, PublicStatus.RESOLVED)
UNSETTLED = "select count(*) from notice where due_at is not null"
STATES = "select status_update_id, state from notice where channel = 'slack' order by id"


@dataclass
class Town:
    """A whole Opsbook with two general workers, and everybody it can tell."""

    whole: Whole
    database: Database
    relay: Relay
    slack: Slack
    statuspage: Statuspage

    async def rows(self, statement: str) -> list[Any]:
        connection = await asyncpg.connect(plain(self.whole.database_url))
        try:
            return [tuple(row) for row in await connection.fetch(statement)]
        finally:
            await connection.close()

    async def settled(self, patience_seconds: float) -> None:
        """Let whatever is due leave; once nothing moves any more, let the leases of the dead run out."""
        left = None
        async with asyncio.timeout(patience_seconds):
            while (now := (await self.rows(UNSETTLED))[0][0]) > 0:
                if now == left:
                    await clock.advance(self.whole.database_url, timedelta(minutes=3))
                left = now
                await asyncio.sleep(1.5)


@pytest.fixture
async def town(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with mail.serving() as relay, slack.serving() as channel, statuspage.serving() as page:
        channel.limit.calls = page.limit.calls = MANY  # the limits have tests of their own
        settings = {
            "OPSBOOK_SMTP_URL": relay.url,
            **channel.settings(channel.url),
            **page.settings(page.url),
        }
        environs = dict.fromkeys(GENERAL, settings)
        async with kit.running(
            database_url, redis_url, tmp_path, others=("general", "general"), environs=environs
        ) as whole:
            whole.pagerduty.pages.expect_anything()
            database = await Database.open(database_url)
            yield Town(whole, database, relay, channel, page)
            await database.close()


async def tell(town: Town, incidents: int) -> None:
    """Tell everybody three times of each incident."""
    for audience in (Audience.COMMUNITY, Audience.ENTERPRISE):
        readers = [Reader(f"{audience}-{one}@example.org", "Reader") for one in range(READERS)]
        async with town.database.unit_of_work() as work:
            await subscribers.add(work, SYSTEM, audience, readers)
    for _ in range(incidents):
        async with town.database.unit_of_work() as work:
            number = await opening.declare(work, SYSTEM, title="It broke", severity=Severity.S2)
        for status in SAID:
            for audience in (Audience.COMMUNITY, Audience.ENTERPRISE):
                asked = Wanted(audience, status, Given(["payments"], "Some payments fail."))
                async with town.database.unit_of_work() as work:
                    await posting.post(work, SYSTEM, number, asked, base_url="https://ops.example")
            await asyncio.sleep(0.3)


async def kill_some(town: Town, *, times: int) -> None:
    """Kill one of the general workers every 0.7 s."""
    for _ in range(times):
        await asyncio.sleep(0.7)
        await harm.kill("worker-general")(town.whole)


async def test_workers_that_die_while_sending_tell_each_reader_once(town: Town, length: int) -> None:
    incidents, deaths = 2 * length, 6 * length
    town.statuspage.faults.shares = {"lose_reply": 0.1}
    dying = asyncio.create_task(kill_some(town, times=deaths))

    await tell(town, incidents)
    await dying
    await town.settled(45 * incidents)

    # Each letter left, under one id however often it left.
    letters = Counter(
        (recipient, letter["Message-ID"])
        for recipient, letter in zip(town.relay.recipients, town.relay.letters, strict=True)
    )
    per_reader = Counter(recipient for recipient, _ in letters)
    assert per_reader == dict.fromkeys(per_reader, incidents * len(SAID))
    assert len(per_reader) == 2 * READERS
    # Statuspage shows each update once, in order.
    assert [[entry.status for entry in one.entries] for one in town.statuspage.board.incidents] == [
        [status.value for status in SAID]
    ] * incidents
    # Slack was told at most once; where it was not, a person is asked.
    states = [state for _, state in await town.rows(STATES)]
    assert set(states) <= {"delivered", "uncertain"}
    shown = len(town.slack.channel.messages)
    assert states.count("delivered") <= shown <= len(states) == 2 * incidents * len(SAID)
    # What SMTP cannot promise is bounded: a death repeats what that worker had under way, and no more.
    assert sum(letters.values()) - len(letters) <= deaths * AT_ONCE
