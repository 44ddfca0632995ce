"""Serve with uvicorn until told to stop: open streams end at once, requests are finished.

Headers that drip, never end or mean two things are refused here, bodies by `views.guard.bodies`; no proxy is
needed for it.
"""

from __future__ import annotations

import asyncio
import json
import socket
from http import HTTPStatus
from types import FrameType
from typing import Final

import httptools
import uvicorn
import uvloop
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app import asgi
from app.settings import Settings
from views.guard.headers import ALWAYS

FINISH_WITHIN_SECONDS = 10
BACKLOG = 2048
KEEP_ALIVE_SECONDS = 20
LEAVE_AFTER_SECONDS = 0.5  # what a sender has on the way by then is still answered
HEADERS_WITHIN_SECONDS = 10
HEADER_BYTES = 64 * 1024
HEADERS_AT_MOST = 100
# So long a refusal waits for who does not stop sending: hanging up at once would take it from the wire again.
HANG_UP_AFTER_SECONDS = 1.0
VERSIONS: Final = ("1.0", "1.1")


class Ambiguous(Exception):
    """The head of a request could be read in two ways, or is none that we speak."""


class Protocol(HttpToolsProtocol):
    """What uvicorn lacks: limits on the time and the size of headers, and refusals as problem documents."""

    _giving_up: asyncio.TimerHandle | None = None
    _unfinished_bytes = 0
    _refused = False
    _objection = (HTTPStatus.BAD_REQUEST, "The request is malformed.")
    _is_leaving = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn
        """Expect headers from the first moment on."""
        super().connection_made(transport)
        self._expect_headers(HEADERS_WITHIN_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing any more."""
        self._have_headers()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what belongs to headers that are not complete. After a refusal nothing is read any more."""
        if self._refused:
            return
        super().data_received(data)
        if self._giving_up is not None:
            self._unfinished_bytes += len(data)
            if self._unfinished_bytes > HEADER_BYTES:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The headers are too large.")

    def on_headers_complete(self) -> None:
        """Begin the request; after the last one the connection closes.

        Raises: Ambiguous, upon which uvicorn calls `send_400_response`.
        """
        self._have_headers()
        self._demand_clear_head()
        super().on_headers_complete()
        if self._is_leaving:
            self.cycle.keep_alive = False

    def on_response_complete(self) -> None:
        """Expect the headers of the next request, unless it is there already."""
        super().on_response_complete()
        if self.cycle.response_complete and not self.transport.is_closing():
            self._expect_headers(KEEP_ALIVE_SECONDS + HEADERS_WITHIN_SECONDS)

    def shutdown(self) -> None:
        """Answer what is under way, and what is being sent this moment; to hang up now would refuse it."""
        self._is_leaving = True
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False
        else:
            self._expect_headers(LEAVE_AFTER_SECONDS)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, or not ours."""
        self._refuse(*self._objection)

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing of it: every client that offers HTTP/2 asks for an upgrade, and may be refused one."""

    def _demand_clear_head(self) -> None:
        if len(self.headers) > HEADERS_AT_MOST:
            self._object(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "There are too many headers.")
        version = self.parser.get_http_version()
        if version not in VERSIONS:
            self._object(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "Speak the first version of HTTP.")
        # What we do not undo, or a proxy overlooks, hides where the body ends. Source: RFC 9112, 6.1
        if self._all(b"transfer-encoding") not in ([], [b"chunked"] if version != "1.0" else []):
            self._object(HTTPStatus.BAD_REQUEST, "Send the body's length, or chunks and nothing else.")
        # The whole address instead of a path names a second host. Source: RFC 9112, 3.2.2
        if not self.url.startswith((b"/", b"*")) and _authority(self.url) not in self._all(b"host"):
            self._object(HTTPStatus.BAD_REQUEST, "The address and the header Host name different hosts.")

    def _all(self, wanted: bytes) -> list[bytes]:
        return [value.lower() for name, value in self.headers if name == wanted]

    def _object(self, status: HTTPStatus, detail: str) -> None:
        self._objection = (status, detail)
        raise Ambiguous(detail)

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
        if self._unfinished_bytes:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, "The headers did not arrive in time.")
        else:
            self.transport.close()

    def _refuse(self, status: HTTPStatus, detail: str) -> None:
        if self.transport.is_closing():
            return
        self._have_headers()
        self._refused = True
        self.transport.write(_refusal(status, detail))
        self._leave_alone()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(HANG_UP_AFTER_SECONDS, self.transport.close)

    def _leave_alone(self) -> None:
        """Let a request that has begun find that whoever asked is gone."""
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()


def _authority(url: bytes) -> bytes:
    try:
        parsed = httptools.parse_url(url)
    except httptools.HttpParserInvalidURLError:
        return b""
    host = parsed.host or b""
    return (host if parsed.port is None else b"%b:%d" % (host, parsed.port)).lower()


def _refusal(status: HTTPStatus, detail: str) -> bytes:
    problem = {"type": "about:blank", "title": status.phrase, "status": status, "detail": detail}
    body = json.dumps(problem | {"code": status.name}).encode()
    headers = ALWAYS | {
        b"content-type": b"application/problem+json",
        b"cache-control": b"no-store",
        b"content-length": str(len(body)).encode(),
        b"connection": b"close",
    }
    head = b"".join(b"%b: %b\r\n" % pair for pair in headers.items())
    return f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() + head + b"\r\n" + body


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


def configuration(
    settings: Settings, stopping: asyncio.Event, *, host: str = "127.0.0.1", port: int = 0
) -> uvicorn.Config:
    """How uvicorn serves the application: for a process, and for the tests that look at it from outside."""
    return uvicorn.Config(
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


async def _serve(settings: Settings, host: str, port: int, fd: int | None) -> None:
    stopping = asyncio.Event()
    config = configuration(settings, stopping, host=host, port=port)
    handed_down = [socket.socket(fileno=fd)] if fd is not None else None
    await Server(config, stopping).serve(sockets=handed_down)
