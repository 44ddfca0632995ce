from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from app.errors import Unavailable
from app.storage.gathering import Gathering

pytestmark = pytest.mark.anyio


class Ferry:
    """Takes over whoever waits, and notes who went together."""

    def __init__(self) -> None:
        self.trips: list[list[str]] = []
        self.leaves = asyncio.Event()
        self.leaves.set()

    async def cross(self, names: Sequence[str]) -> Sequence[str | Exception]:
        self.trips.append(list(names))
        await self.leaves.wait()
        if "storm" in names:
            raise Unavailable("No ferry today.")
        if "goat" in names:
            raise RuntimeError("the goat jumped")
        return [ValueError(name) if name == "wolf" else name.upper() for name in names]


@pytest.fixture
def ferry() -> Ferry:
    return Ferry()


async def together(gathering: Gathering[str, str], *names: str) -> list[str | BaseException]:
    return await asyncio.gather(*(gathering.do(name) for name in names), return_exceptions=True)


async def test_who_comes_alone_waits_for_nobody(ferry: Ferry) -> None:
    gathering = Gathering(ferry.cross)

    assert [await gathering.do("a"), await gathering.do("b")] == ["A", "B"]

    assert ferry.trips == [["a"], ["b"]]


async def test_who_comes_meanwhile_goes_together(ferry: Ferry) -> None:
    gathering = Gathering(ferry.cross, at_most=3)
    ferry.leaves.clear()
    first = asyncio.create_task(gathering.do("a"))
    await asyncio.sleep(0)
    rest = asyncio.create_task(together(gathering, *"bcdef"))
    await asyncio.sleep(0)

    ferry.leaves.set()

    assert (await first, await rest) == ("A", list("BCDEF"))
    assert ferry.trips == [["a"], list("bcd"), list("ef")]


async def test_each_has_an_outcome_of_its_own(ferry: Ferry) -> None:
    sheep, wolf = await together(Gathering(ferry.cross), "sheep", "wolf")

    assert sheep == "SHEEP"
    assert isinstance(wolf, ValueError)


async def test_what_one_spoils_it_spoils_for_itself(ferry: Ferry) -> None:
    sheep, goat, cow = await together(Gathering(ferry.cross), "sheep", "goat", "cow")

    assert (sheep, cow) == ("SHEEP", "COW")
    assert isinstance(goat, RuntimeError)
    assert ferry.trips == [["sheep", "goat", "cow"], ["sheep"], ["goat"], ["cow"]]


async def test_while_the_database_is_away_nobody_tries_alone(ferry: Ferry) -> None:
    outcomes = await together(Gathering(ferry.cross), "sheep", "storm")

    assert [type(outcome) for outcome in outcomes] == [Unavailable] * 2
    assert len(ferry.trips) == 1


async def test_who_has_gone_holds_up_nobody(ferry: Ferry) -> None:
    gathering = Gathering(ferry.cross)
    ferry.leaves.clear()
    gone, stays = (asyncio.create_task(gathering.do(name)) for name in "ab")
    await asyncio.sleep(0)

    gone.cancel()
    ferry.leaves.set()

    assert await stays == "B"


async def test_others_pass_a_batch_that_is_held_up(ferry: Ferry) -> None:
    gathering = Gathering(ferry.cross, patience=timedelta(seconds=0.02))
    ferry.leaves.clear()
    held_up = asyncio.create_task(gathering.do("a"))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(gathering.do("b"))
    await asyncio.sleep(0.05)
    ferry.leaves = asyncio.Event()
    ferry.leaves.set()

    late = await gathering.do("c")

    assert late == "C"
    assert not held_up.done()
    assert ferry.trips == [["a"], ["b"], ["c"]]
    for task in (held_up, waiting):
        task.cancel()
