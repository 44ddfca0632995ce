"""A pager at work: its sweep runs in the test's own process, against a PagerDuty of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import pytest

from app import assembly, settings
from app.assembly import House
from app.incidents import acknowledgement, opening
from app.incidents.words import Severity
from app.security.permissions import Actor, Role, granted
from jobs import incidents
from jobs.sending import Senders
from jobs.sweep import Sweep
from tests import clock
from tests.fakes import pagerduty as fakes
from tests.fakes.pagerduty import PagerDuty

OLIVE = Actor("system", None, "Olive", granted([Role.OPERATOR]), frozenset({Role.OPERATOR}))


@dataclass
class Pager:
    """A house, a PagerDuty, and what happens in them."""

    house: House
    pagerduty: PagerDuty

    async def declare(self, severity: Severity = Severity.S2) -> int:
        async with self.house.database.unit_of_work() as work:
            return await opening.declare(work, OLIVE, title="Checkout is down", severity=severity)

    async def acknowledge(self, number: int) -> None:
        async with self.house.database.unit_of_work() as work:
            await acknowledgement.acknowledge(work, OLIVE, number, via="console")

    async def advance(self, **by: float) -> None:
        assert self.house.settings.database_url is not None
        await clock.advance(self.house.settings.database_url, timedelta(**by))

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Let the pager work for the length of the block."""
        senders = Senders()
        rounds = incidents.rounds(self.house, senders)
        sweep = Sweep(rounds, partial(incidents.seconds_until_due, self.house))
        task = asyncio.create_task(sweep.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await senders.drain(5)


@pytest.fixture
async def pager(database_url: str, redis_url: str) -> AsyncIterator[Pager]:
    async with fakes.serving() as pagerduty:
        environ = {
            "OPSBOOK_DATABASE_URL": database_url,
            "OPSBOOK_REDIS_URL": redis_url,
            "OPSBOOK_SECRET_KEY": "k" * 32,
            **pagerduty.settings(pagerduty.url),
        }
        async with assembly.opened(settings.read(environ), connections=5) as house:
            yield Pager(house, pagerduty)
