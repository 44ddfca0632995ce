"""Streams of events: who gets one, and how many."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from tests.wire import line
from tests.wire.conftest import Town
from tests.wire.line import Line
from views.live import STREAMS_PER_PERSON

pytestmark = pytest.mark.anyio


async def listen(town: Town, who: str, connections: AsyncExitStack) -> tuple[Line, bytes]:
    """Open a stream; answers its connection and the first line of the answer."""
    connection = await connections.enter_async_context(line.opened(town.port))
    cookie = town.cookie(who)[0][1]
    connection.send(f"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n".encode())
    head = await asyncio.wait_for(connection.reader.readuntil(b"\r\n\r\n"), 10)
    return connection, head


async def test_a_person_holds_so_many_streams_and_nobody_else_is_kept_out(own_town: Town) -> None:
    async with AsyncExitStack() as connections:
        for _ in range(STREAMS_PER_PERSON):
            _, head = await listen(own_town, "olive", connections)
            assert head.startswith(b"HTTP/1.1 200")

        _, refused = await listen(own_town, "olive", connections)
        _, other = await listen(own_town, "ivan", connections)

    assert refused.startswith(b"HTTP/1.1 429")
    assert b"retry-after: 10" in refused.lower()
    assert other.startswith(b"HTTP/1.1 200")


async def test_a_stream_that_ended_makes_room(own_town: Town) -> None:
    async with AsyncExitStack() as connections:
        held = [await listen(own_town, "olive", connections) for _ in range(STREAMS_PER_PERSON)]
        held[0][0].writer.transport.abort()

        async with asyncio.timeout(10):
            while True:
                _, head = await listen(own_town, "olive", connections)
                if head.startswith(b"HTTP/1.1 200"):
                    return
                await asyncio.sleep(0.05)


@pytest.mark.parametrize("who", ["nora", "olive"])
async def test_a_stream_is_for_who_may_see_incidents(town: Town, who: str) -> None:
    async with AsyncExitStack() as connections:
        _, head = await listen(town, who, connections)

    assert head.startswith(b"HTTP/1.1 200" if who == "olive" else b"HTTP/1.1 403")
