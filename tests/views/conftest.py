"""People and a database for the pages that are asked for over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from app.storage.engine import Database
from tests.app.incidents.world import World, cast


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """The cast, signed in nowhere."""
    database = await Database.open(database_url)
    yield await cast(database, database_url)
    await database.close()
