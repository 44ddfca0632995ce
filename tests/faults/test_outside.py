"""PagerDuty fails, throttles, hangs or loses its replies; senders repeat themselves, and out of order."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import pytest

from app.incidents.rules import ACKNOWLEDGE_WITHIN
from app.outside.pagerduty.events import TIMEOUT
from tests.faults import harm
from tests.faults.judge import COMMANDER, OPERATOR, Judge
from tests.faults.kit import Whole
from tests.faults.senders import Alert, send
from tests.faults.test_first_alert import ask, send_until_taken
from tests.faults.trial import Trial

pytestmark = [pytest.mark.anyio, pytest.mark.faults]
A_TRY = TIMEOUT.total_seconds()
FAILED = 'opsbook_pages_total{result="failed",role="incident_commander"}'
WORDS = ("trigger", "resolve", "trigger", "resolve", "trigger")


async def test_while_operators_cannot_be_paged_the_commander_is_on_time(trial: Trial) -> None:
    verdict = await trial.run(harm.pagerduty(by_role={OPERATOR: "500"}), mends_between=False)

    verdict.hold(escalation_within=1)


@pytest.mark.long
async def test_a_throttle_is_waited_out_as_long_as_it_asks(trial: Trial) -> None:
    verdict = await trial.run(harm.pagerduty(events="429", retry_after=2), escalates=False)

    verdict.hold()
    assert verdict.quickest_repeat >= 2


@pytest.mark.long
async def test_pages_that_break_by_reset_arrive(trial: Trial) -> None:
    verdict = await trial.run(harm.pagerduty(shares={"reset": 0.3}))

    verdict.hold(page_within=15, escalation_within=15)


@pytest.mark.long
async def test_pages_whose_replies_are_lost_ring_once(trial: Trial) -> None:
    verdict = await trial.run(harm.pagerduty(shares={"lose_reply": 0.3}))

    verdict.hold(page_within=1, escalation_within=1)


@pytest.mark.long
async def test_thirty_pages_that_hang_delay_no_other(trial: Trial) -> None:
    async with asyncio.TaskGroup() as both, harm.pagerduty(by_role={COMMANDER: "hang"})(trial.whole):
        hanging = both.create_task(trial.run(alerts=30))
        await trial.whole.pagerduty_gets(30 * trial.length, role=COMMANDER)
        verdict = await trial.run(escalates=False)

    verdict.hold(page_within=1)
    hanging.result().hold()


@pytest.mark.long
async def test_a_refused_page_is_parked_and_shown_and_holds_up_no_other(trial: Trial) -> None:
    count = 3 * trial.length
    async with harm.key_unknown(COMMANDER)(trial.whole):
        refused = asyncio.create_task(trial.run(alerts=3))
        await trial.whole.pagerduty_gets(count, role=None)
        await trial.whole.metric(FAILED, at_least=count)
        refused.cancel()
        await trial.whole.advance(timedelta(hours=1))
        verdict = await trial.run(alerts=3, escalates=False)

    verdict.hold(page_within=1)
    tried = [one.dedup_key for one in trial.whole.pagerduty.calls if one.role is None]
    assert len(tried) == len(set(tried))


@pytest.mark.long
async def test_a_hanging_operator_key_delays_no_commander(trial: Trial) -> None:
    verdict = await trial.run(harm.pagerduty(by_role={OPERATOR: "hang"}), mends_between=False)

    verdict.hold(escalation_within=1)


@pytest.mark.long
async def test_answers_that_come_too_late_ring_once(trial: Trial) -> None:
    verdict = await trial.run(harm.pagerduty(events="late", late_seconds=A_TRY + 1))

    verdict.hold(page_within=1, escalation_within=1)


async def test_alerts_that_come_three_times_in_disorder_page_once(trial: Trial) -> None:
    verdict = await trial.run(copies=3)

    verdict.hold(escalation_within=1)


@pytest.mark.long
async def test_out_of_order_the_last_word_counts(everything: Whole, length: int) -> None:
    keys = [f"turning-{number}" for number in range(5 * length)]
    words = [(key, word) for key in keys for word in WORDS]

    for key, word in random.sample(words, len(words)):
        assert await say(everything, key, word) == 202
    assert set(await asyncio.gather(*(say(everything, key, "resolve") for key in keys))) == {202}

    await everything.advance(timedelta(minutes=11))  # they have been flapping
    async with asyncio.timeout(30):
        while still_open(everything, keys):
            await asyncio.sleep(0.05)
    await everything.advance(timedelta(minutes=10))
    await asyncio.sleep(1)
    assert still_open(everything, keys) == []


async def say(whole: Whole, key: str, word: str) -> int:
    """Send one event about an alert."""
    event = {"routing_key": whole.keys["pagerduty"], "event_action": word, "dedup_key": key}
    payload = {"summary": f"{key} turns", "source": "test", "severity": "error"}
    return await whole.post({**event, "payload": payload} if word == "trigger" else event)


def still_open(whole: Whole, keys: list[str]) -> list[str]:
    """The incidents at PagerDuty that somebody still has to answer."""
    ours = [one for one in whole.pagerduty.account.incidents if one.title.endswith("turns")]
    assert len(ours) >= len(keys)
    return [one.title for one in ours if one.is_open]


async def test_an_acknowledgement_at_pagerduty_stops_the_escalation(everything: Whole) -> None:
    judge, alert = Judge(everything), await send_until_taken(everything, "answered")
    await judge.rung([alert], OPERATOR, within=timedelta(seconds=20))
    page = next(
        one for one in everything.pagerduty.account.notifications if one.title.endswith("answered broke")
    )

    everything.pagerduty.acknowledge(page)
    async with asyncio.timeout(10):
        while await ask(everything, "select count(*) from incident where status = 'acknowledged'") != 1:
            await asyncio.sleep(0.05)
    await everything.advance(2 * ACKNOWLEDGE_WITHIN)

    assert not await judge.rung([alert], COMMANDER, within=timedelta(seconds=1.5))  # three sweeps


async def test_many_first_alerts_of_one_key_are_one_incident_and_one_page(everything: Whole) -> None:
    judge, same = Judge(everything), Alert("same")

    await asyncio.gather(*(send(everything, same) for _ in range(50)))

    await judge.rung([same], OPERATOR, within=timedelta(seconds=20))
    judge.verdict([same], is_escalated=False).hold()
    assert await ask(everything, "select count(*) from incident where title = 'same broke'") == 1
    assert await ask(everything, "select count from alert where dedup_key = 'same'") == 50
