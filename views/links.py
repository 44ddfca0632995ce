"""The signed link of a page or a letter. Mail scanners open links, so opening one changes nothing."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api import links
from app.errors import Conflict, NotFound, Unauthenticated
from app.security.signing import ExpiredSignature
from views.frame import bare
from views.rendering import page

CONFLICT, GONE, NOT_FOUND = 409, 410, 404
STATUS = {"good": 200, "used": CONFLICT, "expired": GONE, "unknown": NOT_FOUND}


async def show(request: Request) -> Response:
    """`GET /acknowledge/{token}`: one button, or why there is none."""
    return await _page(request)


async def acknowledge(request: Request) -> Response:
    """`POST /acknowledge/{token}`: answers the call; a second use says who was first, and when."""
    try:
        answer = await links.acknowledge(request.state.house, request.path_params["token"])
    except (Conflict, NotFound, Unauthenticated):
        return await _page(request, refused=True)
    return await _page(request, first=answer.first)


async def _page(request: Request, *, first: bool = False, refused: bool = False) -> Response:
    token = request.path_params["token"]
    state, found = await _look(request, token)
    context = {"frame": bare(request), "state": state, "token": token, "look": found, "first": first}
    refused = refused or (request.method == "POST" and not first)
    return page(request, "incidents/acknowledge_link.html", context, status=STATUS[state] if refused else 200)


async def _look(request: Request, token: str) -> tuple[str, Any]:
    try:
        found = await links.look(request.state.house, token)
    except ExpiredSignature:
        return "expired", None
    except (NotFound, Unauthenticated):
        return "unknown", None
    return found.state.value, found


routes = [
    Route("/acknowledge/{token}", show, methods=["GET"]),
    Route("/acknowledge/{token}", acknowledge, methods=["POST"]),
]
