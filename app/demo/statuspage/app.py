"""The stand-in as a Starlette application: the API's part for incidents, and the page as readers get it.

Source: Statuspage API 1.0.0, its OpenAPI document: "Authentication", "Rate Limiting", "Incidents".
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.demo.loopback import faults
from app.demo.loopback.guard import MIDDLEWARE
from app.demo.loopback.limits import RateLimit
from app.demo.statuspage.board import Board

Handler = Callable[[Request, "StandIn"], Awaitable[Response]]
MAX_PAGE = 100
ENHANCE_YOUR_CALM = 420


class Faults(faults.Faults):
    """Trouble; a call too many meets 420, which the documentation names beside 429."""

    def throttled(self) -> Response:
        """Turn the call away; nothing is done."""
        return JSONResponse({"error": "Rate limit exceeded"}, ENHANCE_YOUR_CALM, headers=self.waiting())


@dataclass(slots=True)
class StandIn:
    """Statuspage as tests and the demonstration see it. Everything may be changed while it runs."""

    page_id: str = "kctbh9vrtdwd"
    token: str = field(default_factory=lambda: secrets.token_hex(32))
    board: Board = field(default_factory=Board)
    faults: Faults = field(default_factory=Faults)
    limit: RateLimit = field(default_factory=lambda: RateLimit(60, timedelta(seconds=60)))
    calls: list[str] = field(default_factory=list)

    def settings(self, base_url: str) -> dict[str, str]:
        """Name the variables that point Opsbook at this stand-in, served at `base_url`."""
        return {
            "OPSBOOK_STATUSPAGE_API_URL": base_url,
            "OPSBOOK_STATUSPAGE_PAGE_ID": self.page_id,
            "OPSBOOK_STATUSPAGE_TOKEN": self.token,
        }


async def list_incidents(request: Request, statuspage: StandIn) -> Response:
    """List incidents, the newest first."""
    return _page(request, statuspage, only_unresolved=False)


async def list_unresolved(request: Request, statuspage: StandIn) -> Response:
    """List those that are not resolved."""
    return _page(request, statuspage, only_unresolved=True)


async def create_incident(request: Request, statuspage: StandIn) -> Response:
    """Open an incident."""
    wanted = await _incident(request)
    if wrong := statuspage.board.complaints(wanted, is_new=True):
        return _error(HTTPStatus.UNPROCESSABLE_ENTITY, wrong)
    board = statuspage.board
    return JSONResponse(board.shown(board.add(wanted)), HTTPStatus.CREATED)


async def show_incident(request: Request, statuspage: StandIn) -> Response:
    """Show one incident."""
    found = statuspage.board.find(request.path_params["id"])
    return JSONResponse(statuspage.board.shown(found)) if found else _not_found()


async def change_incident(request: Request, statuspage: StandIn) -> Response:
    """Change an incident, and add an update."""
    found = statuspage.board.find(request.path_params["id"])
    if found is None:
        return _not_found()
    wanted = await _incident(request)
    if wrong := statuspage.board.complaints(wanted, is_new=False):
        return _error(HTTPStatus.UNPROCESSABLE_ENTITY, wrong)
    statuspage.board.change(found, wanted)
    return JSONResponse(statuspage.board.shown(found))


async def show_page(request: Request) -> Response:
    """Show what readers of the page get: no metadata."""
    statuspage: StandIn = request.app.state.statuspage
    board = statuspage.board
    current = [board.shown(one) for one in reversed(board.incidents) if one.status != "resolved"]
    incidents = [{name: one[name] for name in one if name != "metadata"} for one in current]
    components = [{"id": one, "name": one, "status": status} for one, status in board.components.items()]
    return JSONResponse(
        {"page": {"id": statuspage.page_id}, "components": components, "incidents": incidents}
    )


def create(statuspage: StandIn) -> Starlette:
    """Assemble the application around `statuspage`."""
    incidents = "/v1/pages/{page}/incidents"
    app = Starlette(
        routes=[
            Route(incidents, _guarded(list_incidents), methods=["GET"]),
            Route(incidents, _guarded(create_incident), methods=["POST"]),
            Route(f"{incidents}/unresolved", _guarded(list_unresolved), methods=["GET"]),
            Route(f"{incidents}/{{id}}", _guarded(show_incident), methods=["GET"]),
            Route(f"{incidents}/{{id}}", _guarded(change_incident), methods=["PATCH"]),
            Route("/api/v2/summary.json", show_page, methods=["GET"]),
        ],
        middleware=MIDDLEWARE,
    )
    app.state.statuspage = statuspage
    return app


def _guarded(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        statuspage: StandIn = request.app.state.statuspage
        statuspage.calls.append(f"{request.method} {request.scope['path']}")
        if request.headers.get("Authorization") != f"OAuth {statuspage.token}":
            return _error(HTTPStatus.UNAUTHORIZED, "Could not authenticate")
        if not statuspage.limit.admits("token"):
            return statuspage.faults.throttled()
        if request.path_params["page"] != statuspage.page_id:
            return _not_found()

        async def act() -> Response:
            return await handler(request, statuspage)

        return await statuspage.faults.upon(statuspage.faults.next(), request, act)

    return endpoint


def _page(request: Request, statuspage: StandIn, *, only_unresolved: bool) -> Response:
    query, board = request.query_params, statuspage.board
    size = min(int(query.get("per_page") or query.get("limit") or MAX_PAGE), MAX_PAGE)
    begin = (int(query.get("page", 1)) - 1) * size
    found = [one for one in reversed(board.incidents) if not only_unresolved or one.status != "resolved"]
    return JSONResponse([board.shown(one) for one in found[begin : begin + size]])


async def _incident(request: Request) -> Any:
    try:
        content = json.loads(await request.body())
    except ValueError:
        return None
    return content.get("incident") if isinstance(content, dict) else None


def _not_found() -> Response:
    return _error(HTTPStatus.NOT_FOUND, "Not found")


def _error(status: int, said: str | list[str]) -> Response:
    return JSONResponse({"error": said}, status)
