"""The database of one process: an engine for commands and a pool of plain connections for planned reads."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import asyncpg
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from app.errors import Misconfigured, Unavailable
from app.storage.unit_of_work import Bell, Silence, UnitOfWork, unstorable

SESSION = {"timezone": "UTC", "jit": "off", "application_name": "opsbook"}
# What asyncpg, SQLAlchemy and the socket raise when PostgreSQL went away, is starting or is full.
GONE = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.InsufficientResourcesError,
)


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
            connection = await self.reads.acquire(timeout=5)
        except GONE as error:
            raise Unavailable("The database does not answer. Try again in a moment.") from error
        try:
            yield connection
        except GONE as error:
            raise Unavailable("The database does not answer. Try again in a moment.") from error
        except (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError) as error:
            raise unstorable() from error
        finally:
            await self.reads.release(connection)

    async def close(self) -> None:
        """Give all connections back."""
        await self.reads.close()
        await self.engine.dispose()


def engine_of(url: str, **options: Any) -> AsyncEngine:
    """Make an engine whose sessions speak UTC. With no pool options it keeps no connections."""
    options = options or {"poolclass": NullPool}
    return create_async_engine(
        _parsed(url).set(drivername="postgresql+asyncpg"),
        pool_pre_ping=True,
        hide_parameters=True,  # an error's text must not carry a hash or an address into a log
        connect_args={"server_settings": SESSION, "timeout": 5},
        **options,
    )


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
        "timeout": 5,
        "command_timeout": 15,
        "statement_cache_size": 500,
        "max_cacheable_statement_size": 0,  # a planned statement may be long, and must stay prepared
        "max_cached_statement_lifetime": 0,
    }


async def _keep(_connection: asyncpg.Connection) -> None:
    """Skip asyncpg's reset on release: reads leave nothing behind, and it costs a round trip each."""
