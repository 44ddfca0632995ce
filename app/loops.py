"""Loops that run for as long as a process does: begun together, missed when one breaks, ended for sure."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, Self

import structlog

log = structlog.get_logger("opsbook.loops")
ASK_AGAIN_SECONDS = 0.5


class Loops:
    """`async with Loops(…)` runs them beside the block, which may `await broken()`."""

    def __init__(self, loops: Iterable[Coroutine[Any, Any, None]]) -> None:
        self._coroutines = list(loops)
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._tasks = {asyncio.create_task(one) for one in self._coroutines}
        for task in self._tasks:
            task.add_done_callback(_note)
        return self

    async def __aexit__(self, *_error: object) -> None:
        """End them. One request may get lost in `asyncio.wait_for` or a library on it, so it is repeated."""
        waiting = self._tasks
        while waiting:
            for task in waiting:
                task.cancel()
            _, waiting = await asyncio.wait(waiting, timeout=ASK_AGAIN_SECONDS)

    async def broken(self) -> None:
        """Wait until one of them breaks; a process that lost a loop had better be started again."""
        await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)


def _note(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("a loop broke", exc_info=error)
