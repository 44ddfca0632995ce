"""A number for each request, by which its log lines, its answer and a complaint about it find together."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send
from structlog.contextvars import bound_contextvars, clear_contextvars

from app.settings import Network
from views.guard.hosts import is_trusted, peer
from views.guard.raw import Headers, values, with_start

GIVEN: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
# Source: W3C Trace Context, section 3.2; a trace or parent of zeros only is not valid.
TRACEPARENT: Final = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
)


class RequestIds:
    """Numbers requests. Only a proxy of ours may bring a number along; a trace may come from anybody."""

    def __init__(self, app: ASGIApp, *, trusted: Sequence[Network] = ()) -> None:
        self.app = app
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Put `request_id` and `traceparent` into the request's state, its log lines and its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = self._given(scope) or secrets.token_hex(8)
        traceparent = _traceparent(scope)
        state = scope.setdefault("state", {})
        state["request_id"], state["traceparent"] = request_id, traceparent
        trace = {"trace_id": traceparent.split("-")[1]} if traceparent else {}

        def named(headers: Headers) -> Headers:
            return [*headers, (b"x-request-id", request_id.encode())]

        clear_contextvars()  # what was bound around us is of another request
        with bound_contextvars(request_id=request_id, **trace):
            await self.app(scope, receive, with_start(send, named))

    def _given(self, scope: Scope) -> str | None:
        given = values(scope, b"x-request-id")
        is_usable = len(given) == 1 and GIVEN.fullmatch(given[0]) and is_trusted(peer(scope), self._trusted)
        return given[0] if is_usable else None


def _traceparent(scope: Scope) -> str | None:
    given = values(scope, b"traceparent")
    return given[0] if len(given) == 1 and TRACEPARENT.fullmatch(given[0]) else None
