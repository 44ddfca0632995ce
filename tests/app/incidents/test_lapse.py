from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from functools import partial

import pytest

from app.incidents import lapse, pulse, resolution, severity, timeline
from app.incidents.words import Severity
from tests.app.incidents.test_escalation_races import insistently
from tests.app.incidents.world import PAGERDUTY_ITSELF, World

pytestmark = pytest.mark.anyio

OPERATOR_CALLED = "select wanted from page where role = 'operator' order by id"
COMMANDER_DUE = """
    select extract(epoch from due_at - clock_timestamp())::float from escalation_step
     where role = 'incident_commander' and fired_at is null and cancelled_at is null
"""


async def forgotten(world: World, how_bad: Severity = Severity.S1, *, minutes: float = 30) -> int:
    """Let somebody acknowledge an incident, and then nobody do anything."""
    number = await world.declare(severity=how_bad)
    await world.acknowledge(number)
    await world.advance(minutes=minutes)
    return number


async def lapse_due(world: World) -> int:
    return await world.do(lapse.lapse_due)


async def test_what_is_acknowledged_and_forgotten_is_paged_for_again(world: World) -> None:
    number = await forgotten(world)

    assert await lapse_due(world) == 1

    assert await world.status(number) == "triggered"
    assert await world.column(OPERATOR_CALLED) == ["resolve", "trigger"]
    assert 295 < await world.one(COMMANDER_DUE) <= 300
    said = "select text from incident_event where kind = 'unacknowledged'"
    assert await world.column(said) == [
        "Olive acknowledged, and nobody has done anything for 30 minutes: paging again"
    ]


async def test_not_a_moment_before(world: World) -> None:
    await forgotten(world, minutes=29.9)

    assert await lapse_due(world) == 0


async def test_it_happens_once(world: World) -> None:
    await forgotten(world)

    assert [await lapse_due(world), await lapse_due(world)] == [1, 0]
    assert await world.column(OPERATOR_CALLED) == ["resolve", "trigger"]


@pytest.mark.parametrize("how_bad", [Severity.S2, Severity.S3])
async def test_what_is_not_severe_stays_with_whoever_took_it(world: World, how_bad: Severity) -> None:
    await forgotten(world, how_bad)

    assert await lapse_due(world) == 0


@pytest.mark.parametrize("what", ["note", "acknowledge"])
async def test_whatever_somebody_does_keeps_it(world: World, what: str) -> None:
    number = await forgotten(world, minutes=29)
    if what == "note":
        await world.do(timeline.note, world.ivan, number, text="Rolling back")
    else:
        await world.acknowledge(number, world.ivan)

    await world.advance(minutes=29)
    kept = await lapse_due(world)
    await world.advance(minutes=1)

    assert [kept, await lapse_due(world)] == [0, 1]


async def test_what_opsbook_notes_by_itself_does_not_keep_it(world: World) -> None:
    key = await world.source()
    await world.fire(key)
    await world.acknowledge(1)
    await world.advance(minutes=29)

    await world.quiet(key)
    await world.advance(minutes=1)

    assert await lapse_due(world) == 1


async def test_one_that_somebody_makes_severe_waits_from_then_on(world: World) -> None:
    number = await forgotten(world, Severity.S2, minutes=60)

    await world.do(severity.change, world.olive, number, severity=Severity.S1, reason="It spreads")
    at_once = await lapse_due(world)
    await world.advance(minutes=30)

    assert [at_once, await lapse_due(world)] == [0, 1]


async def test_mitigated_it_does_not_lapse_and_once_it_hurts_again_it_does(world: World) -> None:
    number = await forgotten(world, minutes=1)
    await world.do(resolution.mitigate, world.ivan, number)
    await world.advance(hours=2)
    while_mitigated = await lapse_due(world)

    await world.do(resolution.reopen, world.ivan, number, reason="It hurts again")
    at_once = await lapse_due(world)
    await world.advance(minutes=30)

    assert [while_mitigated, at_once, await lapse_due(world)] == [0, 0, 1]


async def test_the_pagers_own_timeout_at_the_same_time_pages_once(world: World) -> None:
    await forgotten(world)
    unacknowledged = world.report("unacknowledged", "opsbook:1:1:1", agent=PAGERDUTY_ITSELF)

    await asyncio.gather(unacknowledged, lapse_due(world), lapse_due(world))

    assert await world.column(OPERATOR_CALLED) == ["resolve", "trigger"]
    assert (await world.kinds(1)).count("unacknowledged") == 1


async def test_somebody_who_does_something_at_that_moment_is_never_both_heard_and_passed_over(
    world: World,
) -> None:
    numbers = [await world.declare(f"Fault {number}", Severity.S1) for number in range(40)]
    for number in numbers:
        await world.acknowledge(number)
    await world.advance(minutes=30)

    async def lapse_all() -> None:
        while await lapse_due(world):
            pass

    def note(number: int) -> Awaitable[None]:
        return insistently(partial(world.do, timeline.note, world.ivan, number, text="Still on it"))

    notes = [note(number) for number in numbers]
    await asyncio.gather(*notes, *(insistently(lapse_all) for _ in range(3)))

    for status, note, taken_back, calls in await world.rows(
        "select status, note.seq, back.seq, (select count(*) from page"
        " where page.incident_id = incident.id and role = 'operator') from incident"
        " join incident_event note on note.incident_id = incident.id and note.kind = 'note'"
        " left join incident_event back on back.incident_id = incident.id and back.kind = 'unacknowledged'"
    ):
        assert (status == "triggered") == (taken_back is not None) == (calls == 2)
        assert taken_back is None or taken_back < note


async def test_the_pager_is_told_when_to_look(world: World) -> None:
    await forgotten(world, minutes=29)

    waits = await pulse.seconds_until_due(world.database)

    assert waits["lapses"] is not None
    assert 50 < waits["lapses"] <= 60
