"""A question to another system that may take for ever, put so that nobody waits for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, Generic, TypeVar

from app.errors import Unavailable

T = TypeVar("T")
WITHIN: Final = timedelta(seconds=2)


class Inquiry(Generic[T]):
    """Asks once, however many want to know at the same time: a flood of probes is one question."""

    def __init__(self, ask: Callable[[], Awaitable[T]], *, within: timedelta = WITHIN) -> None:
        self._ask = ask
        self._within = within
        self._asking: asyncio.Task[T] | None = None

    async def answer(self) -> T:
        """Ask, or wait with the others for what was asked.

        Raises: Unavailable when no answer comes in time. The question stays open then, and whoever comes
        next waits for the same one: a system that hangs is never asked twice at once.
        """
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._asked())
            self._asking.add_done_callback(_seen)
        await asyncio.wait({self._asking}, timeout=self._within.total_seconds())
        if not self._asking.done():
            raise Unavailable(f"There is no answer within {self._within.total_seconds():g} s.")
        return self._asking.result()

    async def _asked(self) -> T:
        return await self._ask()


def _seen(asking: asyncio.Task[T]) -> None:
    """Look at an error that comes when everybody has left, or asyncio would report it as forgotten."""
    if not asking.cancelled():
        asking.exception()
