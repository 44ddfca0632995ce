"""PostgreSQL's disk is full: alerts are answered 503 until there is room again, and then all is as before."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from tests.faults import kit, small_disk
from tests.faults.conftest import source
from tests.faults.kit import Whole
from tests.faults.trial import Trial

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.faults,
    pytest.mark.long,
    pytest.mark.skipif(not small_disk.is_possible(), reason="only root may mount a small disk"),
]


async def test_a_full_disk_refuses_until_there_is_room_again(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    async with (
        small_disk.mounted() as disk,
        kit.running(disk.database_url, disk.redis_url, tmp_path, web=2, pagers=2) as whole,
    ):
        whole.keys["pagerduty"] = await source(disk.database_url, "sender", "pagerduty")
        whole.pagerduty.pages.expect_anything()
        trial = Trial.of(whole, request)

        @asynccontextmanager
        async def full(_whole: Whole) -> AsyncIterator[None]:
            disk.fill()
            yield
            disk.clear()

        while_full = await trial.run(full, alerts=100, over=timedelta(seconds=3))
        afterwards = await trial.run()

    while_full.hold(refused=1)
    assert {one.status for one in while_full.refused} == {503}
    afterwards.hold(page_within=1, escalation_within=1)
