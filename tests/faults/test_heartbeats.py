"""Jobs that fall silent while the pagers die over them."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from tests.faults.conftest import source
from tests.faults.judge import OPERATOR
from tests.faults.kit import Whole
from tests.faults.test_first_alert import ask

pytestmark = [pytest.mark.anyio, pytest.mark.faults, pytest.mark.long]
JOBS = 20
DEATHS = 6
TERM = timedelta(seconds=90)
TOLD = "select count(*) from alert where dedup_key = 'heartbeat' and count = 1"
EARLY = """select count(*) from incident join heartbeat using (source_id)
            where triggered_at < last_beat_at + interval '90 seconds'"""


async def beat(whole: Whole, name: str, key: str) -> int:
    headers = {"authorization": f"Bearer {key}"}
    address = f"{whole.url}/ingest/heartbeat/{name}"
    async with whole.http.post(address, headers=headers) as answer:
        return answer.status


async def test_each_silence_is_told_once_though_the_pagers_die_over_it(doubled: Whole) -> None:
    whole = doubled
    names = [f"job-{number}" for number in range(JOBS)]
    keys = {name: await source(whole.database_url, name, "heartbeat") for name in names}
    assert {await beat(whole, name, key) for name, key in keys.items()} == {202}

    await whole.advance(TERM - timedelta(seconds=1))
    for number in range(DEATHS):
        whole.processes[f"worker-pager-{number % 2}"].kill()
        await asyncio.sleep(0.3)
    await whole.advance(TERM)
    for _ in range(JOBS):
        await whole.pagerduty.pages.expect(role=OPERATOR, within=timedelta(seconds=30))

    assert await ask(whole, TOLD) == JOBS
    assert await ask(whole, "select count(*) from incident") == JOBS
    assert await ask(whole, EARLY) == 0
    assert {await beat(whole, name, key) for name, key in keys.items()} == {202}
    assert await ask(whole, "select count(*) from alert where status <> 'resolved'") == 0
