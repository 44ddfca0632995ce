from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest
from sqlalchemy import text

from app.errors import Unavailable
from app.storage import engine
from app.storage.again import once_more
from app.storage.engine import Database
from tests.engines import plain
from tests.fakes import lines

pytestmark = pytest.mark.anyio
TERMINATE = """
select pg_terminate_backend(pid) from pg_stat_activity
 where datname = current_database() and pid <> pg_backend_pid()
"""


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = await Database.open(database_url)
    yield database
    await database.close()


async def hang_up(url: str) -> None:
    """Let PostgreSQL terminate every connection to this database."""
    connection = await asyncpg.connect(plain(url))
    await connection.execute(TERMINATE)
    await connection.close()


async def one(database: Database) -> object:
    async with database.unit_of_work() as work:
        return await work.session.scalar(text("select 1"))


async def one_read(database: Database) -> object:
    return await database.read(lambda connection: connection.fetchval("select 1"))


async def test_a_pooled_connection_that_was_hung_up_is_replaced(
    database: Database, database_url: str
) -> None:
    await one(database)
    await hang_up(database_url)
    await asyncio.sleep(0.05)

    assert await one(database) == 1


async def test_a_read_is_made_once_more_when_its_connection_breaks(
    database: Database, database_url: str
) -> None:
    breaks = iter([True, False])

    async def ask(connection: asyncpg.Connection) -> object:
        if next(breaks):
            await hang_up(database_url)
        return await connection.fetchval("select 1")

    assert await database.read(ask) == 1


async def test_a_unit_that_may_be_run_twice_is(database: Database, database_url: str) -> None:
    breaks = iter([True, False])

    async def unit() -> object:
        async with database.unit_of_work() as work:
            await work.session.execute(text("select 1"))
            if next(breaks):
                await hang_up(database_url)
            return await work.session.scalar(text("select 2"))

    assert await once_more(unit) == 2


async def test_it_is_not_run_a_third_time(database: Database) -> None:
    runs = []

    async def unit() -> None:
        runs.append(1)
        raise Unavailable("away")

    with pytest.raises(Unavailable):
        await once_more(unit)
    assert len(runs) == 2


@pytest.mark.parametrize("ask", [one, one_read])
async def test_a_postgresql_that_says_nothing_is_given_up(
    database_url: str, monkeypatch: pytest.MonkeyPatch, ask: Callable[[Database], Awaitable[object]]
) -> None:
    monkeypatch.setattr(engine, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(engine, "CONNECT_SECONDS", 0.2)
    parts = urlsplit(database_url)
    socket = f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.5432"
    async with lines.laid(lambda: asyncio.open_unix_connection(socket)) as line:
        database = await Database.open(f"postgresql://opsbook@127.0.0.1:{line.port}{parts.path}")
        await ask(database)
        line.silence()

        with pytest.raises(Unavailable):
            await asyncio.wait_for(ask(database), 15)

        line.speak()
        assert await ask(database) == 1
        await database.close()
