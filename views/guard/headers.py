"""What every answer tells the browser about what it may do with it. Source: reliability specification, 3.

Scripts come from this host alone, which serves none but its own: nothing that anybody sent is ever sent back
as a file of a script's type (`nosniff`), so a nonce would add nothing.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from views.guard.raw import Headers, with_start

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
ALWAYS: Final = {
    b"content-security-policy": POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), display-capture=(), geolocation=(), microphone=(), payment=()",
}
# A stylesheet or a font does nothing: what governs documents would only cost each first visit some 4 kB.
OF_ASSETS: Final = {
    name: ALWAYS[name] for name in (b"x-content-type-options", b"cross-origin-resource-policy")
}
ASSETS: Final = "/static/"
STRICT_TRANSPORT: Final = (b"strict-transport-security", b"max-age=63072000; includeSubDomains")


class SecurityHeaders:
    """Adds them to every answer, an error's too. What says nothing about caching is not kept anywhere."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self.app = app
        self._transport = [STRICT_TRANSPORT] if https else []
        self._replaced = {b"server", STRICT_TRANSPORT[0], *ALWAYS}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with them."""
        if scope["type"] == "http":
            send = with_start(send, partial(self._complete, scope["path"].startswith(ASSETS)))
        await self.app(scope, receive, send)

    def _complete(self, is_asset: bool, given: Headers) -> Headers:
        is_cached = any(name.lower() == b"cache-control" for name, _ in given)
        kept = [(name, value) for name, value in given if name.lower() not in self._replaced]
        # What is not there is no asset, but an error as any other.
        ours = OF_ASSETS if is_asset and is_cached else ALWAYS
        kept += [*ours.items(), *self._transport]
        return kept if is_cached else [*kept, (b"cache-control", b"no-store")]
