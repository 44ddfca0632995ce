"""PostgreSQL restarts, drops its connections or is slow: Opsbook waits for it, and no process dies of it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.busy import patience
from tests.faults import harm
from tests.faults.harm import every, once
from tests.faults.kit import Whole
from tests.faults.trial import Trial

pytestmark = [pytest.mark.anyio, pytest.mark.faults]
A_SECOND = timedelta(seconds=1)


async def test_a_restart_of_postgresql_refuses_for_its_outage_and_a_second(trial: Trial) -> None:
    outages: list[tuple[datetime, datetime]] = []

    async def restart(whole: Whole) -> None:
        began = whole.now()
        await harm.restart_postgresql(whole)
        outages.append((began, whole.now()))

    verdict = await trial.run(once(0.7, restart), over=timedelta(seconds=3))

    verdict.hold(refused=1, escalation_within=5)
    began, ended = outages[0]
    assert all(began <= one.answered_at for one in verdict.refused)
    assert all(one.sent_at <= ended + A_SECOND * patience() for one in verdict.refused), verdict


async def test_dropped_connections_refuse_one_in_a_hundred_at_most(trial: Trial) -> None:
    verdict = await trial.run(every(0.5, harm.drop_connections))

    verdict.hold(refused=0.01, escalation_within=1)


async def test_cut_connections_refuse_one_in_a_hundred_at_most(trial: Trial) -> None:
    verdict = await trial.run(every(0.5, harm.cut("postgresql")))

    verdict.hold(refused=0.01, escalation_within=1)


async def test_a_slow_postgresql_costs_ten_round_trips_a_page(trial: Trial) -> None:
    verdict = await trial.run(harm.slow("postgresql", 0.05, 0.1), over=timedelta(seconds=3))

    verdict.hold(page_p99=10 * 0.1, escalation_within=1)
