"""The cookie of a session, and who it or a token makes the visitor: asked when somebody wants to know."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, cast

from starlette.types import ASGIApp, Receive, Scope, Send

from app.security.authentication import Identity
from app.security.rules import SECOND_FACTOR_WITHIN, SESSION_LONGEST
from views.guard.raw import drop, is_for_machines, only, values

# The prefix makes browsers refuse the cookie from any other host and over plain HTTP (loopback aside).
NAME: Final = "__Host-session"
HALF: Final = "__Host-half-session"
ATTRIBUTES: Final = "Path=/; Secure; HttpOnly; SameSite=Lax"

Identify = Callable[[Scope, str | None, str | None], Awaitable[Identity]]


class Visitor:
    """Who makes a request. The answer is found once, however many ask for it at the same time."""

    def __init__(self, scope: Scope, identify: Identify) -> None:
        self._scope = scope
        self._identify = identify
        self._lock = asyncio.Lock()
        self._found: Identity | None = None

    @property
    def session_key(self) -> str | None:
        """The key in the session cookie; None when there is none, or there are two that differ."""
        pairs = "; ".join(values(self._scope, b"cookie")).split(";")
        keys = {value for name, _, value in (pair.strip().partition("=") for pair in pairs) if name == NAME}
        return keys.pop() if len(keys) == 1 else None

    async def identity(self) -> Identity:
        """Ask who it is.

        Raises: Unauthenticated for a token that is not valid; Unavailable.
        """
        async with self._lock:
            if self._found is None:
                authorization = only(self._scope, b"authorization")
                self._found = await self._identify(self._scope, self.session_key, authorization)
                self._scope["state"]["actor"] = self._found.actor.reference
            return self._found


class Sessions:
    """Puts a `Visitor` into each request's state. At addresses for machines cookies count for nothing."""

    def __init__(self, app: ASGIApp, *, identify: Identify) -> None:
        self.app = app
        self._identify = identify

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Make the visitor known to whoever asks `visitor`."""
        if scope["type"] == "http":
            if is_for_machines(scope):
                drop(scope, b"cookie")
            scope.setdefault("state", {})["visitor"] = Visitor(scope, self._identify)
        await self.app(scope, receive, send)


def visitor(scope: Scope) -> Visitor:
    """The visitor of a request that came through `Sessions`."""
    return cast(Visitor, scope["state"]["visitor"])


def cookie(key: str) -> tuple[str, str]:
    """The header that hands a new session's key to the browser."""
    return "set-cookie", f"{NAME}={key}; Max-Age={int(SESSION_LONGEST.total_seconds())}; {ATTRIBUTES}"


def half_cookie(key: str) -> tuple[str, str]:
    """The header that lets the browser go on to the second factor."""
    return "set-cookie", f"{HALF}={key}; Max-Age={int(SECOND_FACTOR_WITHIN.total_seconds())}; {ATTRIBUTES}"


def no_half_cookie() -> tuple[str, str]:
    """The header that makes the browser forget a sign-in that is done or given up."""
    return "set-cookie", f"{HALF}=; Max-Age=0; {ATTRIBUTES}"


def no_cookie() -> tuple[str, str]:
    """The header that makes the browser forget its session's key."""
    return "set-cookie", f"{NAME}=; Max-Age=0; {ATTRIBUTES}"
