"""Processes are killed, frozen and replaced while alerts come in and timers run out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from app.incidents.paging.claiming import LEASE
from tests.faults import harm
from tests.faults.harm import every, kill
from tests.faults.kit import Whole
from tests.faults.trial import Trial

pytestmark = [pytest.mark.anyio, pytest.mark.faults]
LEASE_AND_TWO = LEASE.total_seconds() + 2
DRAINED_WITHIN = 20.0


@pytest.mark.long
async def test_pagers_that_are_killed_delay_a_page_by_their_lease_at_most(trial: Trial) -> None:
    verdict = await trial.run(every(0.7, kill("worker-pager")), alerts=30, over=timedelta(seconds=2))

    verdict.hold(page_within=LEASE_AND_TWO, escalation_within=LEASE_AND_TWO)


@pytest.mark.long
async def test_webs_that_are_killed_refuse_nobody_who_tries_three_times(trial: Trial) -> None:
    verdict = await trial.run(every(1, kill("web")), tries=3, escalates=False)

    verdict.hold(refused=1)
    assert len(verdict.refused) <= 2 * verdict.alerts
    assert verdict.untaken == []


async def test_a_deployment_refuses_nobody_and_drains_in_twenty_seconds(trial: Trial) -> None:
    drained: dict[str, float] = {}

    @asynccontextmanager
    async def deploying(whole: Whole) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as deployment:
            deployment.create_task(replace_all(whole, drained))
            yield

    verdict = await trial.run(deploying, alerts=60, over=timedelta(seconds=6), escalates=False)

    verdict.hold(page_within=1)
    assert len(drained) == len(trial.whole.processes)
    assert max(drained.values()) < DRAINED_WITHIN


async def replace_all(whole: Whole, drained: dict[str, float]) -> None:
    """Replace one process after the other; note how many seconds each took to end."""
    for name, process in whole.processes.items():
        drained[name] = await process.replace()


@pytest.mark.long
async def test_a_pager_that_stood_still_undoes_nothing_that_is_newer(trial: Trial) -> None:
    @asynccontextmanager
    async def standing_still(whole: Whole) -> AsyncIterator[None]:
        async with harm.pagerduty(events="late", late_seconds=0.5)(whole):
            await asyncio.sleep(1)
            async with harm.frozen("worker-pager-0")(whole):
                yield
                await asyncio.sleep(15)

    verdict = await trial.run(standing_still)

    verdict.hold(page_within=LEASE_AND_TWO, escalation_within=LEASE_AND_TWO)


@pytest.mark.long
async def test_whatever_dies_while_the_queue_is_emptied_nothing_is_lost(trial: Trial) -> None:
    async def kill_and_empty(whole: Whole) -> None:
        await kill("w")(whole)
        await harm.empty_queue(whole)

    verdict = await trial.run(every(1, kill_and_empty), tries=5)

    verdict.hold(refused=1)
    assert verdict.untaken == []
