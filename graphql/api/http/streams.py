"""Subscriptions over Server-Sent Events, one connection each.

Source: GraphQL over Server-Sent Events, "Distinct connections mode".
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from starlette.responses import StreamingResponse

from api.http.media import EVENTS

HEARTBEAT_SECONDS = 12.0
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
COMPLETE = b"event: complete\ndata:\n\n"


def stream(bodies: AsyncIterator[bytes]) -> StreamingResponse:
    """Send each body as an event, and a comment now and then so that no proxy hangs up."""
    return StreamingResponse(_events(bodies), media_type=EVENTS, headers=HEADERS)


async def _events(bodies: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield b":\n\n"
    coming: asyncio.Task[bytes | None] = asyncio.ensure_future(_next(bodies))
    try:
        while True:
            done, _ = await asyncio.wait([coming], timeout=HEARTBEAT_SECONDS)
            if not done:
                yield b":\n\n"
                continue
            body = coming.result()
            if body is None:
                yield COMPLETE
                return
            yield b"event: next\ndata: " + body + b"\n\n"
            coming = asyncio.ensure_future(_next(bodies))
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)
        await _close(bodies)


async def _next(bodies: AsyncIterator[bytes]) -> bytes | None:
    return await anext(bodies, None)


async def _close(bodies: Any) -> None:
    await bodies.aclose()
