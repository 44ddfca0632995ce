"""What Opsbook does when nothing is wrong: the figures that everything else is compared with."""

from __future__ import annotations

import pytest

from tests.faults.trial import Trial

pytestmark = [pytest.mark.anyio, pytest.mark.faults]


async def test_in_calm_the_operator_is_paged_at_once_and_the_commander_on_time(trial: Trial) -> None:
    verdict = await trial.run()

    verdict.hold(page_p99=0.5, escalation_within=1)
