"""The whole application in the test's process, with one source of each format."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
from httpx2 import AsyncClient

from app.incidents import sources
from app.security.permissions import SYSTEM
from app.storage.engine import Database
from tests import application
from tests.engines import plain

SECRET = "webhook-secret"
TABLES = ("inbound_event", "alert", "incident", "page", "provider_event", "audit_event", "activity_event")


@dataclass
class Doors:
    """A client at the machines' addresses, and what it changed."""

    http: AsyncClient
    database_url: str
    keys: dict[str, str]

    async def rows(self) -> dict[str, int]:
        """How many rows each table holds."""
        connection = await asyncpg.connect(plain(self.database_url))
        try:
            return {name: await connection.fetchval(f"select count(*) from {name}") for name in TABLES}
        finally:
            await connection.close()

    async def one(self, statement: str) -> Any:
        """Ask the database one value."""
        connection = await asyncpg.connect(plain(self.database_url))
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()


@pytest.fixture
async def doors(database_url: str, redis_url: str) -> AsyncIterator[Doors]:
    keys = await _keys(database_url)
    secrets = f"an-older-one,{SECRET}"
    async with application.opened(database_url, redis_url, OPSBOOK_PAGERDUTY_WEBHOOK_SECRETS=secrets) as http:
        yield Doors(http, database_url, keys)


@pytest.fixture
async def database(doors: Doors) -> AsyncIterator[Database]:
    found = await Database.open(doors.database_url)
    yield found
    await found.close()


async def _keys(database_url: str) -> dict[str, str]:
    database = await Database.open(database_url)
    keys = {}
    async with database.unit_of_work() as work:
        for sends in sources.FORMATS:
            _, keys[sends] = await sources.add(work, SYSTEM, name=sends, sends=sends)
    await database.close()
    return keys
