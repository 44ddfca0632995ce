"""The register of readers: list, add many, remove."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.errors import NotFound
from views.flash import Toast
from views.frame import Live
from views.rendering import done, page
from views.running import Refusal, command, framed

UNPROCESSABLE = 422
LIST = "/settings/subscribers"
LIVE = Live("/events", ("settings", "incidents"))
WANTED = {"audience": "Choose what they are told.", "list": "Write an address on each line."}


async def subscribers(request: Request) -> Response:
    """`GET /settings/subscribers`, by keyset."""
    return await _page(request, {"audience": "ENTERPRISE", "list": ""})


async def add(request: Request) -> Response:
    """`POST /settings/subscribers`: all of them or none."""
    typed = await request.form()
    given = {name: str(typed.get(name, "")) for name in WANTED}
    if missing := next((name for name in WANTED if not given[name].strip()), None):
        return await _page(request, given, Refusal("INVALID_INPUT", WANTED[missing], missing))
    payload, refusal = await command(request, "add_subscribers", **given)
    if refusal:
        return await _page(request, given, refusal)
    return done(request, LIST, Toast(f"{payload['added']} added."))


async def remove(request: Request) -> Response:
    """`POST /settings/subscribers/{id}/removal`."""
    await command(request, "remove_subscriber", id=request.path_params["id"])
    return done(request, LIST, Toast("Removed. They get nothing more."))


async def _page(request: Request, given: Mapping[str, str], refusal: Refusal | None = None) -> Response:
    after = request.query_params.get("after")
    frame, answer = await framed(request, "subscribers", section="subscribers", live=LIVE, after=after)
    if not frame.can("admin"):
        raise NotFound("There is no such page, or it is not for you.")
    context = {
        "frame": frame,
        "subscribers": answer["subscribers"],
        "audiences": answer["audiences"],
        "given": given,
        "errors": [{"field": refusal.field, "message": refusal.message}] if refusal else [],
    }
    return page(request, "settings/subscribers.html", context, status=UNPROCESSABLE if refusal else 200)


routes = [
    Route(LIST, subscribers, methods=["GET"]),
    Route(LIST, add, methods=["POST"]),
    Route(f"{LIST}/{{id}}/removal", remove, methods=["POST"]),
]
