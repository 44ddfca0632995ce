"""Connections that break: what a web framework never does, and a network does every day."""

from __future__ import annotations

import asyncio
import socket

from starlette.requests import Request
from starlette.responses import Response
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

Ends = tuple[tuple[str, int], tuple[str, int]]
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
    """Break the connection without an answer. Needs a server that speaks `Breakable`."""
    _open[request.scope["client"], request.scope["server"]].abort()
    return await until_hung_up(request)


async def until_hung_up(request: Request) -> Response:
    """Say nothing until the other side gives up; what is returned then reaches nobody."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    return Response(status_code=503)
