"""Senders repeat themselves, and out of order: one page for each alert, and the last word counts."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import pytest

from tests.faults.kit import Whole
from tests.faults.trial import Trial

pytestmark = [pytest.mark.anyio, pytest.mark.faults]
WORDS = ("trigger", "resolve", "trigger", "resolve", "trigger")


async def test_alerts_that_come_three_times_in_disorder_page_once(trial: Trial) -> None:
    verdict = await trial.run(copies=3)

    verdict.hold(escalation_within=1)


async def test_out_of_order_the_last_word_counts(everything: Whole, length: int) -> None:
    keys = [f"turning-{number}" for number in range(10 * length)]
    words = [(key, word) for key in keys for word in WORDS]

    for key, word in random.sample(words, len(words)):
        assert await say(everything, key, word) == 202
    assert set(await asyncio.gather(*(say(everything, key, "resolve") for key in keys))) == {202}

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
