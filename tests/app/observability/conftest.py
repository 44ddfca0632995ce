from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from app.incidents import opening
from app.incidents.words import Severity
from app.security.permissions import SYSTEM
from app.storage.engine import Database
from tests import clock


@dataclass
class House:
    """One database, and short words for what happens in it."""

    database: Database
    url: str

    async def declare(self, severity: Severity = Severity.S2) -> int:
        async with self.database.unit_of_work() as work:
            return await opening.declare(work, SYSTEM, title="Checkout is down", severity=severity)

    async def advance(self, **by: float) -> None:
        await clock.advance(self.url, timedelta(**by))


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    database = await Database.open(database_url)
    yield House(database, database_url)
    await database.close()
