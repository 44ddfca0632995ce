"""A server that answers every request with the same bytes: as rude as a network can be."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Requests:
    """Where the server listens, how often it was dialled, and the head of each request that it got."""

    url: str
    connections: int = 0
    heads: list[str] = field(default_factory=list)


@asynccontextmanager
async def answering(
    answer: bytes | None, *, then_hang: bool = False, again: bool = False, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Requests]:
    """Serve `answer` on a free port; None breaks the connection.

    `then_hang` keeps it open and silent, `again` answers further requests on it.
    """
    seen = Requests("")
    over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.connections += 1
        while head := await reader.read(64 * 1024):
            seen.heads.append(head.decode("latin-1"))
            writer.write(answer or b"")
            await writer.drain()
            if not again:
                break
        if then_hang:
            await over.wait()
        if answer is None:
            writer.transport.abort()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    async with server:
        seen.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield seen
        over.set()
