"""Tell open pages what changed. Only names travel: each region then fetches itself, as its viewer."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from app.errors import LimitExceeded
from app.security.permissions import Scope
from views.access import identity

# Proxies cut silent connections; a comment keeps this one, and finds out that nobody listens any more.
HEARTBEAT_SECONDS = 15.0
# A stream ends after this and the page connects again, which asks anew who is there.
LONGEST_SECONDS = 600.0
# A storm of changes is one refresh.
GATHER_SECONDS = 0.1
# All tabs of a browser share one stream, so this is a wall of screens, and more is no person.
STREAMS_PER_PERSON = 20
SOON = timedelta(seconds=10)
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


async def events(request: Request) -> Response:
    """`GET /events`: server-sent events whose data is a topic, as in `incident:12`; `*` after a gap."""
    viewer = (await identity(request)).demand_viewer()
    viewer.actor.demand(Scope.INCIDENTS_READ)
    if request.method == "HEAD":  # would hold its connection for ten minutes and hear nothing
        return Response(headers=HEADERS, media_type="text/event-stream")
    streams: Counter[int] = request.state.streams
    if streams[viewer.person_id] >= STREAMS_PER_PERSON:
        raise LimitExceeded("You hold too many streams. Close some.", retry_after=SOON)
    told = _counted(streams, viewer.person_id, _stream(request))
    return StreamingResponse(told, media_type="text/event-stream", headers=HEADERS)


async def _counted(
    streams: Counter[int], person_id: int, stream: AsyncGenerator[bytes, None]
) -> AsyncIterator[bytes]:
    streams[person_id] += 1
    try:
        async with aclosing(stream):
            async for chunk in stream:
                yield chunk
    finally:
        streams[person_id] -= 1
        if not streams[person_id]:
            del streams[person_id]


async def _stream(request: Request) -> AsyncGenerator[bytes, None]:
    loop = asyncio.get_running_loop()
    end = loop.time() + LONGEST_SECONDS
    stopping: asyncio.Event = request.state.stopping
    heard: set[str] = set()
    awake = asyncio.Event()
    listening = asyncio.create_task(_listen(request, heard, awake))
    try:
        yield b": welcome\n\n"
        while not stopping.is_set() and loop.time() < end:
            await _first(awake, stopping)
            await asyncio.sleep(GATHER_SECONDS if heard else 0)
            topics = sorted(heard)
            heard.clear()
            awake.clear()
            yield b"".join(f"data: {topic}\n\n".encode() for topic in topics) or b": still here\n\n"
    finally:
        listening.cancel()


async def _listen(request: Request, heard: set[str], awake: asyncio.Event) -> None:
    async with aclosing(request.state.changes.topics("")) as topics:
        async for topic in topics:
            heard.add(topic or "*")
            awake.set()


async def _first(*events: asyncio.Event) -> None:
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=HEARTBEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()


routes = [Route("/events", events)]
