from __future__ import annotations

import math
import random
from datetime import timedelta
from statistics import median

import pytest

from app.activity.words import TrendState
from tests.app.activity.conftest import BEGIN, MINUTE, Feed

pytestmark = pytest.mark.anyio
DAY = 24 * 60
WEEKS = 4


def shape(minute: int) -> float:
    """A day and a week as people live them."""
    day, hour = minute // DAY % 7, minute % DAY / 60
    return (60 + 240 * math.sin(math.pi * hour / 24) ** 2) * (0.4 if day > 4 else 1)


def fixture() -> list[float]:
    """28 days of minutes, from a fixed seed."""
    chance = random.Random(28)
    return [max(0.0, round(chance.gauss(shape(at), shape(at) ** 0.5))) for at in range(WEEKS * 7 * DAY)]


def reference(values: list[float], hour: int) -> tuple[float, float]:
    """Median and spread of an hour of the week, worked out in another way than Opsbook does."""
    same = [v for at, v in enumerate(values) if at // 60 % 168 == hour]
    middle = median(same)
    return middle, max(1.4826 * median(abs(v - middle) for v in same), math.sqrt(middle))


async def test_what_is_usual_on_the_28_day_fixture_is_the_reference(feed: Feed) -> None:
    values = fixture()
    await feed.tell(values, since=BEGIN)
    while await feed.fold():
        pass
    await feed.travel(BEGIN + timedelta(days=28, hours=14, minutes=5, seconds=11))
    now = [shape(at) * 0.41 for at in range(14 * 60, 14 * 60 + 5)]
    await feed.tell(now, since=BEGIN + timedelta(days=28, hours=14))
    await feed.refresh()

    rows = await feed.one(
        "select json_object_agg(hour_of_week, array[expected, spread, weeks]) from activity_usual"
    )
    (line,) = await feed.trends("checkout")

    assert len(rows) == 27
    for hour, (expected, spread, weeks) in rows.items():
        assert weeks == WEEKS
        assert (expected, spread) == pytest.approx(reference(values, int(hour)), abs=1e-9)
    middle, spread = reference(values, 14)
    judged = line.judgement
    assert judged.ratio == pytest.approx(sum(now) / (5 * middle), abs=1e-9)
    assert judged.z_score == pytest.approx(sum((v - middle) / spread for v in now) / 5, abs=1e-9)
    assert judged.state is TrendState.DROP
    assert line.finding.startswith("checkout is at 4")
    assert "of a usual Monday 14:00 UTC (expected" in line.finding


@pytest.mark.parametrize(
    ("share", "minutes", "state"), [(0.3, 5, TrendState.DROP), (0.05, 3, TrendState.COLLAPSE)]
)
async def test_trouble_is_told_within_a_minute_of_its_last_minute(
    feed: Feed, share: float, minutes: int, state: TrendState
) -> None:
    now = BEGIN + timedelta(days=28)
    await feed.change("insert into activity_stream (name, first_at) values ('checkout', :first)", first=BEGIN)
    await feed.change(
        "insert into activity_hour select 'checkout', at, array_fill(300::float8, array[60])"
        " from generate_series(cast(:first as timestamptz), :last, interval '1 hour') as at",
        first=BEGIN,
        last=now - timedelta(hours=1),
    )
    await feed.travel(now)
    await feed.refresh()
    await feed.tell([300 * share] * minutes, since=now)

    await feed.travel(now + minutes * MINUTE + timedelta(seconds=20))
    (line,) = await feed.trends("checkout")

    assert line.judgement.state is state


async def test_a_minute_is_judged_once_reports_of_it_had_time_to_come(feed: Feed) -> None:
    await feed.tell([1], since=BEGIN)
    await feed.fold()

    await feed.travel(BEGIN + MINUTE + timedelta(seconds=5))
    (before,) = await feed.trends("checkout", minutes=1)
    await feed.travel(BEGIN + MINUTE + timedelta(seconds=11))
    (after,) = await feed.trends("checkout", minutes=1)

    assert [point.at for point in before.points] == [BEGIN - MINUTE]
    assert [(point.at, point.value) for point in after.points] == [(BEGIN, 1)]


async def test_minutes_without_events_are_zeros_also_in_what_is_usual(feed: Feed) -> None:
    await feed.tell([4] * 20, since=BEGIN)
    await feed.fold()
    await feed.travel(BEGIN + timedelta(days=8))
    await feed.refresh()

    hour = await feed.one("select array[expected, spread, weeks] from activity_usual where hour_of_week = 0")
    (line,) = await feed.trends()

    assert hour is None, "this hour of the week is not near"
    assert [point.expected for point in line.points] == [0] * 60
    assert line.judgement.state is TrendState.NORMAL


async def test_a_stream_of_six_days_learns_and_says_so(feed: Feed) -> None:
    await feed.tell([300] * 30, since=BEGIN)
    await feed.fold()
    await feed.travel(BEGIN + timedelta(days=6))
    await feed.refresh()

    (line,) = await feed.trends()

    assert line.judgement.state is TrendState.LEARNING
    assert line.finding == "checkout has too little history to judge: it saw 0 a minute"


async def test_what_comes_late_changes_what_is_usual_within_an_hour(feed: Feed) -> None:
    now = BEGIN + timedelta(days=7)
    await feed.tell([10] * 60, since=BEGIN + timedelta(hours=2))
    await feed.fold()
    await feed.travel(now)
    assert await feed.refresh() == 23
    assert await feed.refresh() == 0

    await feed.tell([5] * 60, since=BEGIN + timedelta(hours=2))
    await feed.fold()
    await feed.travel(now + timedelta(minutes=59))
    early = await feed.refresh()
    await feed.travel(now + timedelta(hours=1, seconds=1))
    await feed.refresh()

    assert early == 0
    assert await feed.one("select expected from activity_usual where hour_of_week = 2") == 15


async def test_trends_are_listed_worst_first(feed: Feed) -> None:
    for stream in ("b", "a"):
        await feed.tell([1], since=BEGIN, stream=stream)
    await feed.fold()

    assert [line.stream for line in await feed.trends()] == ["a", "b"]
    assert await feed.trends("nothing") == []
