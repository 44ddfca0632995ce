"""What readers are told about an incident: the overview, approving, sending back, sending again, waiving."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.errors import NotFound
from views.flash import Toast
from views.frame import Live
from views.incidents.commands import version
from views.incidents.forms import CONFLICT, UNPROCESSABLE, WANTED
from views.incidents.reading import incident_of
from views.rendering import done, page
from views.running import Refusal, Values, command, framed

ADDRESS = "/incidents/{number:int}/comms"


async def overview(request: Request) -> Response:
    """`GET /incidents/{number}/comms`: who was told what, what is owed, what waits."""
    number = request.path_params["number"]
    live = Live("/events", (f"incident:{number}", "incidents"))
    frame, answer = await framed(request, "incident_comms", section="incidents", live=live, number=number)
    if answer["incident"] is None:
        raise NotFound("There is no such incident.")
    context = {"frame": frame, "incident": answer["incident"], "audiences": answer["audiences"]}
    return page(request, "incidents/comms.html", context, block="told")


async def approve(request: Request) -> Response:
    """`POST …/comms/{id}/approval`."""
    return await _press(request, "approve_status_update", "Approved. It is on its way.")


async def send_back(request: Request) -> Response:
    """`POST …/comms/{id}/return`."""
    return await _press(request, "send_back_status_update", "Sent back. Its words begin the next draft.")


async def resend(request: Request) -> Response:
    """`POST …/comms/deliveries/{id}/retry`."""
    return await _press(request, "resend_status_delivery", "It is on its way again.")


async def waiver(request: Request) -> Response:
    """`GET …/obligations/{kind}/waiver`: the form for one of two signatures."""
    return await _waiver(request, "")


async def waive(request: Request) -> Response:
    """`POST …/obligations/{kind}/waiver`."""
    typed = await request.form()
    reason = str(typed.get("reason", ""))
    if not reason.strip():
        return await _waiver(request, reason, Refusal("INVALID_INPUT", WANTED["reason"], "reason"))
    number = request.path_params["number"]
    what = {"number": number, "kind": request.path_params["kind"]}
    _, refusal = await command(request, "waive_obligation", reason=reason, **what, **await version(request))
    if refusal is not None:
        return await _waiver(request, reason, refusal)
    return done(request, f"/incidents/{number}/comms", Toast("Signed."), live=["incident"])


async def _press(request: Request, operation: str, words: str) -> Response:
    _, refusal = await command(request, operation, id=request.path_params["id"])
    toast = Toast(words) if refusal is None else Toast(refusal.message, "bad")
    address = f"/incidents/{request.path_params['number']}/comms"
    return done(request, address, toast, live=["incident"])


async def _waiver(request: Request, reason: str, refusal: Refusal | None = None) -> Response:
    frame, _ = await framed(request, None, section="incidents")
    incident: Values = await incident_of(request)
    context: Mapping[str, Any] = {
        "frame": frame,
        "incident": incident,
        "kind": request.path_params["kind"],
        "given": {"reason": reason},
        "errors": [{"field": refusal.field, "message": refusal.message}] if refusal else [],
    }
    status = 200 if refusal is None else UNPROCESSABLE if refusal.is_input else CONFLICT
    return page(request, "incidents/waiver.html", context, block="form", status=status)


routes = [
    Route(ADDRESS, overview, methods=["GET"]),
    Route(f"{ADDRESS}/{{id}}/approval", approve, methods=["POST"]),
    Route(f"{ADDRESS}/{{id}}/return", send_back, methods=["POST"]),
    Route(f"{ADDRESS}/deliveries/{{id}}/retry", resend, methods=["POST"]),
    Route("/incidents/{number:int}/obligations/{kind}/waiver", waiver, methods=["GET"]),
    Route("/incidents/{number:int}/obligations/{kind}/waiver", waive, methods=["POST"]),
]
