"""Around every request: one line in the log, and one measurement."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import timedelta
from typing import Any, Final

import structlog

from app.observability import metrics

log = structlog.get_logger("opsbook.web")
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

STREAM: Final = b"text/event-stream"
GONE: Final = 499  # as nginx has it: whoever asked left before there was an answer
# Asked again and again by machines, of use to nobody who reads a log.
UNINTERESTING: Final = re.compile(r"/static/.*|/livez|/readyz|/healthz|/metrics")
# What stands behind these opens a door, and so may a long segment anywhere.
SIGNED: Final = re.compile(r"(?<=^/acknowledge/).+|(?<=^/sign-in/).+|[^/]{33,}")


class Observed:
    """An ASGI application that is watched, with all that guards it."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and note how it went."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer = _Answer(send)
        try:
            await self.app(scope, receive, answer.send)
        finally:
            _note(scope, answer)


class _Answer:
    """Listens to an answer on its way out. A stream of events is as good as done once it begins."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._asked_at = time.perf_counter()
        self._streams_since: float | None = None
        self.status = GONE

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            kinds = [value for name, value in message.get("headers", ()) if name.lower() == b"content-type"]
            if kinds and kinds[0].startswith(STREAM):
                self._streams_since = time.perf_counter()
        await self._send(message)

    @property
    def took(self) -> timedelta:
        """How long whoever asked has waited."""
        return timedelta(seconds=(self._streams_since or time.perf_counter()) - self._asked_at)


def shown_path(path: str) -> str:
    """A path as a log may have it: without what opens a door."""
    return SIGNED.sub("…", path)


def _note(scope: Scope, answer: _Answer) -> None:
    took, path = answer.took, scope["path"]
    # Starlette leaves the route that matched in the scope; its template has a bounded number of values.
    route = getattr(scope.get("route"), "path", None)
    metrics.observe_request(method=scope["method"], route=route, status=answer.status, took=took)
    write = log.debug if UNINTERESTING.fullmatch(path) else log.info
    state = scope.get("state", {})
    # Known where somebody asked who it is: everywhere but at files and probes.
    who = {"actor": state["actor"]} if "actor" in state else {}
    write(
        "request",
        method=scope["method"],
        path=shown_path(path),
        status=answer.status,
        duration_ms=round(took.total_seconds() * 1000, 1),
        request_id=state.get("request_id"),
        **who,
    )
