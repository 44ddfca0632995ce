"""Every test here hurts a whole Opsbook; `--long` runs each of them longer, and some that need minutes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from app.embedded import Engines
from app.incidents import sources
from app.security.permissions import SYSTEM
from app.storage.engine import Database
from tests.engines import Databases
from tests.faults import kit
from tests.faults.kit import Whole
from tests.faults.trial import FIGURES, Trial

WARM_UP = 6  # each process has served, claimed and sent before anything is measured
HEAD = "alerts | refused | lost | early | doubled | repeats | page p50 p99 max s | escalation p50 p99 max s"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--long"):
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="takes minutes: run `make faults`"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what was measured, test by test."""
    reports = [one for key in ("passed", "failed") for one in terminalreporter.getreports(key)]
    found = [
        f"{report.nodeid.rpartition('::')[2]} | {figures}"
        for report in reports
        for name, figures in report.user_properties
        if name == FIGURES and report.when == "call"
    ]
    if found:
        terminalreporter.write_sep("=", HEAD)
        terminalreporter.write_line("\n".join(found))


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
    await kit.give_plenty(database_url)
    async with kit.running(database_url, redis_url, tmp_path) as found:
        found.keys["pagerduty"] = await source(database_url, "sender", "pagerduty")
        found.keys["alertmanager"] = await source(database_url, "prometheus", "alertmanager")
        yield found


@pytest.fixture
async def doubled(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Whole]:
    """Two web processes and two pagers, and nothing between them and what they dial."""
    async with kit.running(database_url, redis_url, tmp_path, web=2, pagers=2) as found:
        found.keys["pagerduty"] = await source(database_url, "sender", "pagerduty")
        yield found


@pytest.fixture(scope="module")
def shared_url(databases: Databases) -> Iterator[str]:
    with databases.fresh() as url:
        yield url


@pytest.fixture(scope="module")
async def everything(
    engines: Engines,
    shared_url: str,
    tmp_path_factory: pytest.TempPathFactory,
    pytestconfig: pytest.Config,
) -> AsyncIterator[Whole]:
    """Two webs, two pagers, the other workers if there is time, and a line before whatever they dial.

    The tests of a module share it, so it has to recover by itself: what one of them leaves broken, the next
    one trips over.
    """
    folder = tmp_path_factory.mktemp("everything")
    others = ("general", "exports") if pytestconfig.getoption("--long") else ()
    await kit.give_plenty(shared_url)
    async with kit.running(
        shared_url, engines.redis_url, folder, web=2, pagers=2, others=others, lined=True
    ) as found:
        found.keys["pagerduty"] = await source(shared_url, "sender", "pagerduty")
        found.keys["alertmanager"] = await source(shared_url, "prometheus", "alertmanager")
        found.pagerduty.pages.expect_anything()  # the judge counts what rings
        await Trial(found, 1, lambda _: None).run(alerts=WARM_UP, escalates=False)
        yield found


@pytest.fixture
def trial(everything: Whole, request: pytest.FixtureRequest) -> Trial:
    return Trial.of(everything, request)
