"""How much a request may send, and how long it may take: a body that drips holds nothing up for long.

The time for the headers is the server's business: see `app.serving`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import InvalidInput, OpsbookError, TooLarge
from views.guard.raw import only, values

KB: Final = 1024
# Address -> the most bytes that it takes; the first that fits counts. Source: contract, "Addresses".
LIMITS: Final = (("/ingest/", 512 * KB), ("/v2/", 512 * KB), ("/hooks/", 1024 * KB), ("/", 1024 * KB))
READ_WITHIN: Final = timedelta(seconds=20)


class TooSlow(OpsbookError):
    """The body took longer to arrive than any honest connection needs."""

    code = "TOO_SLOW"
    status = 408


class Bodies:
    """Counts and times what comes in, while it comes in."""

    def __init__(
        self, app: ASGIApp, *, limits: Sequence[tuple[str, int]] = LIMITS, within: timedelta = READ_WITHIN
    ) -> None:
        self.app = app
        self._limits = limits
        self._within = within

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the body on as it comes.

        Raises: TooLarge, TooSlow, InvalidInput for headers by which two readers would see two bodies.
        """
        if scope["type"] == "http" and _has_body(scope):
            limit_bytes = next(limit for path, limit in self._limits if scope["path"].startswith(path))
            _judge(_declared(scope), limit_bytes)
            receive = _Meter(receive, limit_bytes, self._within).receive
        await self.app(scope, receive, send)


class _Meter:
    def __init__(self, receive: Receive, limit_bytes: int, within: timedelta) -> None:
        self._receive = receive
        self._limit_bytes = limit_bytes
        self._end = asyncio.get_running_loop().time() + within.total_seconds()
        self._read_bytes = 0
        self._is_complete = False

    async def receive(self) -> Message:
        if self._is_complete:  # what follows is the end of the connection, which may be hours away
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._end):
                message = await self._receive()
        except TimeoutError as error:
            raise TooSlow("The request's body did not arrive in time. Send it again.") from error
        self._is_complete = not message.get("more_body", False)
        self._read_bytes += len(message.get("body", b""))
        _judge(self._read_bytes, self._limit_bytes)
        return message


def _has_body(scope: Scope) -> bool:
    return any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])


def _declared(scope: Scope) -> int:
    declared = only(scope, b"content-length")
    if declared is None:
        return 0
    if values(scope, b"transfer-encoding") or not (declared.isascii() and declared.isdigit()):
        # Source: RFC 9112, section 6.1; OWASP ASVS 5.0, 4.2.1
        raise InvalidInput("The length of the body is not clear.", path=("content-length",))
    return int(declared[:18])


def _judge(size_bytes: int, limit_bytes: int) -> None:
    if size_bytes > limit_bytes:
        raise TooLarge(f"The body is larger than the {limit_bytes // KB} KB that this address takes.")
