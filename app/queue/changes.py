"""What changed, for open pages and subscriptions: by Redis pub/sub, and while that is away by polling.

It carries names only. Whoever hears one fetches what it may see, so a lost or doubled name costs nothing.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

import structlog
from redis.asyncio.client import PubSub

from app.queue.connection import AWAY, CHANNEL, connect

log = structlog.get_logger("opsbook.changes")
POLL_SECONDS = 1.0
RETRY_SECONDS = 3.0
SILENCE_SECONDS = 5.0
# A listener that does not keep up has missed names; it is told everything anew instead of growing.
BACKLOG = 100
EVERYTHING = "*"

Poll = Callable[[], Awaitable[list[str]]]


class Changes:
    """One process's ear. `loops` listen while the process lives; `topics` hands out what is heard."""

    def __init__(self, url: str, poll: Poll) -> None:
        self._url = url
        self._poll = poll
        self._listeners: set[asyncio.Queue[str]] = set()
        self._deaf = asyncio.Event()
        self._deaf.set()

    async def topics(self, prefix: str = "") -> AsyncIterator[str]:
        """Yield each name beginning with `prefix` that changes from now on; after a gap, `prefix` itself."""
        queue: asyncio.Queue[str] = asyncio.Queue(BACKLOG)
        self._listeners.add(queue)
        try:
            while True:
                topic = await queue.get()
                if topic == EVERYTHING:
                    yield prefix
                elif topic.startswith(prefix):
                    yield topic
        finally:
            self._listeners.discard(queue)

    def loops(self) -> list[Coroutine[Any, Any, None]]:
        """What is to run while the process does: listen at Redis, and poll the database while deaf."""
        return [self._keep_listening(), self._keep_polling()]

    async def _keep_listening(self) -> None:
        while True:
            try:
                await self._listen()
            except AWAY as error:
                log.warning("queue is away, polling for changes", why=type(error).__name__)
            self._deaf.set()
            await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self) -> None:
        redis = connect(self._url, patience_seconds=SILENCE_SECONDS * 2)
        try:
            async with redis.pubsub() as subscription:
                await subscription.subscribe(CHANNEL)
                self._deaf.clear()
                self._tell(EVERYTHING)
                while True:
                    await self._hear(subscription)
        finally:
            with suppress(*AWAY):
                await redis.aclose()

    async def _hear(self, subscription: PubSub) -> None:
        """Pass on one message. A connection that is silent may be dead: a ping must bring something back."""
        message = await subscription.get_message(timeout=SILENCE_SECONDS)
        if message is None:
            await subscription.ping()
            message = await subscription.get_message(timeout=SILENCE_SECONDS)
        if message is None:
            raise TimeoutError("no answer to a ping")
        for topic in json.loads(message["data"]) if message["type"] == "message" else ():
            self._tell(topic)

    async def _keep_polling(self) -> None:
        """Poll beside listening: to connect to a Redis that is silent takes longer than a page may wait."""
        while True:
            await self._deaf.wait()
            await asyncio.sleep(POLL_SECONDS)
            for topic in await self._poll() if self._listeners else ():
                self._tell(topic)

    def _tell(self, topic: str) -> None:
        for queue in self._listeners:
            if queue.full():
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait(EVERYTHING)
            else:
                queue.put_nowait(topic)
