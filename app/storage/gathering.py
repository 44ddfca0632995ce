"""Work that many ask for at once, done together: one transaction for all that came while the last one ran.

A transaction costs some ten round trips, whether it writes one incident or fifty. Who comes alone waits for
nobody; who comes while a batch is under way is in the next. So batches grow with the load, and only then.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from app.errors import Unavailable

AT_MOST = 50

Item = TypeVar("Item")
Result = TypeVar("Result")
Waiting = tuple[Item, "asyncio.Future[Result]"]


class Gathering(Generic[Item, Result]):
    """Hands what was gathered to `together`, which answers one result or exception for each item, in order.

    `together` opens a unit of work of its own. If it fails, nothing of it was done, and each item is done
    alone: what one of them spoils, it spoils for itself.
    """

    def __init__(
        self,
        together: Callable[[Sequence[Item]], Awaitable[Sequence[Result | Exception]]],
        *,
        at_most: int = AT_MOST,
    ) -> None:
        self._together = together
        self._at_most = at_most
        self._waiting: deque[Waiting[Item, Result]] = deque()
        self._running: asyncio.Task[None] | None = None

    async def do(self, item: Item) -> Result:
        """Do one item with whatever else is asked for now; answers its result once it is committed.

        Raises: what doing this item raises.
        """
        outcome: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, outcome))
        if self._running is None:
            # In no context: what the first of them has bound to its log lines is not the others'.
            self._running = asyncio.create_task(self._run(), context=contextvars.Context())
        return await outcome

    async def _run(self) -> None:
        try:
            while self._waiting:
                count = min(self._at_most, len(self._waiting))
                await self._do([self._waiting.popleft() for _ in range(count)])
        finally:
            self._running = None

    async def _do(self, batch: Sequence[Waiting[Item, Result]]) -> None:
        results: Sequence[Result | Exception]
        try:
            results = await self._together([item for item, _ in batch])
        except Unavailable as error:
            results = [error] * len(batch)
        except Exception as error:  # noqa: BLE001 - whoever asked gets it
            if len(batch) > 1:
                for one in batch:
                    await self._do([one])
                return
            results = [error]
        for (_, outcome), result in zip(batch, results, strict=True):
            _tell(outcome, result)


def _tell(outcome: asyncio.Future[Result], result: Result | Exception) -> None:
    if outcome.done():  # whoever asked has gone
        return
    if isinstance(result, Exception):
        outcome.set_exception(result)
    else:
        outcome.set_result(result)
