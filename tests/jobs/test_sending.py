from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence

import pytest

from jobs.sending import AT_ONCE, AT_ONCE_IN_A_LANE, Senders

pytestmark = pytest.mark.anyio


class Post:
    """Letters that wait, by their towns; the road to one of them may be closed."""

    def __init__(self, *letters: str) -> None:
        self.waiting = list(letters)
        self.sent: list[str] = []
        self.opened = asyncio.Event()
        self.closed = "nowhere"

    async def claim(self, limit: int, full: Collection[str]) -> Sequence[str]:
        taken = [town for town in self.waiting if town not in full][:limit]
        for town in taken:
            self.waiting.remove(town)
        return taken

    async def send(self, town: str) -> None:
        if town == self.closed:
            await self.opened.wait()
        self.sent.append(town)


async def start(senders: Senders, post: Post, kind: str = "letters") -> int:
    return await senders.start(kind, post.claim, post.send, lane=str)


async def test_a_receiver_that_hangs_leaves_room_for_the_others() -> None:
    senders, post = Senders(), Post(*["Hang"] * 500, *["Away"] * 30)
    post.closed = "Hang"

    started = [await start(senders, post) for _ in range(3)]
    await asyncio.sleep(0)

    assert started == [AT_ONCE_IN_A_LANE, 30, 0]
    assert post.sent == ["Away"] * 30
    post.opened.set()
    await senders.drain(1)


async def test_all_receivers_together_fill_the_room_and_no_more() -> None:
    senders, post = Senders(), Post(*["Hang"] * 500, *["Also"] * 500)

    started = 0
    for _ in range(5):
        started += await start(senders, post)

    assert started == AT_ONCE
    await senders.drain(1)


async def test_one_kind_leaves_the_room_of_another_alone() -> None:
    senders, letters, parcels = Senders(), Post(*["Hang"] * 500), Post("Hang")
    letters.closed = "Hang"
    await start(senders, letters)

    await start(senders, parcels, "parcels")
    await asyncio.sleep(0)

    assert parcels.sent == ["Hang"]
    letters.opened.set()
    await senders.drain(1)


async def test_what_fails_makes_room() -> None:
    senders = Senders()

    async def claim(limit: int, full: Collection[str]) -> Sequence[int]:
        return range(limit)

    async def fail(number: int) -> None:
        raise RuntimeError("lost")

    first = await senders.start("letters", claim, fail)
    await senders.drain(1)
    await asyncio.sleep(0)

    assert await senders.start("letters", claim, fail) == first
    await senders.drain(1)
