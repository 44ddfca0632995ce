"""Send many things at once, each in a task of its own: one that hangs delays nobody.

What hangs is mostly everything of one receiver, so each has a lane, which no lane may make the whole road.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from typing import Any, TypeVar

import structlog

from app.errors import Unavailable

log = structlog.get_logger("opsbook.sending")
AT_ONCE = 200
AT_ONCE_IN_A_LANE = 150

Item = TypeVar("Item")
# Is told how many there is room for, and which lanes are full.
Claim = Callable[[int, Collection[str]], Awaitable[Sequence[Item]]]


class Senders:
    """What is under way in one process, each kind with a room of its own."""

    def __init__(self) -> None:
        self._rooms: dict[str, _Room] = {}

    async def start(
        self,
        kind: str,
        claim: Claim[Item],
        send: Callable[[Item], Coroutine[Any, Any, None]],
        lane: Callable[[Item], str] = lambda _: "",
        at_once: int = AT_ONCE,
    ) -> int:
        """Claim what there is room for and start sending it; answers how many were started.

        At most `at_once` of a kind are under way.
        """
        room = self._rooms.setdefault(kind, _Room(at_once))
        full = room.full_lanes()
        items = await claim(room.left(), full) if room.left() > 0 else ()
        for item in items:
            room.begin(send(item), lane(item))
        return len(items)

    async def drain(self, seconds: float) -> None:
        """Let what is under way end; what does not is left to its lease."""
        if tasks := {task for room in self._rooms.values() for task in room.tasks}:
            await asyncio.wait(tasks, timeout=seconds)


class _Room:
    """The tasks of one kind, and how many of them are in each lane."""

    def __init__(self, at_once: int) -> None:
        self.tasks: set[asyncio.Task[None]] = set()
        self._at_once = at_once
        self._in_a_lane = at_once * AT_ONCE_IN_A_LANE // AT_ONCE
        self._lanes: Counter[str] = Counter()

    def full_lanes(self) -> list[str]:
        return [name for name, count in self._lanes.items() if count >= self._in_a_lane]

    def left(self) -> int:
        """How many more may begin, whichever lanes they come in that are not full."""
        others = [count for count in self._lanes.values() if count < self._in_a_lane]
        return min(self._at_once - len(self.tasks), self._in_a_lane - max(others, default=0))

    def begin(self, sending: Coroutine[Any, Any, None], lane: str) -> None:
        task = asyncio.create_task(_guarded(sending))
        self.tasks.add(task)
        self._lanes[lane] += 1

        def end(task: asyncio.Task[None]) -> None:
            self.tasks.discard(task)
            self._lanes[lane] -= 1

        task.add_done_callback(end)


async def _guarded(sending: Coroutine[Any, Any, None]) -> None:
    try:
        await sending
    except Unavailable:
        log.warning("database is away, the lease brings it back")
    except Exception:
        log.exception("sending failed, the lease brings it back")
