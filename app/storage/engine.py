"""The database of one process: an engine for commands and a pool of plain connections for planned reads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, Self, TypeVar

import asyncpg
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from app.errors import Misconfigured, Unavailable
from app.storage.again import once_more
from app.storage.unit_of_work import Bell, Silence, UnitOfWork, unstorable

SESSION = {
    "timezone": "UTC",
    "jit": "off",
    "application_name": "opsbook",
    # A process that is frozen, or cut off without a word, must not hold the locks of its transaction.
    "idle_in_transaction_session_timeout": "5s",
}
CONNECT_SECONDS = 5
GIVE_BACK_SECONDS = 1
AWAY = "The database does not answer. Try again in a moment."
ANSWER_SECONDS = 15  # a statement that takes longer is answered by nobody
# What asyncpg, SQLAlchemy and the socket raise when PostgreSQL went away, is starting or is full.
GONE = (
    OSError,
    TimeoutError,
    RuntimeError,  # so says uvloop of a connection that broke between two writes
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # so says asyncpg of the same one afterwards
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.InsufficientResourcesError,
)


Found = TypeVar("Found")


class Database:
    """Opens units of work and reading connections. Create with `open`, end with `close`."""

    def __init__(self, engine: AsyncEngine, reads: asyncpg.Pool, bell: Bell) -> None:
        self.engine = engine
        self.reads = reads
        self.bell = bell

    @classmethod
    async def open(cls, url: str, *, bell: Bell | None = None, writers: int = 10, readers: int = 10) -> Self:
        """Prepare both; they connect on first use, so that a database that is away delays no start."""
        engine = engine_of(url, pool_size=writers, max_overflow=0, pool_timeout=5)
        reads = asyncpg.create_pool(**_dsn(url), min_size=0, max_size=readers, reset=_keep, **_reading())
        return cls(engine, await reads, bell or Silence())

    def unit_of_work(self) -> UnitOfWork:
        """Begin one transaction: `async with database.unit_of_work() as work`."""
        return UnitOfWork(self.engine, self.bell)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[asyncpg.Connection]:
        """Lend a plain connection for reads.

        Raises: Unavailable when PostgreSQL does not answer; InvalidInput for a text that it cannot hold.
        """
        try:
            connection = await self.reads.acquire(timeout=CONNECT_SECONDS)
        except GONE as error:
            raise Unavailable(AWAY) from error
        try:
            yield connection
        except GONE as error:
            _end(connection)  # it may be in the middle of something, and must not be lent again
            raise Unavailable(AWAY) from error
        except (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError) as error:
            raise unstorable() from error
        finally:
            await self._give_back(connection)

    async def read(self, ask: Callable[[asyncpg.Connection], Awaitable[Found]]) -> Found:
        """Ask on a connection for reads, and once more if that turns out dead.

        Raises: Unavailable when PostgreSQL does not answer.
        """
        return await once_more(partial(self._read, ask))

    async def _give_back(self, connection: asyncpg.Connection) -> None:
        try:
            await self.reads.release(connection, timeout=GIVE_BACK_SECONDS)
        except GONE:
            _end(connection)

    async def _read(self, ask: Callable[[asyncpg.Connection], Awaitable[Found]]) -> Found:
        async with self.reading() as connection:
            return await ask(connection)

    async def close(self) -> None:
        """Give all connections back."""
        await self.reads.close()
        await self.engine.dispose()


def engine_of(url: str, **options: Any) -> AsyncEngine:
    """Make an engine whose sessions speak UTC. With no pool options it keeps no connections."""
    options = options or {"poolclass": NullPool}
    engine = create_async_engine(
        _parsed(url).set(drivername="postgresql+asyncpg"),
        hide_parameters=True,  # an error's text must not carry a hash or an address into a log
        connect_args={
            "server_settings": SESSION,
            "timeout": CONNECT_SECONDS,
            "command_timeout": ANSWER_SECONDS,
        },
        **options,
    )
    event.listen(engine.sync_engine, "checkout", _refuse_dead)
    return engine


def _end(connection: asyncpg.Connection) -> None:
    with suppress(*GONE):  # the pool may have noticed by itself
        connection.terminate()


def _refuse_dead(connection: Any, _record: Any, _proxy: Any) -> None:
    """Let the pool replace a connection that PostgreSQL has hung up; to ask it would cost a round trip."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def _parsed(url: str) -> URL:
    try:
        parts = make_url(url)
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        parts = None
    if parts is None or not parts.drivername.startswith("postgres"):
        raise Misconfigured(
            "OPSBOOK_DATABASE_URL leads to no PostgreSQL. Write postgresql://user:password@host:5432/name."
        )
    return parts


def _dsn(url: str) -> dict[str, Any]:
    parts = _parsed(url)
    host = parts.query.get("host", parts.host)
    return {
        "host": host,
        "port": parts.port or 5432,
        "user": parts.username,
        "password": parts.password,
        "database": parts.database,
    }


def _reading() -> dict[str, Any]:
    # Generic plans: a planned statement is prepared once, and its binds never change its shape.
    settings = {**SESSION, "default_transaction_read_only": "on", "plan_cache_mode": "force_generic_plan"}
    return {
        "server_settings": settings,
        "timeout": CONNECT_SECONDS,
        "command_timeout": ANSWER_SECONDS,
        "statement_cache_size": 500,
        "max_cacheable_statement_size": 0,  # a planned statement may be long, and must stay prepared
        "max_cached_statement_lifetime": 0,
    }


async def _keep(_connection: asyncpg.Connection) -> None:
    """Skip asyncpg's reset on release: reads leave nothing behind, and it costs a round trip each."""
