"""What goes wrong, as an answer: a problem document, or what the hook makes of it for people (RFC 9457)."""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import LimitExceeded, OpsbookError, Unauthenticated, Unavailable

log = structlog.get_logger()

MEDIA_TYPE: Final = "application/problem+json"
TRY_AGAIN_AFTER: Final = timedelta(seconds=2)
# After these the rest of the body is not read, so the connection cannot be used again.
UNREAD: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE})
FAULT: Final = "Something in Opsbook broke. Try again; if it stays, tell an administrator the reference."


@dataclass(frozen=True, slots=True)
class Problem:
    """One failure, in the words that whoever asked may read. `path` leads to the field that is wrong; `more`
    are members of a kind of its own.
    """

    status: int
    code: str
    title: str
    detail: str
    path: tuple[str, ...] = ()
    request_id: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)

    def document(self) -> bytes:
        """Write it as JSON. Source: RFC 9457, section 3."""
        content: dict[str, Any] = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        content |= {"path": list(self.path)} if self.path else {}
        content |= {"request_id": self.request_id} if self.request_id else {}
        return json.dumps(content | dict(self.more), ensure_ascii=False).encode()

    def response(self) -> Response:
        """Answer with the document."""
        return Response(self.document(), self.status, dict(self.headers), MEDIA_TYPE)


Render = Callable[[Request, Problem], Awaitable[Response | None]]


class Problems:
    """Turns whatever rises into an answer, and logs once what is our fault.

    `render` may answer in another form, such as a page for a browser; None leaves it to the document.
    """

    def __init__(self, app: ASGIApp, *, render: Render | None = None) -> None:
        self.app = app
        self._render = render

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer in every case; an answer that was begun already is cut off instead."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        has_begun = False

        async def noted(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except ClientDisconnect:
            return
        except Exception as error:  # the edge of a request
            found = problem(error, scope)
            if found.status >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, Unavailable):
                log.error("request_failed", exc_info=error, where=_where(scope), status=found.status)
            if not has_begun:
                await (await self._answer(scope, found))(scope, receive, send)

    async def _answer(self, scope: Scope, found: Problem) -> Response:
        try:
            rendered = await self._render(Request(scope), found) if self._render else None
        except Exception as error:  # a broken error page must not hide the error
            log.error("error_page_failed", exc_info=error, where=_where(scope))
            rendered = None
        if rendered is None:
            return found.response()
        rendered.headers.update(dict(found.headers))
        return rendered


async def let_it_rise(_request: Request, error: Exception) -> Response:
    """Leave Starlette's own refusals, such as 404 and 405, to `Problems`."""
    raise error


def problem(error: Exception, scope: Scope) -> Problem:
    """Say what an exception means to whoever asked. Anything that we did not foresee is masked."""
    request_id: str | None = scope.get("state", {}).get("request_id")
    if isinstance(error, OpsbookError):
        title = HTTPStatus(error.status).phrase
        headers = tuple(_headers(error))
        return Problem(error.status, error.code, title, error.message, error.path, request_id, headers)
    if isinstance(error, HTTPException):
        return _of_starlette(error, request_id)
    title = HTTPStatus.INTERNAL_SERVER_ERROR.phrase
    return Problem(500, "INTERNAL", title, f"{FAULT} Reference: {request_id}.", request_id=request_id)


def retry_after(error: LimitExceeded) -> list[tuple[str, str]]:
    """The header that says in whole seconds when to try again. Source: RFC 9110, section 10.2.3."""
    if error.retry_after is None:
        return []
    return [("retry-after", str(max(1, math.ceil(error.retry_after.total_seconds()))))]


def _of_starlette(error: HTTPException, request_id: str | None) -> Problem:
    status = HTTPStatus(error.status_code)
    headers = tuple((error.headers or {}).items())
    return Problem(status, status.name, status.phrase, error.detail, request_id=request_id, headers=headers)


def _headers(error: OpsbookError) -> list[tuple[str, str]]:
    if isinstance(error, Unauthenticated):
        return [("www-authenticate", "Bearer")]
    if isinstance(error, LimitExceeded):
        return retry_after(error)
    if isinstance(error, Unavailable):
        return [("retry-after", str(int(TRY_AGAIN_AFTER.total_seconds())))]
    return [("connection", "close")] if error.status in UNREAD else []


def _where(scope: Scope) -> str:
    # The route's pattern, never the address: some addresses hold a key.
    pattern = getattr(scope.get("route"), "path", "no route")
    return f"{scope['method']} {pattern}"
