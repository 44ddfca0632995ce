"""How PagerDuty's REST API answers: to whom, how many at once, page by page, and in which words it refuses.

Source: PagerDuty developer documentation, "Authentication", "Rate Limits", "Pagination" and "Errors".
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.demo.pagerduty.stand_in import REST_CALLS_A_MINUTE, StandIn

Json = dict[str, Any]
Handler = Callable[[Request, StandIn], Awaitable[Response]]
DEFAULT_PAGE, MAX_PAGE = 25, 100


def guarded(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Let a handler answer whoever has the token, as long as the rate limit lasts."""

    async def endpoint(request: Request) -> Response:
        pagerduty: StandIn = request.app.state.pagerduty
        if request.headers.get("Authorization") != f"Token token={pagerduty.token}":
            return error(401, 2006, "Authentication failed")

        async def act() -> Response:
            return await handler(request, pagerduty)

        if not pagerduty.rest_limit.admits("account"):
            return _limited(pagerduty, error(429, 2020, "Too Many Requests"))
        return _limited(pagerduty, await pagerduty.faults.upon(pagerduty.faults.rest, request, act))

    return endpoint


def _limited(pagerduty: StandIn, response: Response) -> Response:
    response.headers["ratelimit-limit"] = str(REST_CALLS_A_MINUTE)
    response.headers["ratelimit-remaining"] = str(pagerduty.rest_limit.remaining("account"))
    response.headers["ratelimit-reset"] = "60"
    return response


def page(request: Request, name: str, entries: Sequence[Json]) -> Response:
    """Answer with one page of a list."""
    limit = min(int(request.query_params.get("limit", DEFAULT_PAGE)), MAX_PAGE)
    offset = int(request.query_params.get("offset", 0))
    shown = list(entries[offset : offset + limit])
    more = offset + limit < len(entries)
    return JSONResponse({name: shown, "limit": limit, "offset": offset, "more": more, "total": None})


def not_found() -> Response:
    """Say that there is no such thing."""
    return error(404, 2100, "Not Found")


def error(status: int, code: int, message: str) -> Response:
    """Refuse."""
    return JSONResponse({"error": {"message": message, "code": code, "errors": []}}, status_code=status)
