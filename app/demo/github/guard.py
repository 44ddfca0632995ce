"""What GitHub looks at before it answers: headers, token, rate limits. Every answer carries the limits.

Source: GitHub documentation, "Troubleshooting the REST API", "Rate limits for the REST API".
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.demo.github.stand_in import Faults, StandIn

Handler = Callable[[Request, StandIn], Awaitable[Response]]
VERSIONS = ("2022-11-28", "2026-03-10")
DOCUMENTATION = "https://docs.github.com/rest"


def guarded(handler: Handler, *, resource: str = "core") -> Callable[[Request], Awaitable[Response]]:
    """Let a handler see only what GitHub would answer; `resource` is the rate limit that it counts for."""

    async def endpoint(request: Request) -> Response:
        github: StandIn = request.app.state.github
        github.calls.append(f"{request.method} {request.scope['path']}")
        answer = _refusal(request, github, resource) or await _acted(handler, request, github, resource)
        return _limited(answer, github, resource)

    return endpoint


def error(status: int, message: str, **more: Any) -> Response:
    """Answer as GitHub does when it does not do it."""
    return JSONResponse({"message": message, "documentation_url": DOCUMENTATION, **more}, status)


async def _acted(handler: Handler, request: Request, github: StandIn, resource: str) -> Response:
    faults: Faults = github.graph_faults if resource == "graphql" else github.faults

    async def act() -> Response:
        return await handler(request, github)

    return await faults.upon(faults.next(), request, act)


def _refusal(request: Request, github: StandIn, resource: str) -> Response | None:
    headers = request.headers
    if not headers.get("User-Agent"):
        return error(HTTPStatus.FORBIDDEN, "Request forbidden by administrative rules.")
    if headers.get("X-GitHub-Api-Version", VERSIONS[0]) not in VERSIONS:
        return error(HTTPStatus.BAD_REQUEST, "API version is not supported")
    if headers.get("Authorization") != f"Bearer {github.token}":
        return error(HTTPStatus.UNAUTHORIZED, "Bad credentials")
    is_admitted = github.limits[resource].admits("token")
    return None if is_admitted else error(HTTPStatus.FORBIDDEN, "API rate limit exceeded for user ID 1.")


def _limited(answer: Response, github: StandIn, resource: str) -> Response:
    limit, clock = github.limits[resource], github.repository.clock
    answer.headers["Date"] = clock.date()
    answer.headers["x-ratelimit-limit"] = str(limit.calls)
    answer.headers["x-ratelimit-remaining"] = str(limit.remaining("token"))
    answer.headers["x-ratelimit-reset"] = str(int((clock.now() + limit.window).timestamp()))
    answer.headers["x-ratelimit-resource"] = resource
    return answer
