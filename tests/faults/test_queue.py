"""Valkey is emptied, restarted, away or silent: nobody is refused, and nobody is paged later for it."""

from __future__ import annotations

import pytest

from tests.faults import harm
from tests.faults.harm import every
from tests.faults.trial import Trial

pytestmark = [pytest.mark.anyio, pytest.mark.faults]


async def test_an_emptied_queue_loses_nothing_and_delays_nobody(trial: Trial) -> None:
    verdict = await trial.run(every(0.3, harm.empty_queue))

    verdict.hold(page_within=1, escalation_within=1)


async def test_a_queue_that_restarts_and_keeps_nothing_loses_nothing(trial: Trial) -> None:
    verdict = await trial.run(every(1, harm.restart_queue))

    verdict.hold(page_within=1, escalation_within=1)


async def test_without_a_queue_nothing_is_refused_or_late(trial: Trial) -> None:
    verdict = await trial.run(harm.refused("valkey"))

    verdict.hold(page_within=1, escalation_within=1)


async def test_a_queue_that_says_nothing_holds_nobody_up(trial: Trial) -> None:
    verdict = await trial.run(harm.silent("valkey"))

    verdict.hold(page_within=1, escalation_within=1)
