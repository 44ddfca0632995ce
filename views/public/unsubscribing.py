"""The way off a list, from the link in a letter. Mail scanners open links, so opening it changes nothing."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api import public
from app.errors import NotFound, Unauthenticated
from views.frame import bare
from views.rendering import page

GONE = 404


async def show(request: Request) -> Response:
    """`GET /unsubscribe/{token}`: one button."""
    try:
        found = await public.look(request.state.house, request.path_params["token"])
    except (NotFound, Unauthenticated):
        return _unknown(request)
    return _page(request, email=found.email, is_out=found.is_out)


async def take(request: Request) -> Response:
    """`POST /unsubscribe/{token}`: done."""
    try:
        found = await public.opt_out(request.state.house, request.path_params["token"])
    except (NotFound, Unauthenticated):
        return _unknown(request)
    return _page(request, email=found.email, is_out=True)


def _page(request: Request, *, email: str, is_out: bool) -> Response:
    context = {
        "frame": bare(request),
        "email": email,
        "is_out": is_out,
        "token": request.path_params["token"],
    }
    return page(request, "public/unsubscribe.html", context, status=200 if email else GONE)


def _unknown(request: Request) -> Response:
    return _page(request, email="", is_out=False)


routes = [
    Route("/unsubscribe/{token}", show, methods=["GET"]),
    Route("/unsubscribe/{token}", take, methods=["POST"]),
]
