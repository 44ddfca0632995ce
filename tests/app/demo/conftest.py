"""A database in which the demo's company has just begun: its people and its sources, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert

from app.demo.history import founding
from app.demo.history.ledger import Ledger
from app.demo.people import SOURCES
from app.storage.base import Base
from app.storage.engine import Database

BEGAN = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
async def founded(database_url: str) -> AsyncIterator[Database]:
    database, ledger = await Database.open(database_url), Ledger()
    founding.found(ledger, BEGAN, BEGAN, {source.name: source.name for source in SOURCES})
    async with database.unit_of_work() as work:
        for name in ("person", "alert_source"):
            await work.session.execute(insert(Base.metadata.tables[name]), ledger.tables[name])
    yield database
    await database.close()
