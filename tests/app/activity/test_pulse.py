from __future__ import annotations

import pytest

from app.activity.pulse import Pulse
from tests.app.activity.conftest import BEGIN, MINUTE, Feed

pytestmark = pytest.mark.anyio


async def test_each_minute_is_told_once_when_it_has_settled(feed: Feed) -> None:
    pulse = Pulse(feed.database)
    told = []
    for seconds in (0, 5, 11, 12, 71):
        await feed.travel(BEGIN + MINUTE * seconds / 60)
        told.append(await pulse.topics())

    both = ["activity", "trends"]
    assert told == [both, [], both, [], both]
