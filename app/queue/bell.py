"""Ring for workers and browsers after a commit. Rings are gathered, and nobody waits for them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection

import structlog

from app.queue.connection import AWAY, CHANNEL, connect, queue_name

log = structlog.get_logger("opsbook.queue")
# The first ring leaves at once. In a storm, to ring for every commit would cost as much as the work itself.
APART_SECONDS = 0.02


class Bell:
    """One process's bell. While Redis is away it stays silent: sweeps and polls find the work."""

    def __init__(self, url: str) -> None:
        self._redis = connect(url)
        self._queues: set[str] = set()
        self._topics: set[str] = set()
        self._ringing: asyncio.Task[None] | None = None
        self._is_away = False

    def ring(self, queues: Collection[str], topics: Collection[str]) -> None:
        """Wake the workers of `queues` and tell browsers that `topics` changed. Returns at once."""
        self._queues |= set(queues)
        self._topics |= set(topics)
        if self._ringing is None or self._ringing.done():
            self._ringing = asyncio.get_running_loop().create_task(self._ring())

    async def close(self) -> None:
        """Send what is gathered, then hang up."""
        if self._ringing is not None:
            await asyncio.wait({self._ringing}, timeout=2)
        await self._redis.aclose()

    async def _ring(self) -> None:
        while self._queues or self._topics:
            queues, self._queues = self._queues, set()
            topics, self._topics = self._topics, set()
            try:
                await self._send(queues, topics)
            except AWAY as error:
                self._note(away=True, why=type(error).__name__)
            else:
                self._note(away=False)
            await asyncio.sleep(APART_SECONDS)

    async def _send(self, queues: set[str], topics: set[str]) -> None:
        for queue in queues:
            # Never a fixed job id: arq drops a second job of that name without a word while one is kept.
            await self._redis.enqueue_job("wake", _queue_name=queue_name(queue))
        if topics:
            await self._redis.publish(CHANNEL, json.dumps(sorted(topics)))

    def _note(self, *, away: bool, why: str = "") -> None:
        if away != self._is_away:
            self._is_away = away
            log.warning("queue is away, sweeps go on", why=why) if away else log.info("queue is back")
