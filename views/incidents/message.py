"""Write one message: fill in what only a person can say, see it as its readers will, send it.

One form, and its buttons say the step: what is typed travels along, so that it works without a script, and
nothing is lost on the way back from the preview.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from app.errors import InvalidInput, NotFound
from views import flash
from views.flash import Toast
from views.frame import Frame
from views.incidents.forms import CONFLICT, UNPROCESSABLE
from views.rendering import page
from views.running import Values, ask, command, framed
from views.times import iso

AUDIENCES = ("COMMUNITY", "ENTERPRISE", "INTERNAL")
STATUSES = ("INVESTIGATING", "IDENTIFIED", "MONITORING", "RESOLVED")
MINUTES = ("10", "20", "30", "60", "120")
USUAL_MINUTES = "20"
TYPED = ("affected", "summary", "details", "advice", "minutes", "subject", "text", "nextUpdateAt")
PARTS = re.compile(r"[,;\n]")
WANTED = {
    "affected": "Say what is affected, in words for outsiders.",
    "summary": "Say what people notice, in one sentence.",
}

Given = dict[str, str]
Errors = Sequence[Mapping[str, str]]


async def new(request: Request) -> Response:
    """`GET …/comms/new?audience=…`: the draft, with what was said last."""
    asked = request.query_params
    audience = asked.get("audience", "").upper()
    if audience not in AUDIENCES:
        audience = AUDIENCES[0]
    answer = await _draft(request, audience, asked.get("status", "").upper() or None)
    draft = answer["statusUpdateDraft"]
    said = draft["given"]
    given = dict.fromkeys(TYPED, "") | {
        "audience": audience,
        "status": draft["publicStatus"],
        "affected": ", ".join(said["affected"]),
        "minutes": USUAL_MINUTES,
        **{name: said[name] for name in ("summary", "details", "advice")},
    }
    return await _form(request, given)


async def step(request: Request) -> Response:
    """`POST …/comms/new`: the step that the pressed button names."""
    typed = await request.form()
    given = {name: str(typed.get(name, "")).replace("\r\n", "\n") for name in TYPED}
    given |= {name: str(typed.get(name, "")).upper() for name in ("audience", "status")}
    if given["audience"] not in AUDIENCES or given["status"] not in STATUSES:
        raise InvalidInput("Choose whom it is for, and what it says of the incident.")
    return await STEPS.get(str(typed.get("step", "")), _preview)(request, given)


async def _reword(request: Request, given: Given) -> Response:
    """Put the template's wording into the form, to be changed."""
    draft = (await _draft(request, given["audience"], given["status"]))["statusUpdateDraft"]
    return await _form(request, given | {"subject": draft["subject"], "text": draft["text"]})


async def _template(request: Request, given: Given) -> Response:
    """Go back to the template's wording."""
    return await _form(request, given | {"subject": "", "text": ""})


async def _preview(request: Request, given: Given) -> Response:
    if missing := [{"field": one, "message": WANTED[one]} for one in WANTED if not given[one].strip()]:
        return await _form(request, given, missing)
    frame, _ = await framed(request, None, section="incidents")
    given = given | {"nextUpdateAt": _promised(frame, given)}
    try:
        answer = await ask(request, "status_update_preview", **_variables(request, given))
    except InvalidInput as error:
        return await _form(request, given, [{"field": _field(error.path), "message": error.message}])
    if answer["statusUpdatePreview"] is None:
        raise NotFound("There is no such incident.")
    context = {
        "frame": frame,
        "incident": answer["incident"],
        "preview": answer["statusUpdatePreview"],
        "given": given,
    }
    return page(request, "incidents/message_preview.html", context)


async def _send(request: Request, given: Given) -> Response:
    payload, refusal = await command(request, "post_status_update", **_variables(request, given))
    if refusal is not None:
        status = UNPROCESSABLE if refusal.is_input else CONFLICT
        wrong = [{"field": _field((refusal.field,)), "message": refusal.message}]
        return await _form(request, given, wrong, status=status)
    is_sent = payload["statusUpdate"]["sentAt"] is not None
    response = RedirectResponse(f"/incidents/{request.path_params['number']}/comms", status_code=303)
    said = (
        "Sent. See below how far each copy has come." if is_sent else "It waits for somebody else's approval."
    )
    flash.keep(response, Toast(said))
    return response


async def _form(
    request: Request, given: Given, errors: Errors = (), *, status: int = UNPROCESSABLE
) -> Response:
    frame, answer = await framed(
        request,
        "status_update_draft",
        section="incidents",
        **_asked(request, given["audience"], given["status"]),
    )
    context: dict[str, Any] = {
        "frame": frame,
        **_found(answer),
        "given": given,
        "minutes": MINUTES,
        "errors": errors,
    }
    return page(request, "incidents/message.html", context, status=status if errors else 200)


STEPS: Mapping[str, Callable[[Request, Given], Awaitable[Response]]] = {
    "reword": _reword,
    "template": _template,
    "preview": _preview,
    "send": _send,
    "edit": _form,
}


async def _draft(request: Request, audience: str, status: str | None) -> Values:
    answer = await ask(request, "status_update_draft", **_asked(request, audience, status))
    _found(answer)
    return answer


def _asked(request: Request, audience: str, status: str | None) -> dict[str, Any]:
    number = request.path_params["number"]
    return {
        "number": number,
        "audience": audience,
        "publicStatus": status if status in STATUSES else None,
    }


def _found(answer: Values) -> dict[str, Any]:
    if answer["incident"] is None or answer["statusUpdateDraft"] is None:
        raise NotFound("There is no such incident.")
    return {"incident": answer["incident"], "draft": answer["statusUpdateDraft"]}


def _promised(frame: Frame, given: Given) -> str:
    """When the next word is promised, as a moment: what is previewed and what is sent say the same."""
    if given["status"] == "RESOLVED" or frame.now is None:
        return ""
    minutes = given["minutes"] if given["minutes"] in MINUTES else USUAL_MINUTES
    return iso(frame.now + timedelta(minutes=int(minutes)))


def _variables(request: Request, given: Given) -> dict[str, Any]:
    optional = ("details", "advice", "subject", "text", "nextUpdateAt")
    return {
        "number": request.path_params["number"],
        "audience": given["audience"],
        "publicStatus": given["status"],
        "affected": [part for part in PARTS.split(given["affected"]) if part.strip()],
        "summary": given["summary"],
        **{name: given[name].strip() or None for name in optional},
    }


def _field(path: Sequence[str]) -> str:
    name = path[-1] if path else ""
    return "minutes" if name == "nextUpdateAt" else name


routes = [
    Route("/incidents/{number:int}/comms/new", new, methods=["GET"]),
    Route("/incidents/{number:int}/comms/new", step, methods=["POST"]),
]
