from __future__ import annotations

import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

import app.activity.models
import app.audit.models
import app.incidents.models
import app.security.models  # noqa: F401 - each registers its tables
from app.storage import migrate
from app.storage.base import Base
from app.storage.engine import engine_of

pytestmark = pytest.mark.anyio
OF_TESTS = {"moved_clock"}


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    found = compare_metadata(context, Base.metadata)
    return [one for one in found if getattr(one[1], "name", "") not in OF_TESTS]


async def test_the_migrations_make_the_tables_of_the_models(database_url: str) -> None:
    engine = engine_of(database_url)

    async with engine.connect() as connection:
        found = await connection.run_sync(differences)
    await engine.dispose()

    assert found == []


async def test_a_migrated_database_lacks_nothing(database_url: str) -> None:
    assert await migrate.pending(database_url) == []


async def test_processes_that_migrate_at_once_wait_for_each_other(database_url: str) -> None:
    engine = engine_of(database_url)
    async with engine.begin() as connection:
        await connection.execute(text("drop schema public cascade"))
        await connection.execute(text("create schema public"))
    await engine.dispose()

    applied = await asyncio.gather(*(migrate.upgrade(database_url) for _ in range(3)))

    assert sorted(map(len, applied)) == [0, 0, len(migrate.missing(None))]


def test_the_files_numbers_are_the_chain_that_alembic_sees() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS))
    config.set_main_option("path_separator", "os")

    chain = [one.revision for one in ScriptDirectory.from_config(config).iterate_revisions("head", "base")]

    assert migrate.missing(None) == chain[::-1]
