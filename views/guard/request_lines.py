"""The first line of a request: what it wants done, and where.

Opsbook reads by GET and acts by POST. Nothing else is taken anywhere, TRACE least of all.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

KNOWN: Final = ("GET", "HEAD", "POST")
# Our longest path, a signed link, has some 250. Python itself refuses to read a number of 4300 digits.
LONGEST_PATH: Final = 2000


class RequestLines:
    """Refuses what leads nowhere before anybody looks at the rest."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request pass if there can be such an address, and it can take such a method.

        Raises: HTTPException, status 404, 405 or 414.
        """
        if scope["type"] == "http":
            _judge(scope["method"], scope["path"])
        await self.app(scope, receive, send)


def _judge(method: str, path: str) -> None:
    if method not in KNOWN:
        allowed = {"Allow": ", ".join(KNOWN)}
        raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, "Read by GET, act by POST.", allowed)
    if len(path) > LONGEST_PATH:
        raise HTTPException(HTTPStatus.REQUEST_URI_TOO_LONG, "The address is too long.")
    if not path.isprintable():
        raise HTTPException(HTTPStatus.NOT_FOUND)
