"""What is owed after an incident: its steps, each a form, and closing it once all are done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.errors import NotFound
from views.flash import Toast
from views.incidents.commands import press, version
from views.rendering import done, page
from views.running import Refusal, Values, command, framed

CONFLICT, UNPROCESSABLE = 409, 422
NOTHING = {"url": "", "reason": "", "waive": ""}
SAID = {
    "timeline": "Signed.",
    "playbooks": "Recorded.",
    "retrospective": "The retrospective is on its way to Operations.",
}

Errors = Sequence[Mapping[str, str]]


async def show(request: Request) -> Response:
    """`GET /incidents/{number}/checklist/{key}`: one step, and how it is completed."""
    return await _answer(request, NOTHING)


async def complete(request: Request) -> Response:
    """`POST /incidents/{number}/checklist/{key}`."""
    typed = await request.form()
    given = {**NOTHING, **{name: str(typed.get(name, "")).strip() for name in ("url", "reason")}}
    key, asked = request.path_params["key"], await _asked(request)
    if key == "retrospective":
        _, refusal = await command(request, "file_retrospective", **asked)
    else:
        words = {name: given[name] or None for name in ("url", "reason")}
        _, refusal = await command(request, "complete_checklist_item", key=key, **asked, **words)
    if refusal is not None:
        return await _answer(request, given, refusal)
    return _done(request, SAID.get(key, "Done."))


async def waive(request: Request) -> Response:
    """`POST /incidents/{number}/checklist/{key}/waiver`: one of the two signatures."""
    reason = str((await request.form()).get("waive", "")).strip()
    _, refusal = await command(
        request,
        "waive_checklist_item",
        key=request.path_params["key"],
        reason=reason,
        **await _asked(request),
    )
    if refusal is not None:
        field = "waive" if refusal.field == "reason" else refusal.field
        return await _answer(
            request, {**NOTHING, "waive": reason}, Refusal(refusal.code, refusal.message, field)
        )
    return _done(request, "Signed.")


async def close(request: Request) -> Response:
    """`POST …/closure`: refused, saying what is missing, until the checklist is done."""
    return await press(request, "close_incident", "Closed.", **await version(request))


async def _asked(request: Request) -> dict[str, Any]:
    return {"number": request.path_params["number"], **await version(request)}


def _done(request: Request, words: str) -> Response:
    number = request.path_params["number"]
    return done(request, f"/incidents/{number}", Toast(words), live=["incident"])


async def _answer(request: Request, given: Mapping[str, str], refusal: Refusal | None = None) -> Response:
    number = request.path_params["number"]
    frame, answer = await framed(request, "incident_checklist", section="incidents", number=number)
    context = {
        "frame": frame,
        "incident": answer["incident"],
        "item": _item(answer, request.path_params["key"]),
        "given": given,
        "errors": [{"field": refusal.field, "message": refusal.message}] if refusal else [],
    }
    status = 200 if refusal is None else UNPROCESSABLE if refusal.is_input else CONFLICT
    return page(request, "incidents/checklist_item.html", context, block="form", status=status)


def _item(answer: Values, key: str) -> Values:
    steps = (answer["incident"] or {}).get("checklist", ())
    found = [item for item in steps if item["key"] == key]
    if not found:
        raise NotFound("There is no such step of this incident's checklist.")
    item: Values = found[0]
    return item


routes = [
    Route("/incidents/{number:int}/closure", close, methods=["POST"]),
    Route("/incidents/{number:int}/checklist/{key}", show, methods=["GET"]),
    Route("/incidents/{number:int}/checklist/{key}", complete, methods=["POST"]),
    Route("/incidents/{number:int}/checklist/{key}/waiver", waive, methods=["POST"]),
]
