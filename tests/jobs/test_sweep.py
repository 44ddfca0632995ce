from __future__ import annotations

import asyncio

import pytest

from app.errors import Unavailable
from jobs.sweep import Round, Sweep, Waits

pytestmark = pytest.mark.anyio


class Garden:
    """Beds that want water, each at its time; `waits` says in how many seconds."""

    def __init__(self, **waits: float | None) -> None:
        self.waits: dict[str, float | None] = waits
        self.watered: list[str] = []
        self.asked = 0
        self.is_locked = False

    async def ask(self) -> Waits:
        self.asked += 1
        if self.is_locked:
            raise Unavailable("The gate is locked.")
        return self.waits

    def round(self, bed: str) -> Round:
        async def water() -> int:
            self.watered.append(bed)
            self.waits[bed] = None
            return 1

        return Round(bed, water)

    async def tend(self, seconds: float, *, ring_after: float | None = None) -> None:
        sweep = Sweep([self.round(bed) for bed in self.waits], self.ask)
        task = asyncio.create_task(sweep.run())
        if ring_after is not None:
            asyncio.get_running_loop().call_later(ring_after, sweep.wake)
        await asyncio.sleep(seconds)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_only_what_is_due_is_done() -> None:
    garden = Garden(roses=-1.0, herbs=30.0, lawn=None)

    await garden.tend(0.05)

    assert garden.watered == ["roses"]


async def test_what_is_due_soon_is_done_then() -> None:
    garden = Garden(roses=0.1)

    sooner = garden.waits
    await garden.tend(0.05)
    sooner["roses"] = 0.0
    await garden.tend(0.05)

    assert garden.watered == ["roses"]


async def test_the_most_urgent_is_done_first() -> None:
    garden = Garden(roses=-1.0, herbs=-5.0)

    await garden.tend(0.05)

    assert garden.watered == ["roses", "herbs"]


async def test_an_idle_sweep_asks_twice_a_second_and_sooner_when_it_is_rung_for() -> None:
    garden = Garden(roses=None)

    await garden.tend(0.2)
    idle = garden.asked
    await garden.tend(0.2, ring_after=0.05)

    assert (idle, garden.asked - idle) == (1, 2)


async def test_it_outlives_the_absence_of_the_database() -> None:
    garden = Garden(roses=-1.0)
    garden.is_locked = True

    asyncio.get_running_loop().call_later(0.1, setattr, garden, "is_locked", False)
    await garden.tend(0.8)

    assert garden.watered == ["roses"]


async def due_now() -> Waits:
    return {"slow": 0.0}


async def test_a_sweep_that_is_told_to_end_carries_its_round_through() -> None:
    begun, done = asyncio.Event(), []

    async def slowly() -> int:
        begun.set()
        await asyncio.sleep(0.05)
        done.append(1)
        return 1

    sweep = Sweep([Round("slow", slowly)], due_now)
    running = asyncio.create_task(sweep.run())
    await begun.wait()

    await sweep.end()

    assert done == [1]
    await running


async def test_a_sweep_that_sleeps_ends_at_once() -> None:
    async def nothing_is_due() -> Waits:
        return {}

    sweep = Sweep([], nothing_is_due)
    running = asyncio.create_task(sweep.run())
    await asyncio.sleep(0.01)

    await asyncio.wait_for(sweep.end(), 0.2)

    await running
