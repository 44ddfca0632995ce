"""Bring the database to the newest schema: programmatic, one process at a time, and never waiting long."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.errors import Misconfigured, Unavailable
from app.storage.engine import engine_of

MIGRATIONS = Path(__file__).parent / "migrations"
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
        found = missing(await _applied(connection))
        if found:
            await _apply(connection)
    return found


async def pending(url: str) -> list[str]:
    """Name the migrations that have not been applied, oldest first.

    Raises: Unavailable, Misconfigured.
    """
    async with _connected(url) as connection:
        return missing(await _applied(connection))


def missing(applied: str | None) -> list[str]:
    """Name the migrations that a database at `applied` lacks, oldest first.

    None when it is at a revision that we do not know: a newer release was here, and we still run on it.
    """
    known = _known()
    if applied is None:
        return known
    return known[known.index(applied) + 1 :] if applied in known else []


def _known() -> list[str]:
    """The chain, by the files' numbers: asking Alembic itself costs each process a tenth of a second."""
    return sorted(path.name.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


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
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


async def _applied(connection: AsyncConnection) -> str | None:
    if await connection.scalar(text("select to_regclass('alembic_version')")) is None:
        return None
    applied: str | None = await connection.scalar(text("select version_num from alembic_version"))
    return applied
