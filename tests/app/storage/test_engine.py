from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import text

from app.storage.engine import RESTED_SECONDS, Database
from tests.engines import plain

pytestmark = pytest.mark.anyio

TERMINATE = """
    select count(pg_terminate_backend(pid)) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()
"""


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = await Database.open(database_url, writers=3)
    yield database
    await database.close()


async def ask(database: Database) -> int:
    async with database.unit_of_work() as work:
        return int(
            (await work.session.execute(text("select pg_backend_pid() from pg_sleep(0.05)"))).scalar_one()
        )


async def terminate(database_url: str) -> int:
    connection = await asyncpg.connect(plain(database_url))
    try:
        return int(await connection.fetchval(TERMINATE))
    finally:
        await connection.close()


@pytest.mark.parametrize("rested", [0.0, RESTED_SECONDS + 0.1])
async def test_connections_that_postgresql_has_closed_are_not_lent(
    database: Database, database_url: str, rested: float
) -> None:
    before = await asyncio.gather(*(ask(database) for _ in range(3)))
    await asyncio.sleep(rested)

    assert await terminate(database_url) == 3
    after = await asyncio.gather(*(ask(database) for _ in range(3)))

    assert set(before) & set(after) == set()


async def test_a_connection_that_has_rested_is_lent_again(database: Database) -> None:
    before = await ask(database)
    await asyncio.sleep(RESTED_SECONDS + 0.1)

    assert await ask(database) == before
