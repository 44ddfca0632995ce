from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from sqlalchemy import text

from app.observability import health
from app.observability.health import Check, Probes, State
from app.storage.engine import Database
from tests.app.observability.conftest import House
from tests.fakes import raw

pytestmark = pytest.mark.anyio
NOBODY_LISTENS = "//127.0.0.1:1"
LONGEST_SECONDS = 2.5


def states(checks: Sequence[Check]) -> dict[str, State]:
    return {one.name: one.state for one in checks}


async def change(house: House, statement: str) -> None:
    async with house.database.unit_of_work() as work:
        await work.session.execute(text(statement))


async def test_all_is_well(house: House, redis_url: str) -> None:
    probes = Probes(house.database, redis_url)

    ready, healthy = await probes.ready(), await probes.healthy()

    assert states(ready) == {"database": State.WELL, "queue": State.WELL}
    assert states(healthy) == {"escalations": State.WELL}
    assert health.is_well([*ready, *healthy])


async def test_a_queue_that_refuses_is_a_degradation(house: House) -> None:
    ready = await Probes(house.database, f"redis:{NOBODY_LISTENS}").ready()

    assert states(ready)["queue"] is State.DEGRADED
    assert health.is_well(ready)


async def test_a_queue_that_is_silent_is_one_too_and_delays_nobody(house: House) -> None:
    async with raw.answering(b"", then_hang=True) as silent:
        probes = Probes(house.database, silent.url.replace("http:", "redis:"))
        began = time.perf_counter()
        ready = await probes.ready()

    assert states(ready) == {"database": State.WELL, "queue": State.DEGRADED}
    assert time.perf_counter() - began < LONGEST_SECONDS


async def test_a_database_that_refuses_is_unwell(redis_url: str) -> None:
    database = await Database.open(f"postgresql:{NOBODY_LISTENS}/opsbook")
    probes = Probes(database, redis_url)

    ready, healthy, measured = await probes.ready(), await probes.healthy(), await probes.measured()

    assert states(ready) == {"database": State.UNWELL, "queue": State.WELL}
    assert states(healthy) == {"escalations": State.UNWELL}
    assert [one.name for one in measured] == ["opsbook_database_up"]
    await database.close()


async def test_a_database_that_is_silent_is_unwell_within_two_seconds(redis_url: str) -> None:
    async with raw.answering(b"", then_hang=True) as silent:
        database = await Database.open(silent.url.replace("http:", "postgresql:") + "/opsbook")
        began = time.perf_counter()
        ready = await Probes(database, redis_url).ready()
        took = time.perf_counter() - began

    assert states(ready)["database"] is State.UNWELL
    assert took < LONGEST_SECONDS
    await database.close()


async def test_a_schema_that_lacks_a_migration_is_unwell(house: House, redis_url: str) -> None:
    await change(house, "update alembic_version set version_num = '0001'")

    (database, _) = await Probes(house.database, redis_url).ready()

    assert database.state is State.UNWELL
    assert "opsbook migrate" in database.detail


async def test_a_schema_of_a_newer_release_is_well(house: House, redis_url: str) -> None:
    await change(house, "update alembic_version set version_num = '9999'")

    (database, _) = await Probes(house.database, redis_url).ready()

    assert database.state is State.WELL


async def test_a_database_without_any_table_is_unwell(house: House, redis_url: str) -> None:
    await change(house, "drop table alembic_version")

    (database, _) = await Probes(house.database, redis_url).ready()

    assert database.state is State.UNWELL


@pytest.mark.parametrize(("late", "state"), [(14.0, State.WELL), (16.0, State.UNWELL)])
async def test_an_escalation_more_than_15_s_late_means_that_no_pager_works(
    house: House, redis_url: str, late: float, state: State
) -> None:
    await house.declare()
    await house.advance(minutes=5, seconds=late)

    (escalations,) = await Probes(house.database, redis_url).healthy()

    assert escalations.state is state
