"""One Opsbook of two web processes and one Chromium for all these tests; browsers of its own for each."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright, expect

from app.embedded import Engines
from app.queue.bell import Bell
from app.storage.engine import Database
from tests.browser.desk import PATIENCE_MS, Desk, hire
from tests.engines import Databases
from tests.faults import kit

CHROMIUM = os.environ.get("OPSBOOK_CHROMIUM") or shutil.which("chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("There is no Chromium. Install it, or name one in OPSBOOK_CHROMIUM.")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        await chromium.close()


@pytest.fixture(scope="session")
def office_url(databases: Databases) -> Iterator[str]:
    with databases.fresh() as url:
        yield url


@pytest.fixture(scope="session")
async def office(
    browser: Browser, office_url: str, engines: Engines, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Desk]:
    """The Opsbook that all tests share which do not hurt it."""
    folder = tmp_path_factory.mktemp("office")
    async with opened(browser, office_url, engines.redis_url, folder, web=2) as desk:
        yield desk


@pytest.fixture
async def desk(office: Desk) -> AsyncIterator[Desk]:
    own = Desk(office.whole, office.browser, office.database, office.ids)
    yield own
    await own.leave()


@pytest.fixture
async def own_desk(
    browser: Browser, database_url: str, redis_url: str, tmp_path: Path
) -> AsyncIterator[Desk]:
    """An Opsbook of the test's own, which it may hurt."""
    async with opened(browser, database_url, redis_url, tmp_path) as desk:
        yield desk
        await desk.leave()


@asynccontextmanager
async def opened(
    browser: Browser, database_url: str, redis_url: str, folder: Path, *, web: int = 1
) -> AsyncIterator[Desk]:
    """Start an Opsbook with the cast in it."""
    async with kit.running(database_url, redis_url, folder, web=web) as whole:
        whole.pagerduty.pages.expect_anything()
        bell = Bell(redis_url)
        database = await Database.open(database_url, bell=bell, writers=2, readers=2)
        try:
            yield Desk(whole, browser, database, await hire(database))
        finally:
            await bell.close()
            await database.close()
