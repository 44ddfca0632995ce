from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.errors import Conflict, Forbidden, InvalidInput, NotFound
from app.incidents import resolution
from app.incidents.silences import keeping, lifting
from app.security.permissions import SYSTEM, Actor
from tests.app.incidents.world import World, notification

pytestmark = pytest.mark.anyio

ALERTS = "select dedup_key, status, incident_id, count from alert order by id"
HOUR = timedelta(hours=1)


async def silence(
    world: World, *matchers: str, lasts: timedelta = HOUR, by: Actor | None = None, **options: Any
) -> int:
    given = {"matchers": matchers or ("class = checkout",), "reason": "Maintenance", "lasts": lasts}
    return await world.do(keeping.create, by or world.olive, **(given | options))


async def warn(world: World, key: str, alert: str = "checkout", **payload: Any) -> None:
    await world.fire(key, alert, **{"severity": "warning", **payload})


async def lift(world: World) -> int:
    return await world.do(lifting.lift_due)


async def test_a_silenced_alert_is_stored_and_pages_nobody(world: World) -> None:
    key = await world.source()
    await silence(world)

    for _ in range(3):
        await warn(world, key)

    assert await world.rows(ALERTS) == [("checkout", "suppressed", None, 3)]
    assert await world.rows("select (select count(*) from incident), (select count(*) from page)") == [(0, 0)]


async def test_what_no_silence_is_about_pages(world: World) -> None:
    key = await world.source()
    await silence(world, "class = search")

    await warn(world, key)

    assert await world.rows(ALERTS) == [("checkout", "triggered", 1, 1)]


async def test_an_s0_pierces_a_silence_unless_it_is_included(world: World) -> None:
    key = await world.source()
    await silence(world, "class = platform")
    await world.fire(key, "first", **{"class": "platform"})

    await silence(world, "class = platform", includes_s0=True, by=world.ivan)
    await world.fire(key, "second", **{"class": "platform"})

    assert await world.rows(ALERTS) == [("first", "triggered", 1, 1), ("second", "suppressed", None, 1)]
    assert await world.severity(1) == "S0"


async def test_a_suppressed_alert_that_becomes_s0_pages(world: World) -> None:
    key = await world.source()
    await silence(world, "class = platform")
    await warn(world, key, **{"class": "platform"})

    await world.fire(key, **{"class": "platform"})

    assert await world.rows(ALERTS) == [("checkout", "triggered", 1, 2)]


async def test_it_counts_from_its_beginning_to_its_end(world: World) -> None:
    key = await world.source()
    begins: datetime = await world.one("select clock_timestamp()") + HOUR
    await silence(world, starts_at=begins)

    await warn(world, key, "early")
    await world.advance(minutes=61)
    await warn(world, key, "within")
    await world.advance(minutes=60)
    await warn(world, key, "late")

    assert [row[1] for row in await world.rows(ALERTS)] == ["triggered", "suppressed", "triggered"]


async def test_what_still_fires_when_it_ends_pages_then_and_once(world: World) -> None:
    key = await world.source()
    await silence(world)
    await warn(world, key)
    early = await lift(world)

    await world.advance(minutes=61)
    lifted = await asyncio.gather(lift(world), lift(world), lift(world))

    assert (early, max(lifted), await lift(world)) == (0, 1, 0)
    assert await world.rows(ALERTS) == [("checkout", "triggered", 1, 1)]
    assert await world.pages(1) == [("operator", "trigger", True)]
    said = "A silence is over, and what it held back still fires. It was: Maintenance"
    assert await world.column("select text from incident_event where kind = 'silence_over'") == [said]


async def test_what_is_over_before_it_ends_never_pages(world: World) -> None:
    key = await world.source()
    await silence(world)
    await warn(world, key)

    await world.quiet(key)
    await world.advance(minutes=61)

    assert await lift(world) == 0
    assert await world.rows(ALERTS) == [("checkout", "resolved", None, 1)]


async def test_ended_early_it_pages_at_once(world: World) -> None:
    key = await world.source()
    number = await silence(world)
    await warn(world, key)

    await world.do(keeping.end, world.ivan, number)
    await lift(world)

    assert await world.rows(ALERTS) == [("checkout", "triggered", 1, 1)]
    assert await world.column("select ended_by from silence") == ["Ivan"]
    with pytest.raises(Conflict, match="over already"):
        await world.do(keeping.end, world.ivan, number)


async def test_what_another_silence_holds_waits_for_that(world: World) -> None:
    key = await world.source()
    await silence(world)
    await silence(world, "source = pagerduty", lasts=2 * HOUR)
    await warn(world, key)

    await world.advance(minutes=61)
    await lift(world)
    between = await world.rows(ALERTS)
    await world.advance(minutes=60)
    await lift(world)

    assert between == [("checkout", "suppressed", None, 1)]
    assert await world.rows(ALERTS) == [("checkout", "triggered", 1, 1)]


async def test_beside_an_open_incident_it_is_shown_and_changes_nothing(world: World) -> None:
    key, sends = await world.source("alertmanager"), "alertmanager"
    await world.receive(
        key, notification([("a", "firing")], scope="feature", severity="warning"), sends=sends
    )
    await world.acknowledge(1)
    await silence(world, "instance = b")

    body = notification([("a", "firing"), ("b", "firing")], scope="feature")
    body["alerts"][0]["labels"]["severity"] = "warning"
    await world.receive(key, body, sends=sends)

    assert await world.rows(ALERTS) == [("a", "triggered", 1, 2), ("b", "suppressed", 1, 1)]
    assert (await world.status(1), await world.severity(1)) == ("acknowledged", "S3")
    assert (await world.kinds(1))[-1] == "alert_silenced"


async def test_an_incident_that_ends_leaves_what_is_silenced_to_its_silence(world: World) -> None:
    key, sends = await world.source("alertmanager"), "alertmanager"
    await silence(world, "instance = b")
    body = notification([("a", "firing"), ("b", "firing")], scope="feature")
    await world.receive(key, body, sends=sends)
    await world.do(resolution.resolve, world.olive, 1)

    await world.advance(minutes=61)
    await lift(world)

    assert await world.rows(ALERTS) == [("a", "resolved", 1, 1), ("b", "triggered", 2, 1)]


async def test_silencing_costs_an_alert_no_statement_more(world: World) -> None:
    key = await world.source()
    await silence(world, "class = search")
    await warn(world, key, "warm up")

    with world.statements() as opening:
        await world.fire(key)

    assert len(opening) == 16


async def test_a_preview_counts_what_would_have_been_held_back(world: World) -> None:
    key = await world.source()
    for alert in ("a", "b", "c"):
        await warn(world, key, alert, **{"class": "search" if alert == "c" else "checkout"})

    found = await world.do(keeping.preview, ["class = checkout"])

    assert (found.matched, found.looked_at) == (2, 3)
    assert found.examples == ["b is down", "a is down"]


@pytest.mark.parametrize(
    "options",
    [{"lasts": timedelta(days=31)}, {"lasts": timedelta(0)}, {"reason": " "}, {"matchers": ["nonsense"]}],
)
async def test_what_makes_no_sense_is_refused(world: World, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        await silence(world, **options)


async def test_who_may_silence_what(world: World) -> None:
    with pytest.raises(NotFound):
        await silence(world, by=world.nora)
    with pytest.raises(Forbidden, match="Only an incident commander may silence an S0"):
        await silence(world, includes_s0=True)

    assert await silence(world, includes_s0=True, by=SYSTEM)
