from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text

from app.incidents.words import Severity
from tests.jobs.conftest import Pager

pytestmark = pytest.mark.anyio
LATENESS = "select extract(epoch from nudged_at - due_at)::float from obligation where kind like 'first%'"


async def ask(pager: Pager, statement: str) -> float | None:
    async with pager.house.database.engine.connect() as connection:
        found: float | None = await connection.scalar(text(statement))
        return found


async def test_somebody_is_reminded_within_a_second_of_five_minutes(pager: Pager) -> None:
    pager.pagerduty.pages.expect_anything()
    async with pager.working():
        await pager.declare(Severity.S1)
        await pager.advance(seconds=299)
        async with asyncio.timeout(10):
            while (late := await ask(pager, LATENESS)) is None:
                await asyncio.sleep(0.05)
        await asyncio.sleep(1)  # two more sweeps

    assert 0 <= late < 1
    assert await ask(pager, "select count(*)::float from incident_event where kind = 'update_due'") == 1
