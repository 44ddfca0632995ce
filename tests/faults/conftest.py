"""Every test here hurts a whole Opsbook; `--long` runs each of them longer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.incidents import sources
from app.security.permissions import SYSTEM
from app.storage.engine import Database
from tests.faults import kit
from tests.faults.kit import Whole


@pytest.fixture
def length(request: pytest.FixtureRequest) -> int:
    """How many times as much as in `make test`."""
    return 20 if request.config.getoption("--long") else 1


async def source(database_url: str, name: str, sends: str) -> str:
    """Add a source of alerts; answers its key."""
    database = await Database.open(database_url)
    try:
        async with database.unit_of_work() as work:
            _, key = await sources.add(work, SYSTEM, name=name, sends=sends)
            return key
    finally:
        await database.close()


@pytest.fixture
async def whole(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Whole]:
    async with kit.running(database_url, redis_url, tmp_path) as found:
        found.keys["pagerduty"] = await source(database_url, "sender", "pagerduty")
        found.keys["alertmanager"] = await source(database_url, "prometheus", "alertmanager")
        yield found


@pytest.fixture
async def doubled(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Whole]:
    """Two web processes and two pagers."""
    async with kit.running(database_url, redis_url, tmp_path, web=2, pagers=2) as found:
        found.keys["pagerduty"] = await source(database_url, "sender", "pagerduty")
        yield found
