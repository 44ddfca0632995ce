from __future__ import annotations

import pytest

from app.incidents import flapping, resolution
from tests.app.incidents.world import World

pytestmark = pytest.mark.anyio

COUNTS = "select (select count(*) from incident), (select count(*) from page)"
FLAPPING = "select flapping_at is not null from incident"


async def cycles(world: World, key: str, count: int, severity: str = "warning", **payload: str) -> None:
    """Let an alert fire for half a minute and be over for as long, so many times."""
    for _ in range(count):
        await world.fire(key, severity=severity, **payload)
        await world.advance(seconds=30)
        await world.quiet(key)
        await world.advance(seconds=30)
        await world.do(flapping.end_quiet)


@pytest.mark.parametrize("severity", ["warning", "critical"])
async def test_ten_cycles_in_ten_minutes_are_one_incident_and_one_page_and_flapping(
    world: World, severity: str
) -> None:
    key = await world.source()

    await cycles(world, key, 10, severity, **{"class": "feature"})

    assert await world.rows(COUNTS) == [(1, 1)]
    assert await world.column(FLAPPING) == [True]
    assert (await world.kinds(1)).count("flapping") == 1


async def test_an_s0_pages_however_it_flaps(world: World) -> None:
    key = await world.source()
    await cycles(world, key, 5)
    await world.acknowledge(1)

    await world.fire(key, severity="critical", **{"class": "platform"})

    assert (await world.severity(1), await world.status(1)) == ("S0", "triggered")
    leaving = [role for role, wanted, leaves in await world.pages(1) if wanted == "trigger" and leaves]
    assert leaving == ["policy_owner", "operator"]


async def test_it_ends_when_nothing_has_fired_for_two_minutes(world: World) -> None:
    key = await world.source()
    await world.fire(key, severity="warning")
    await world.quiet(key)
    await world.advance(seconds=119)
    await world.do(flapping.end_quiet)
    early = await world.status(1)

    await world.advance(seconds=1)

    assert await world.do(flapping.end_quiet) == 1
    assert (early, await world.status(1)) == ("triggered", "resolved")


async def test_what_flaps_ends_when_nothing_has_fired_for_ten(world: World) -> None:
    key = await world.source()
    await cycles(world, key, 5)

    await world.advance(minutes=9)
    await world.do(flapping.end_quiet)
    early = await world.status(1)
    await world.advance(minutes=1)
    await world.do(flapping.end_quiet)

    assert (early, await world.status(1)) == ("triggered", "resolved")


async def test_three_returns_in_a_longer_time_are_not_flapping(world: World) -> None:
    key = await world.source()

    for _ in range(4):
        await world.fire(key, severity="warning")
        await world.advance(minutes=6)
        await world.quiet(key)
        await world.advance(minutes=1)

    assert await world.rows(COUNTS) == [(1, 1)]
    assert await world.column(FLAPPING) == [False]


async def test_what_a_person_has_ended_pages_anew(world: World) -> None:
    key = await world.source()
    await cycles(world, key, 2)
    await world.do(resolution.resolve, world.olive, 1)

    await world.fire(key, severity="warning")

    assert await world.rows(COUNTS) == [(1, 2)]
