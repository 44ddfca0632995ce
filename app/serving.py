"""Serve with uvicorn until told to stop: open streams end at once, requests are finished.

Headers that drip or never end are given up here, bodies by `views.guard.bodies`; no proxy is needed for it.
"""

from __future__ import annotations

import asyncio
import json
import socket
from http import HTTPStatus
from types import FrameType

import uvicorn
import uvloop
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app import asgi
from app.settings import Settings

FINISH_WITHIN_SECONDS = 10
BACKLOG = 2048
KEEP_ALIVE_SECONDS = 20
HEADERS_WITHIN_SECONDS = 10
HEADER_BYTES = 64 * 1024


class Protocol(HttpToolsProtocol):
    """What uvicorn lacks: limits on the time and the size of headers, and refusals as problem documents."""

    _giving_up: asyncio.TimerHandle | None = None
    _unfinished_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn
        """Expect headers from the first moment on."""
        super().connection_made(transport)
        self._expect_headers(HEADERS_WITHIN_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing any more."""
        self._have_headers()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what belongs to headers that are not complete."""
        super().data_received(data)
        if self._giving_up is not None:
            self._unfinished_bytes += len(data)
            if self._unfinished_bytes > HEADER_BYTES and not self.transport.is_closing():
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The headers are too large.")

    def on_headers_complete(self) -> None:
        """Begin the request."""
        self._have_headers()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Expect the headers of the next request, unless it is there already."""
        super().on_response_complete()
        if self.cycle.response_complete and not self.transport.is_closing():
            self._expect_headers(KEEP_ALIVE_SECONDS + HEADERS_WITHIN_SECONDS)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP."""
        self._refuse(HTTPStatus.BAD_REQUEST, msg)

    def _expect_headers(self, seconds: float) -> None:
        self._have_headers()
        self._giving_up = self.loop.call_later(seconds, self._give_up)

    def _have_headers(self) -> None:
        self._unfinished_bytes = 0
        if self._giving_up is not None:
            self._giving_up.cancel()
            self._giving_up = None

    def _give_up(self) -> None:
        # Who sent nothing, as a browser that connects ahead of need, is owed no answer.
        if self._unfinished_bytes and not self.transport.is_closing():
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, "The headers did not arrive in time.")
        self.transport.close()

    def _refuse(self, status: HTTPStatus, detail: str) -> None:
        problem = {"type": "about:blank", "title": status.phrase, "status": status, "detail": detail}
        body = json.dumps(problem | {"code": status.name}).encode()
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: application/problem+json\r\n"
            f"x-content-type-options: nosniff\r\ncache-control: no-store\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()


class Server(uvicorn.Server):
    """Tells the application that it stops, so that event streams do not hold the process up."""

    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event) -> None:
        super().__init__(config)
        self._stopping = stopping

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End the streams, then stop as usual."""
        asyncio.get_running_loop().call_soon_threadsafe(self._stopping.set)
        super().handle_exit(sig, frame)


def run(settings: Settings, *, host: str, port: int, fd: int | None) -> None:
    """Serve on `fd`, a listening socket that was handed down, else on `host` and `port`."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, host, port, fd))


async def _serve(settings: Settings, host: str, port: int, fd: int | None) -> None:
    stopping = asyncio.Event()
    config = uvicorn.Config(
        asgi.application(settings, stopping),
        host=host,
        port=port,
        http=Protocol,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # forwarded headers are judged by views.guard, which knows the proxies
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=FINISH_WITHIN_SECONDS,
        backlog=BACKLOG,
    )
    handed_down = [socket.socket(fileno=fd)] if fd is not None else None
    await Server(config, stopping).serve(sockets=handed_down)
