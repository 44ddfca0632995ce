"""Merge incidents: choose which of those that were chosen goes on, or what one of them goes on in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.errors import NotFound
from views.flash import Toast
from views.rendering import go, page
from views.running import Refusal, command, framed
from views.typed import whole_number

CONFLICT, UNPROCESSABLE = 409, 422
ADDRESS = "/incidents/merging"
WITHOUT = Refusal("INVALID_INPUT", "Choose the incident that goes on.", "into")


async def show(request: Request) -> Response:
    """`GET /incidents/merging?number=…`: what becomes of them, before anything does."""
    asked = request.query_params
    return await _answer(request, asked.getlist("number"), asked.get("into", ""))


async def merge(request: Request) -> Response:
    """`POST /incidents/merging`."""
    typed = await request.form()
    chosen, into = [str(one) for one in typed.getlist("number")], str(typed.get("into", ""))
    if not into:
        return await _answer(request, chosen, into, WITHOUT)
    versions = {name: str(typed.get(f"version-{name}", "")) for name in (*chosen, into)}
    seen = {name: _seen(name, version) for name, version in versions.items()}
    merged = [seen[name] for name in dict.fromkeys(chosen) if name != into]
    _, refusal = await command(request, "merge_incidents", into=seen[into], incidents=merged)
    if refusal is not None:
        return await _answer(request, chosen, into, refusal)
    words = "It goes on here." if len(merged) == 1 else f"{len(merged)} incidents go on here."
    return go(request, f"/incidents/{into}", Toast(f"Merged. {words}"))


def _seen(name: str, version: str) -> Mapping[str, Any]:
    number = whole_number(name)
    if number is None:
        raise NotFound("There is no such incident.")
    return {"number": number, "expectedVersion": whole_number(version)}


async def _answer(
    request: Request, chosen: Sequence[str], into: str, refusal: Refusal | None = None
) -> Response:
    frame, answer = await framed(request, "incident_merging", section="incidents")
    is_open = answer["incidents"]["nodes"]
    merged = [one for one in is_open if str(one["number"]) in chosen]
    # Of several that were chosen one goes on; one alone needs another one to go on in.
    targets = merged if len(merged) > 1 else [one for one in is_open if one not in merged]
    worst = min(merged, key=lambda one: (one["severity"], one["number"]), default=None)
    context = {
        "frame": frame,
        "merged": merged,
        "targets": targets,
        "into": into or (str(worst["number"]) if worst in targets and worst else ""),
        "errors": [{"field": refusal.field, "message": refusal.message}] if refusal else [],
    }
    status = 200 if refusal is None else UNPROCESSABLE if refusal.is_input else CONFLICT
    return page(request, "incidents/merging.html", context, status=status)


routes = [Route(ADDRESS, show, methods=["GET"]), Route(ADDRESS, merge, methods=["POST"])]
