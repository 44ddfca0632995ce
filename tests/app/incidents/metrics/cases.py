"""A fixed set of incidents, played through the commands on a clock that stands still between them.

`golden.json` holds their figures, reckoned by hand from what is written here.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from app.incidents import escalation, locking, resolution
from app.incidents.words import Severity
from tests.app.incidents.world import World

GOLDEN: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "golden.json").read_text())
STAND_STILL = """
    create or replace function public.clock_timestamp() returns timestamptz language sql volatile as
    $$ select timestamptz '2026-11-02 20:00Z' + (select ahead from public.moved_clock) $$
"""
LIVES = "update person set time_zone = :zone where name = :name"
TAKE = "update page set accepted_at = clock_timestamp() where accepted_at is null"
TELL = """
    insert into obligation (incident_id, generation, kind, due_at, met_at)
    values (:number, 1, 'first_public_update', clock_timestamp(), clock_timestamp())
"""
PROVE = (
    "update checklist_item set done_at = clock_timestamp() where incident_id = :n and key = 'revenue_proof'"
)
MERGE = "update incident set status = 'merged' where id = :number"


async def play(world: World) -> dict[str, int]:
    """Play all of them, one after the other from 20:00 UTC; answers their numbers by name."""
    await world.change(STAND_STILL)
    await world.change(LIVES, zone="Europe/Berlin", name="Olive")  # an hour ahead of UTC
    await world.change(LIVES, zone="America/New_York", name="Ivan")  # five hours behind it
    return {name: await case(world) for name, case in CASES.items()}


async def _opened(world: World, severity: Severity = Severity.S2) -> int:
    """Declare one, whose pages PagerDuty takes two seconds later."""
    number = await world.declare(severity=severity)
    await world.advance(seconds=2)
    await world.change(TAKE)
    return number


async def _answered(world: World) -> int:
    """At 20:00 UTC, 21:00 where Olive lives. In the end everything that is owed is done."""
    number = await _opened(world)
    await world.advance(seconds=88)
    await world.acknowledge(number)
    await world.advance(seconds=90)
    await world.change(TELL, number=number)
    await world.advance(minutes=27)
    await world.do(resolution.resolve, world.olive, number)
    await world.advance(minutes=30)
    await world.change(PROVE, n=number)
    return number


async def _silent(world: World) -> int:
    """At 21:00 UTC: nobody answers, and the timer fires 0.7 seconds late."""
    number = await _opened(world, Severity.S1)
    await world.advance(seconds=298.7)
    await world.fire_due()
    await world.change(TAKE)
    await world.advance(seconds=299.3)
    return number


async def _escalated_by_hand(world: World) -> int:
    """At 21:10 UTC, 16:10 where Ivan lives. Olive comes second, so that nobody holds the operator's page."""
    number = await _opened(world, Severity.S1)
    await world.advance(seconds=58)
    await world.do(escalation.escalate, world.olive, number)
    await world.change(TAKE)
    await world.advance(seconds=30)
    await world.acknowledge(number, world.ivan)
    await world.advance(seconds=30)
    await world.acknowledge(number)
    await world.acknowledge(number)
    await world.advance(seconds=80)
    await world.acknowledge(number, world.paula)
    await world.advance(seconds=400)
    await world.do(resolution.resolve, world.ivan, number)
    return number


async def _reopened(world: World) -> int:
    """At 21:20 UTC, and again an hour later: the first acknowledgement and the last end count."""
    number = await _opened(world)
    await world.advance(seconds=58)
    await world.acknowledge(number)
    await world.advance(seconds=540)
    await world.do(resolution.resolve, world.olive, number)
    await world.change(PROVE, n=number)
    await world.advance(minutes=50)
    await world.do(resolution.reopen, world.olive, number, reason="It is back")
    await world.advance(seconds=2)
    await world.change(TAKE)
    await world.advance(seconds=98)
    await world.acknowledge(number, world.ivan)
    await world.advance(seconds=300)
    await world.do(resolution.resolve, world.ivan, number)
    return number


async def _handed_back(world: World) -> int:
    """At 22:26:40 UTC: acknowledged, then given back and not taken again."""
    number = await _opened(world)
    await world.advance(seconds=18)
    await world.acknowledge(number)
    await world.advance(seconds=40)
    async with world.database.unit_of_work() as work:
        await escalation.rearm(work, await locking.lock(work, number), world.olive, "Handed back")
    await world.advance(seconds=2)
    await world.change(TAKE)
    return number


async def _canceled(world: World) -> int:
    """It was none: it has no end, and woke somebody all the same."""
    number = await _opened(world)
    await world.advance(seconds=28)
    await world.acknowledge(number)
    await world.advance(seconds=90)
    await world.do(resolution.cancel, world.olive, number, reason="A drill")
    return number


async def _merged(world: World) -> int:
    """It goes on in another one before anybody answers."""
    number = await _opened(world)
    await world.change(MERGE, number=number)
    return number


CASES: dict[str, Callable[[World], Awaitable[int]]] = {
    "answered": _answered,
    "silent": _silent,
    "escalated by hand": _escalated_by_hand,
    "reopened": _reopened,
    "handed back": _handed_back,
    "canceled": _canceled,
    "merged": _merged,
}
