"""What a stream is about and where it alarms: a form that says first how often it would have fired."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.errors import NotFound
from views.flash import Toast
from views.rendering import done, page
from views.running import ask, command, framed
from views.typed import whole_number

CONFLICT, UNPROCESSABLE = 409, 422
FIELDS = ("kind", "scope", "core", "threshold", "reason")
ADDRESS = "/activity/streams/{name}"

Errors = list[dict[str, str]]


async def show(request: Request) -> Response:
    """`GET /activity/streams/{name}`: the form, as the stream stands or as the address says."""
    given = {name: request.query_params.get(name, "") for name in FIELDS}
    return await _form(request, given if request.query_params else None, [])


async def preview(request: Request) -> Response:
    """`GET …/preview`: the same form's answer to what is typed, for htmx alone."""
    given = {name: request.query_params.get(name, "") for name in FIELDS}
    return await _form(request, given, [], block="preview")


async def change(request: Request) -> Response:
    """`POST /activity/streams/{name}`: done, or the form again with what is wrong."""
    typed = await request.form()
    given = {name: str(typed.get(name, "")) for name in FIELDS}
    if errors := _wrong(given):
        return await _form(request, given, errors)
    _, refusal = await command(
        request,
        "change_stream",
        stream=request.path_params["name"],
        kind=given["kind"],
        scope=given["scope"] or None,
        core=bool(given["core"]),
        threshold=_number(given["threshold"]),
        reason=given["reason"],
        expectedVersion=whole_number(str(typed.get("version", ""))),
    )
    if refusal:
        status = UNPROCESSABLE if refusal.is_input else CONFLICT
        return await _form(
            request, given, [{"field": refusal.field, "message": refusal.message}], status=status
        )
    address = f"/activity?{urlencode({'stream': request.path_params['name']})}"
    return done(request, address, Toast("Saved."), live=["trends", "activity"])


async def _form(
    request: Request,
    given: Mapping[str, str] | None,
    errors: Errors,
    *,
    block: str = "form",
    status: int = UNPROCESSABLE,
) -> Response:
    name = request.path_params["name"]
    frame, answer = await framed(request, "stream_form", section="activity", name=name)
    stream = answer["activityStream"]
    if stream is None:
        raise NotFound("There is no such stream.")
    given = _standing(stream) if given is None else given
    context: dict[str, Any] = {
        "frame": frame,
        "stream": stream,
        "given": given,
        "errors": errors,
        "preview": await _preview(request, name, given),
    }
    return page(request, "activity/stream.html", context, block=block, status=status if errors else 200)


async def _preview(request: Request, name: str, given: Mapping[str, str]) -> Any:
    """How often it would have fired; nothing while no number is typed."""
    threshold = _number(given["threshold"])
    if threshold is None or threshold < 0 or given["kind"] not in ("ACTIVITY", "FAILURE"):
        return None
    answer = await ask(request, "stream_preview", name=name, threshold=threshold, kind=given["kind"])
    return answer["activityStream"]["preview"]


def _standing(stream: Mapping[str, Any]) -> dict[str, str]:
    threshold = stream["threshold"]
    return {
        "kind": stream["kind"],
        "scope": stream["scope"] or "",
        "core": "core" if stream["core"] else "",
        "threshold": "" if threshold is None else f"{threshold:.12g}",
        "reason": "",
    }


def _wrong(given: Mapping[str, str]) -> Errors:
    """What is wrong with the form, all of it at once and in its order."""
    found = {}
    if not given["kind"]:
        found["kind"] = "Choose whether more of it is good news or bad."
    if given["threshold"].strip() and _number(given["threshold"]) is None:
        found["threshold"] = "Write a number a minute, such as 20, or leave it empty."
    if not given["reason"].strip():
        found["reason"] = "Say why."
    return [{"field": name, "message": message} for name, message in found.items()]


def _number(text: str) -> float | None:
    try:
        found = float(text.replace(",", "."))
    except ValueError:
        return None
    return found if math.isfinite(found) else None


routes = [
    Route(ADDRESS, show, methods=["GET"]),
    Route(f"{ADDRESS}/preview", preview),
    Route(ADDRESS, change, methods=["POST"]),
]
