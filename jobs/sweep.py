"""The sweep: every worker looks for due rows by itself, and a bell only makes it look sooner.

It is no arq job: the job of a worker that was killed stays blocked for minutes, and rows must not wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from app.errors import Unavailable
from app.storage.again import once_more

log = structlog.get_logger("opsbook.sweep")
# Nothing is ever later than this when neither bell nor timer woke us.
LONGEST_SLEEP_SECONDS = 0.5
BUSY_SLEEP_SECONDS = 0.05
LONGEST_REST_SECONDS = 0.02
MANY = 20


# How long each round may still wait, by its name; None when nothing is planned.
Waits = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Round:
    """One kind of due work: `run` does a batch and answers how much it did."""

    name: str
    run: Callable[[], Awaitable[int]]


class Sweep:
    """Runs its rounds while something is due, else sleeps, and outlives the absence of the database."""

    def __init__(self, rounds: Sequence[Round], seconds_until_due: Callable[[], Awaitable[Waits]]) -> None:
        self._rounds = rounds
        self._seconds_until_due = seconds_until_due
        self._woken = asyncio.Event()
        self._is_away = False
        self._is_ending = False
        self._ended = asyncio.Event()

    def wake(self) -> None:
        """Look now instead of at the end of the sleep."""
        self._woken.set()

    async def end(self) -> None:
        """Begin no further round, and wait until the present one is through: what it claims is sent."""
        self._is_ending = True
        self.wake()
        await self._ended.wait()

    async def run(self) -> None:
        """Sweep until told to end, or cancelled."""
        try:
            while not self._is_ending:
                await self._once()
        finally:
            self._ended.set()

    async def _once(self) -> None:
        self._woken.clear()
        try:
            seconds = await once_more(self._look)
            self._note(away=False)
        except Unavailable:
            self._note(away=True)
            seconds = LONGEST_SLEEP_SECONDS
        except Exception:
            log.exception("a sweep failed")
            seconds = LONGEST_SLEEP_SECONDS
        if not self._is_ending:
            await self._sleep(seconds)

    async def _look(self) -> float:
        """Do what is due; answers how long to sleep. One statement tells for all rounds whether they are."""
        structlog.contextvars.clear_contextvars()
        began_at = asyncio.get_running_loop().time()
        waits = {kind: wait for kind, wait in (await self._seconds_until_due()).items() if wait is not None}
        due = [one for one in self._rounds if waits.get(one.name, 1.0) <= 0]
        if not due:
            return min([*waits.values(), LONGEST_SLEEP_SECONDS])
        done = await self._together(due)
        if max(done) >= MANY:
            return 0.0
        # Few: rest for as long as it took, so that in a storm more come together. None: what is due is not
        # ours, since another process holds it, or all our hands are full.
        took = asyncio.get_running_loop().time() - began_at
        return min(took, LONGEST_REST_SECONDS) if any(done) else BUSY_SLEEP_SECONDS

    async def _together(self, due: Sequence[Round]) -> list[int]:
        """Do each round beside the others: a database that is slow to answer is asked by all at once."""
        found = await asyncio.gather(*(one.run() for one in due), return_exceptions=True)
        for one in found:
            if isinstance(one, BaseException):
                raise one
        return [one for one in found if isinstance(one, int)]

    async def _sleep(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._woken.wait(), max(seconds, 0.001))
        except TimeoutError:
            return

    def _note(self, *, away: bool) -> None:
        if away != self._is_away:
            self._is_away = away
            log.warning("database is away, trying on") if away else log.info("database is back")
