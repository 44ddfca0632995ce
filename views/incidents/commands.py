"""What one press does to an incident. The answer is the incident's head as it stands, whoever was first."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from views import flash
from views.flash import Toast
from views.incidents import reading
from views.rendering import is_fragment, triggers
from views.running import Refusal, command
from views.typed import whole_number

CONFLICT, UNPROCESSABLE = 409, 422


async def acknowledge(request: Request) -> Response:
    """`POST …/acknowledgement`. It waits for an answer or it does not: no version is compared."""
    return await press(request, "acknowledge_incident", "Acknowledged. The escalation has stopped.")


async def mitigate(request: Request) -> Response:
    """`POST …/mitigation`."""
    return await press(request, "mitigate_incident", "Marked as mitigated.", **await version(request))


async def resolve(request: Request) -> Response:
    """`POST …/resolution`."""
    return await press(request, "resolve_incident", "Resolved.", **await version(request))


async def note(request: Request) -> Response:
    """`POST …/timeline`: a person's entry. A refused one comes back with its text."""
    text = str((await request.form()).get("text", ""))
    number = request.path_params["number"]
    _, refusal = await command(request, "post_note", number=number, text=text)
    if refusal is None:
        draft, errors, status = "", [], 200
    else:
        draft, errors, status = text, [{"field": "text", "message": refusal.message}], UNPROCESSABLE
    if is_fragment(request) or refusal:
        headers = triggers(live=["incident"]) if refusal is None else {}
        return await reading.show(
            request,
            "incident_page",
            block="composer",
            status=status,
            draft=draft,
            errors=errors,
            headers=headers,
        )
    return _back(request, None)


async def press(request: Request, operation: str, done: str, **variables: Any) -> Response:
    """Run a command; answer with the incident's head as it stands, and say how it went."""
    number = request.path_params["number"]
    _, refusal = await command(request, operation, number=number, **variables)
    toast = Toast(done) if refusal is None else Toast(refusal.message, "bad")
    if not is_fragment(request):
        return _back(request, toast)
    headers = triggers(toast, live=["incident"])
    return await reading.show(
        request, "incident_head", block="head", status=_status(refusal), headers=headers
    )


def _status(refusal: Refusal | None) -> int:
    if refusal is None:
        return 200
    return UNPROCESSABLE if refusal.is_input else CONFLICT


def _back(request: Request, toast: Toast | None) -> Response:
    address = f"/incidents/{request.path_params['number']}"
    response = Response(status_code=303, headers={"location": address})
    if toast:
        flash.keep(response, toast)
    return response


async def version(request: Request) -> dict[str, int]:
    """The version that the form was made from, if it names one."""
    seen = whole_number(str((await request.form()).get("version", "")))
    return {} if seen is None else {"expectedVersion": seen}


routes = [
    Route("/incidents/{number:int}/acknowledgement", acknowledge, methods=["POST"]),
    Route("/incidents/{number:int}/mitigation", mitigate, methods=["POST"]),
    Route("/incidents/{number:int}/resolution", resolve, methods=["POST"]),
    Route("/incidents/{number:int}/timeline", note, methods=["POST"]),
]
