"""A receiver of webhooks that keeps what comes and answers as it is told."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came in."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        """The event in its envelope."""
        event: dict[str, Any] = msgspec.json.decode(self.body)["event"]
        return event


@dataclass(slots=True)
class Inbox:
    """What arrived at `url`. `answers` are used up first, then every request gets 202."""

    url: str = ""
    answers: deque[int] = field(default_factory=deque)
    received: list[Received] = field(default_factory=list)

    @property
    def types(self) -> list[str]:
        """The event types in the order of arrival."""
        return [one.event["event_type"] for one in self.received]

    async def take(self, request: web.Request) -> web.Response:
        """Keep one request."""
        self.received.append(Received(request.headers.copy(), await request.read()))
        return web.Response(status=self.answers.popleft() if self.answers else 202)


@asynccontextmanager
async def opened() -> AsyncIterator[Inbox]:
    """Open an inbox on a free port."""
    inbox, app = Inbox(), web.Application()
    app.router.add_post("/hooks/pagerduty", inbox.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    inbox.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks/pagerduty"
    try:
        yield inbox
    finally:
        await runner.cleanup()
