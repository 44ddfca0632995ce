from __future__ import annotations

from random import Random

import pytest

from app.incidents.trend import replaying
from app.incidents.trend.replaying import Replay
from app.incidents.words import Severity
from tests.app.incidents.trend.conftest import Streams

pytestmark = pytest.mark.anyio


async def replayed(streams: Streams) -> Replay:
    async with streams.world.database.unit_of_work() as work:
        return await replaying.replay(work)


@pytest.mark.parametrize("seed", range(5))
async def test_every_decision_of_a_generated_history_comes_out_the_same(streams: Streams, seed: int) -> None:
    chance = Random(seed)
    key = await streams.world.source()
    await streams.begin("checkout", core=True)
    await streams.begin("feed-views", scope="platform", core=True)
    await streams.begin("payments-failed", usual=4, kind="failure")
    await streams.begin("young", days=3, scope="feature")

    for alert in range(12):
        level = chance.choice([0.02, 0.3, 0.6, 0.78, 1, 1, 3.5])
        values = {"checkout": 300 * level, "feed_views": 300 * chance.choice([level, 1]), "young": 7}
        await streams.minutes(2, **values, payments_failed=chance.choice([3, 4, 30]))
        harm = chance.choice(["critical", "error", "warning", "info"])
        about = chance.choice(["platform", "checkout", "feature", "something"])
        await streams.world.fire(key, f"alert {alert}", severity=harm, **{"class": about})
    found = await replayed(streams)

    assert found.differences == []
    assert found.alike > 5


async def test_what_a_person_decided_has_no_rule_to_run_again(streams: Streams) -> None:
    await streams.world.declare()

    assert await replayed(streams) == Replay(by_people=1)


def test_rules_that_nobody_kept_are_a_difference() -> None:
    assert replaying.decide(99, {"alerts": []}) is None


def test_evidence_of_the_first_version_is_judged_by_alerts_alone() -> None:
    alert = {"severity": "warning", "labels": {"scope": "feature"}}

    assert replaying.decide(1, {"alerts": [alert], "trend": {"severity": "S0"}}) is Severity.S3
