"""Work that many ask for at once, done together: one transaction for all that came while the last one ran.

A transaction costs some ten round trips, whether it writes one incident or fifty. Who comes alone waits for
nobody; who comes while a batch is under way is in the next. So batches grow with the load, and only then.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Generic, TypeVar, cast

from app.errors import Unavailable

AT_MOST = 50
PATIENCE = timedelta(seconds=0.5)
RUNS = 4

Item = TypeVar("Item")
Result = TypeVar("Result")
Waiting = tuple[Item, "asyncio.Future[Result]"]


class Gathering(Generic[Item, Result]):
    """Hands what was gathered to `together`, which answers one result or exception for each item, in order.

    `together` opens a unit of work of its own. If it fails, nothing of it was done, and each item is done
    alone: what one of them spoils, it spoils for itself. A batch that a lock holds up for longer than
    `patience` is left waiting, and others pass it.
    """

    def __init__(
        self,
        together: Callable[[Sequence[Item]], Awaitable[Sequence[Result | Exception]]],
        *,
        at_most: int = AT_MOST,
        patience: timedelta = PATIENCE,
    ) -> None:
        self._together = together
        self._at_most = at_most
        self._patience = patience
        self._waiting: deque[Waiting[Item, Result]] = deque()
        self._runs: set[asyncio.Task[None]] = set()
        self._held_up = 0

    async def do(self, item: Item) -> Result:
        """Do one item with whatever else is asked for now; answers its result once it is committed.

        Raises: what doing this item raises.
        """
        outcome: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, outcome))
        if len(self._runs) == self._held_up:
            self._begin()
        return await outcome

    def _begin(self) -> None:
        if self._waiting and len(self._runs) < RUNS:
            # In no context: what the first of them has bound to its log lines is not the others'.
            run = asyncio.create_task(self._run(), context=contextvars.Context())
            self._runs.add(run)

    async def _run(self) -> None:
        try:
            while self._waiting:
                count = min(self._at_most, len(self._waiting))
                batch = [self._waiting.popleft() for _ in range(count)]
                with self._passable():
                    await self._do(batch)
        finally:  # in the same step as the last look at who waits, so that nobody is overlooked
            self._runs.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    @contextmanager
    def _passable(self) -> Iterator[None]:
        """Let another run begin when this takes too long."""
        is_held_up = False

        def pass_by() -> None:
            nonlocal is_held_up
            is_held_up = True
            self._held_up += 1
            self._begin()

        relief = asyncio.get_running_loop().call_later(self._patience.total_seconds(), pass_by)
        try:
            yield
        finally:
            relief.cancel()
            self._held_up -= is_held_up

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
