"""Bring the database to the newest schema: programmatic, one process at a time, and never waiting long."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.errors import Misconfigured, Unavailable
from app.storage.engine import engine_of

LOCK = 7_216_001
# A migration that cannot have its lock soon gives up rather than hold up the console behind it.
PATIENCE = "set local lock_timeout = '4s'; set local statement_timeout = '5s'"
# Source: PostgreSQL, "Error Codes": lock_not_available and query_canceled.
TOO_LATE = {"55P03", "57014"}


async def upgrade(url: str) -> list[str]:
    """Apply what is pending and name it. A second process starting at once waits for the first.

    Raises: Unavailable, Misconfigured.
    """
    async with _connected(url) as connection:
        await connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        for setting in PATIENCE.split(";"):
            await connection.execute(text(setting))
        found = missing(await connection.run_sync(_applied))
        if found:
            await _apply(connection)
    return found


async def pending(url: str) -> list[str]:
    """Name the migrations that have not been applied, oldest first.

    Raises: Unavailable, Misconfigured.
    """
    async with _connected(url) as connection:
        return missing(await connection.run_sync(_applied))


def missing(applied: str | None) -> list[str]:
    """Name the migrations that a database at `applied` lacks, oldest first.

    None when it is at a revision that we do not know: a newer release was here, and we still run on it.
    """
    known = _known()
    if applied is None:
        return known
    return known[known.index(applied) + 1 :] if applied in known else []


@cache
def _known() -> list[str]:
    revisions = ScriptDirectory.from_config(_config()).iterate_revisions("head", "base")
    return [one.revision for one in revisions][::-1]


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[AsyncConnection]:
    engine = engine_of(url)
    try:
        async with AsyncExitStack() as stack:
            yield await _entered(stack, engine)
    finally:
        await engine.dispose()


async def _entered(stack: AsyncExitStack, engine: AsyncEngine) -> AsyncConnection:
    try:
        return await stack.enter_async_context(engine.begin())
    except OSError as error:
        raise Unavailable(
            f"The database does not answer ({type(error).__name__}). Check OPSBOOK_DATABASE_URL."
        ) from error
    except DBAPIError as error:
        raise Misconfigured(f"PostgreSQL says: {error.orig}. Check OPSBOOK_DATABASE_URL.") from error


async def _apply(connection: AsyncConnection) -> None:
    try:
        await connection.run_sync(_upgrade)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) not in TOO_LATE:
            raise
        raise Unavailable(
            "A migration had to wait too long for others. Nothing was changed; try again when less goes on."
        ) from error


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _applied(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config
