"""No other site acts in a visitor's name: what may change something comes from our own pages, or carries a
token that no other site has. Fetch Metadata says which; where a browser sends none, Origin does.

Source: OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "Fetch Metadata headers".
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import Forbidden
from app.security.authentication import bearer
from views.guard.raw import Headers, is_for_machines, only, with_start

GRAPHQL: Final = "/graphql"
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
VARY: Final = (b"vary", b"Sec-Fetch-Site, Origin")


class SameOrigin:
    """Refuses what another site started. Addresses for machines are exempt: they know no cookies."""

    def __init__(self, app: ASGIApp, *, base_url: str) -> None:
        self.app = app
        base = urlsplit(base_url)
        self._origin = f"{base.scheme}://{base.netloc}".lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request pass if no other site can have made it.

        Raises: Forbidden.
        """
        if scope["type"] == "http" and scope["method"] not in SAFE and not is_for_machines(scope):
            if not self._is_our_own(scope):
                raise Forbidden("Another site started this request. Open Opsbook and do it there.")
            send = with_start(send, _vary)
        await self.app(scope, receive, send)

    def _is_our_own(self, scope: Scope) -> bool:
        site, origin = only(scope, b"sec-fetch-site"), only(scope, b"origin")
        if site is not None:
            return site == "same-origin"
        if origin is not None:
            own = f"{scope['scheme']}://{only(scope, b'host')}"
            return origin.lower() in (self._origin, own.lower())
        # Beside a token no cookie counts, and no other site has our tokens.
        return bearer(only(scope, b"authorization")) is not None or _is_a_stranger(scope)


def _is_a_stranger(scope: Scope) -> bool:
    """Whether a program forgot its token: it acts in nobody's name, and GraphQL tells it what it needs."""
    return scope["path"] == GRAPHQL and only(scope, b"cookie") is None


def _vary(headers: Headers) -> Headers:
    return [*headers, VARY]
