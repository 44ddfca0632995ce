"""Connections that break: what a web framework never does, and a network does every day."""

from __future__ import annotations

import asyncio
import socket
import struct

from starlette.requests import Request
from starlette.responses import Response
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

Ends = tuple[tuple[str, int], tuple[str, int]]
LINGER_NOT = struct.pack("ii", 1, 0)
_open: dict[Ends, asyncio.Transport] = {}


class Breakable(HttpToolsProtocol):
    """A connection that a handler can break, found by its two ends."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Remember the connection."""
        self._ends: Ends = (transport.get_extra_info("peername"), transport.get_extra_info("sockname"))
        _open[self._ends] = transport
        # asyncio leaves accepted sockets of proto 0 without it: every answer would wait 40 ms for an ACK
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        _open.pop(self._ends, None)
        super().connection_lost(exc)


async def drop(request: Request) -> Response:
    """Reset the connection (RST) without an answer. Needs a server that speaks `Breakable`."""
    reset(_open[request.scope["client"], request.scope["server"]])
    return await until_hung_up(request)


def reset(transport: asyncio.Transport) -> None:
    """Break a connection as a crash does: what is under way is lost, and the other end is told."""
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
    transport.abort()


async def until_hung_up(request: Request) -> Response:
    """Say nothing until the other side gives up; what is returned then reaches nobody."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    return Response(status_code=503)
