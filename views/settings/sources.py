"""Who may send alerts: list, add, revoke. A key is shown once, on the answer to the form that made it."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.security.permissions import Scope
from views.access import demand
from views.flash import Toast
from views.frame import Live
from views.rendering import done, page
from views.running import Refusal, command, framed

UNPROCESSABLE = 422
LIST = "/settings/sources"
LIVE = Live("/events", ("settings", "incidents"))


async def sources(request: Request) -> Response:
    """`GET /settings/sources`."""
    await demand(request, Scope.ADMIN)
    frame, answer = await framed(request, "sources", section="sources", live=LIVE)
    return page(request, "settings/sources.html", {"frame": frame, "sources": answer["sources"]})


async def new(request: Request) -> Response:
    """`GET /settings/sources/new`."""
    return await _form(request, {"name": "", "format": "alertmanager"})


async def add(request: Request) -> Response:
    """`POST /settings/sources`: shows the key, once."""
    typed = await request.form()
    given = {name: str(typed.get(name, "")) for name in ("name", "format")}
    if not given["format"]:
        return await _form(request, given, Refusal("INVALID_INPUT", "Choose what it sends.", "format"))
    payload, refusal = await command(request, "create_source", **given)
    if refusal:
        return await _form(request, given, refusal)
    await demand(request, Scope.ADMIN)
    frame, _ = await framed(request, None, section="sources")
    context = {
        "frame": frame,
        "source": payload["source"],
        "key": payload["key"],
        "example": payload["example"],
    }
    return page(request, "settings/source_created.html", context)


async def revoke(request: Request) -> Response:
    """`POST /settings/sources/{id}/revocation`."""
    await command(request, "revoke_source", id=request.path_params["id"])
    return done(request, LIST, Toast("Revoked. Its key opens nothing any more."))


async def _form(request: Request, given: Mapping[str, str], refusal: Refusal | None = None) -> Response:
    await demand(request, Scope.ADMIN)
    frame, _ = await framed(request, None, section="sources")
    errors = [{"field": refusal.field, "message": refusal.message}] if refusal else []
    context = {"frame": frame, "given": given, "errors": errors}
    return page(request, "settings/source_new.html", context, status=UNPROCESSABLE if errors else 200)


routes = [
    Route(LIST, sources, methods=["GET"]),
    Route(f"{LIST}/new", new),
    Route(LIST, add, methods=["POST"]),
    Route(f"{LIST}/{{id}}/revocation", revoke, methods=["POST"]),
]
