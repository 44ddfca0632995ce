"""Subscriptions over Server-Sent Events, one connection each.

Source: GraphQL over Server-Sent Events, "Distinct connections mode".
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.responses import Response, StreamingResponse

from api.http.media import EVENTS

HEARTBEAT_SECONDS = 12.0
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
COMPLETE = b"event: complete\ndata:\n\n"

Close = Callable[[], Awaitable[None]]


async def stream(bodies: AsyncIterator[bytes], close: Close) -> StreamingResponse:
    """Send each body as an event, and comments so that no proxy hangs up; `close` at the end."""
    events = _events(bodies, close)
    # Begun here: only what has begun is cleaned up when the client leaves before the first byte.
    first = await anext(events)
    return StreamingResponse(_whole(first, events), media_type=EVENTS, headers=HEADERS)


def refusal(body: bytes) -> Response:
    """A stream of one event, which says why there are no others."""
    return Response(_next_event(body) + COMPLETE, headers=HEADERS, media_type=EVENTS)


async def _whole(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


async def _events(bodies: AsyncIterator[bytes], close: Close) -> AsyncIterator[bytes]:
    coming: asyncio.Task[bytes | None] = asyncio.ensure_future(_next(bodies))
    try:
        yield b":\n\n"
        while True:
            done, _ = await asyncio.wait([coming], timeout=HEARTBEAT_SECONDS)
            if not done:
                yield b":\n\n"
                continue
            body = coming.result()
            if body is None:
                yield COMPLETE
                return
            yield _next_event(body)
            coming = asyncio.ensure_future(_next(bodies))
    finally:
        coming.cancel()
        try:
            await asyncio.gather(coming, return_exceptions=True)
        finally:  # when the client has gone, whoever awaits is cancelled again each time
            await close()


def _next_event(body: bytes) -> bytes:
    return b"event: next\ndata: " + body + b"\n\n"


async def _next(bodies: AsyncIterator[bytes]) -> bytes | None:
    return await anext(bodies, None)
