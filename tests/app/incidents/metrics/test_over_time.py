from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.incidents import metrics
from app.incidents.metrics import Every, Figures, OverTime, Spread
from tests.app.incidents.metrics.cases import GOLDEN, play
from tests.app.incidents.world import World

pytestmark = pytest.mark.anyio
BEGAN = datetime(2026, 11, 2, 20, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def read(world: World, begins: datetime, length: timedelta, **how: object) -> OverTime:
    window = metrics.window(begins, begins=begins, ends=begins + length, **how)  # type: ignore[arg-type]
    return await world.do(metrics.read, window)


def of(name: str) -> list[float]:
    return sorted(one[name] for one in GOLDEN.values() if one[name] is not None)


async def test_a_window_comes_to_what_its_incidents_come_to(world: World) -> None:
    await play(world)

    found = (await read(world, BEGAN, DAY)).whole

    assert of("seconds_to_first_ack") == [20, 30, 60, 90, 90]
    assert of("seconds_to_resolve") == [600, 1800, 4000]
    assert found.now == Figures(
        incidents=7,
        seconds_to_first_ack=Spread(5, 58.0, 60.0, 90.0),
        seconds_to_resolve=Spread(3, pytest.approx(6400 / 3), 1800.0, pytest.approx(3560)),  # type: ignore[arg-type]
        escalation_lateness_seconds=0.7,
        timeout_escalation_count=1,
        manual_escalation_count=1,
        total_interruptions=int(sum(of("total_interruptions"))),
        sleep_hour_interruptions=int(sum(of("sleep_hour_interruptions"))),
    )
    assert found.before == Figures()


async def test_the_window_before_is_as_long_and_ends_where_this_one_begins(world: World) -> None:
    await play(world)

    found = (await read(world, BEGAN + HOUR, HOUR)).whole

    assert (found.now.incidents, found.before.incidents) == (3, 1)
    assert found.before.seconds_to_resolve == Spread(1, 1800.0, 1800.0, 1800.0)


async def test_each_period_is_compared_with_the_one_a_window_earlier(world: World) -> None:
    await play(world)
    await world.change("update incident set triggered_at = triggered_at - interval '3 days' where id = 1")

    found = await read(world, BEGAN - DAY, 3 * DAY, every=Every.DAY)

    days = [
        (period.day.day, group.now.incidents, group.before.incidents) for period, group in found.by_period
    ]
    assert days == [(1, 0, 0), (2, 6, 1), (3, 0, 0), (4, 0, 0)]
    assert found.by_period[0][0].begins == BEGAN - DAY
    assert found.by_period[-1][0].ends == BEGAN + 2 * DAY


async def test_incidents_are_told_apart_by_severity_and_by_source(world: World) -> None:
    await play(world)
    await world.fire(await world.source(), severity="critical")

    found = await read(world, BEGAN, DAY)

    assert {name: group.now.incidents for name, group in found.by_severity.items()} == {"S1": 3, "S2": 5}
    assert {name: group.now.incidents for name, group in found.by_source.items()} == {"pagerduty": 1, None: 7}


async def test_a_window_is_narrowed_to_severities_and_a_source(world: World) -> None:
    await play(world)
    await world.fire(await world.source(), severity="critical")

    by_severity = await read(world, BEGAN, DAY, severities=["S2"])
    by_source = await read(world, BEGAN, DAY, source="pagerduty")

    assert (by_severity.whole.now.incidents, by_source.whole.now.incidents) == (5, 1)


async def test_an_empty_window_has_no_figures_and_all_its_periods(world: World) -> None:
    found = await read(world, BEGAN, 14 * DAY)

    assert found.whole == metrics.Group()
    assert len(found.by_period) == 15
