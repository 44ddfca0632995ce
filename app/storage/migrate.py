"""Bring the database to the newest schema: programmatic, one process at a time, and never waiting long."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from app.storage.engine import engine_of

LOCK = 7_216_001
# A migration that cannot have its lock soon gives up rather than hold up the console behind it.
PATIENCE = "set local lock_timeout = '4s'; set local statement_timeout = '5s'"


async def upgrade(url: str) -> None:
    """Apply what is pending. A second process starting at once waits for the first."""
    engine = engine_of(url)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            for setting in PATIENCE.split(";"):
                await connection.execute(text(setting))
            await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


async def pending(url: str) -> list[str]:
    """Name the migrations that have not been applied, oldest first."""
    engine = engine_of(url)
    try:
        async with engine.connect() as connection:
            applied = await connection.run_sync(_applied)
    finally:
        await engine.dispose()
    revisions = ScriptDirectory.from_config(_config()).iterate_revisions("head", "base")
    known = [one.revision for one in revisions]
    return list(reversed(known[: known.index(applied)] if applied in known else known))


def head() -> str | None:
    """The newest revision that this release knows."""
    return ScriptDirectory.from_config(_config()).get_current_head()


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
