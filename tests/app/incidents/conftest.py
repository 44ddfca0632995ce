"""A world of its own for every test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from app.storage.engine import Database
from tests.app.incidents.world import World, cast


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    database = await Database.open(database_url, writers=20)
    yield await cast(database, database_url)
    await database.close()
