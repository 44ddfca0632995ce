"""Send many things at once, each in a task of its own: one that hangs delays nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

import structlog

from app.errors import Unavailable

log = structlog.get_logger("opsbook.sending")
AT_ONCE = 200  # of each kind: looks that hang leave the room of pages alone

Item = TypeVar("Item")


class Senders:
    """The tasks under way in one process, at most `AT_ONCE` of a kind."""

    def __init__(self) -> None:
        self._tasks: dict[str, set[asyncio.Task[None]]] = {}

    async def start(
        self,
        kind: str,
        claim: Callable[[int], Awaitable[Sequence[Item]]],
        send: Callable[[Item], Coroutine[Any, Any, None]],
    ) -> int:
        """Claim what there is room for and start sending it; answers how many were started."""
        tasks = self._tasks.setdefault(kind, set())
        room = AT_ONCE - len(tasks)
        items = await claim(room) if room > 0 else ()
        for item in items:
            task = asyncio.create_task(_guarded(send(item)))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        return len(items)

    async def drain(self, seconds: float) -> None:
        """Let what is under way end; what does not is left to its lease."""
        if under_way := {task for tasks in self._tasks.values() for task in tasks}:
            await asyncio.wait(under_way, timeout=seconds)


async def _guarded(sending: Coroutine[Any, Any, None]) -> None:
    try:
        await sending
    except Unavailable:
        log.warning("database is away, the lease brings it back")
    except Exception:
        log.exception("sending failed, the lease brings it back")
