"""PostgreSQL and Valkey: what Opsbook does in calm, and while either is emptied, restarted, away or slow."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from app.incidents.paging.claiming import LEASE
from tests.faults import harm
from tests.faults.harm import every, once
from tests.faults.kit import Whole
from tests.faults.trial import Trial
from tests.patience import patience

pytestmark = [pytest.mark.anyio, pytest.mark.faults]
SLOW = 0.1  # seconds to PostgreSQL and back
PAGE_TRIPS, ESCALATION_TRIPS = 50, 30


async def test_in_calm_a_page_takes_half_a_second_and_the_commander_is_on_time(trial: Trial) -> None:
    verdict = await trial.run()

    verdict.hold(page_p99=0.5, escalation_within=1)


async def test_an_emptied_queue_loses_nothing_and_delays_nobody(trial: Trial) -> None:
    verdict = await trial.run(every(0.3, harm.empty_queue))

    verdict.hold(page_within=1, escalation_within=1)


@pytest.mark.long
async def test_a_queue_that_restarts_and_keeps_nothing_loses_nothing(trial: Trial) -> None:
    verdict = await trial.run(every(1, harm.restart_queue))

    verdict.hold(page_within=1, escalation_within=1)


@pytest.mark.long
async def test_without_a_queue_nothing_is_refused_or_late(trial: Trial) -> None:
    verdict = await trial.run(harm.refused("valkey"))

    verdict.hold(page_within=1, escalation_within=1)


async def test_a_queue_that_says_nothing_holds_nobody_up(trial: Trial) -> None:
    verdict = await trial.run(harm.silent("valkey"))

    verdict.hold(page_within=1, escalation_within=1)


async def test_a_restart_of_postgresql_refuses_for_its_outage_and_a_second(trial: Trial) -> None:
    outages: list[tuple[datetime, datetime]] = []

    async def restart(whole: Whole) -> None:
        began = whole.now()
        await harm.restart_postgresql(whole)
        outages.append((began, whole.now()))

    verdict = await trial.run(once(0.7, restart))

    verdict.hold(refused=1, escalation_within=3)
    began, ended = outages[0]
    assert all(began <= one.answered_at for one in verdict.refused)
    assert all(one.sent_at <= ended + timedelta(seconds=1) * patience() for one in verdict.refused), verdict


@pytest.mark.long
async def test_connections_that_postgresql_drops_refuse_nobody(trial: Trial) -> None:
    verdict = await trial.run(every(0.5, harm.drop_connections))

    verdict.hold(refused=0.01, escalation_within=1)


async def test_connections_to_postgresql_that_break_refuse_nobody(trial: Trial) -> None:
    verdict = await trial.run(every(0.5, harm.cut("postgresql")))

    verdict.hold(refused=0.01, escalation_within=1)


@pytest.mark.long
async def test_a_slow_postgresql_delays_a_page_by_its_round_trips_and_no_more(trial: Trial) -> None:
    verdict = await trial.run(harm.slow("postgresql", SLOW / 2, SLOW))

    verdict.hold(page_p99=PAGE_TRIPS * SLOW, escalation_within=ESCALATION_TRIPS * SLOW)


@pytest.mark.long
async def test_a_pager_whose_postgresql_says_nothing_is_replaced_by_the_other(trial: Trial) -> None:
    verdict = await trial.run(harm.silent("postgresql", "worker-pager-0"))

    verdict.hold(page_within=LEASE.total_seconds() + 2, escalation_within=LEASE.total_seconds() + 2)
