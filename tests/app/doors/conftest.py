"""The whole application in the test's process, with one source of each format."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
from httpx2 import ASGITransport, AsyncClient

from app import asgi, settings
from app.incidents import sources
from app.security.permissions import SYSTEM
from app.storage.engine import Database
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
    environ = {
        "OPSBOOK_DATABASE_URL": database_url,
        "OPSBOOK_REDIS_URL": redis_url,
        "OPSBOOK_SECRET_KEY": "k" * 32,
        "OPSBOOK_BASE_URL": "http://testserver",
        "OPSBOOK_PAGERDUTY_WEBHOOK_SECRETS": f"an-older-one,{SECRET}",
    }
    keys = await _keys(database_url)
    app = asgi.application(settings.read(environ))
    async with app.router.lifespan_context(app) as state:
        transport = ASGITransport(app=_with_state(app, state), raise_app_exceptions=False)
        async with AsyncClient(transport=transport, base_url="http://testserver") as http:
            yield Doors(http, database_url, keys)


async def _keys(database_url: str) -> dict[str, str]:
    database = await Database.open(database_url)
    keys = {}
    async with database.unit_of_work() as work:
        for sends in sources.FORMATS:
            _, keys[sends] = await sources.add(work, SYSTEM, name=sends, sends=sends)
    await database.close()
    return keys


def _with_state(app: Any, state: Any) -> Any:
    async def stated(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "state": dict(state)}, receive, send)

    return stated
