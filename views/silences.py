"""Silences: what nobody wants to be paged for. List, look at one, make one after a look back, end one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.errors import InvalidInput, NotFound
from views.flash import Toast
from views.frame import Frame, Live
from views.rendering import done, go, page
from views.running import Refusal, Values, ask, command, framed
from views.typed import whole_number

UNPROCESSABLE = 422
LIST = "/silences"
LIVE = Live("/events", ("incidents",))
LENGTHS = {"30": "30 minutes", "60": "1 hour", "120": "2 hours", "240": "4 hours", "480": "8 hours"} | {
    str(days * 1440): f"{days} days" if days > 1 else "1 day" for days in (1, 3, 7, 30)
}
NOTHING = {"matchers": "", "reason": "", "minutes": "60", "starts": "", "s0": ""}


async def silences(request: Request) -> Response:
    """`GET /silences`, newest first."""
    after = request.query_params.get("after")
    frame, answer = await framed(request, "silences", section="silences", live=LIVE, after=after)
    return page(request, "silences/list.html", {"frame": frame, "silences": answer["silences"]})


async def silence(request: Request) -> Response:
    """`GET /silences/{id}`: one, with what it holds back."""
    frame, answer = await framed(
        request, "silence", section="silences", live=LIVE, id=request.path_params["id"]
    )
    if not answer["node"]:
        raise NotFound("There is no such silence.")
    return page(request, "silences/page.html", {"frame": frame, "silence": answer["node"]})


async def new(request: Request) -> Response:
    """`GET /silences/new`, with what the address says already."""
    asked = request.query_params
    return await _form(request, {name: asked.get(name, word) for name, word in NOTHING.items()})


async def make(request: Request) -> Response:
    """`POST /silences/new`: look back first, then make it."""
    typed = await request.form()
    given = {name: str(typed.get(name, "")).replace("\r\n", "\n") for name in NOTHING}
    frame, _ = await framed(request, None, section="silences")
    try:
        variables = _variables(frame, given)
        if typed.get("step") != "make":
            found = (await ask(request, "silence_preview", matchers=variables["matchers"]))["silencePreview"]
            return await _form(request, given, preview=found)
    except InvalidInput as error:
        return await _form(request, given, Refusal(error.code, error.message, error.path[-1]))
    payload, refusal = await command(request, "create_silence", **variables)
    if refusal is not None:
        return await _form(request, given, refusal)
    return go(request, f"{LIST}/{payload['silence']['id']}", Toast("Silenced. An S0 pages nevertheless."))


async def end(request: Request) -> Response:
    """`POST /silences/{id}/ending`."""
    _, refusal = await command(request, "end_silence", id=request.path_params["id"])
    toast = Toast("Ended. What still fires pages now.") if refusal is None else Toast(refusal.message, "bad")
    return done(request, LIST, toast)


async def _form(
    request: Request,
    given: Mapping[str, str],
    refusal: Refusal | None = None,
    preview: Values | None = None,
) -> Response:
    frame, _ = await framed(request, None, section="silences")
    context = {
        "frame": frame,
        "given": given,
        "lengths": [{"id": minutes, "name": words} for minutes, words in LENGTHS.items()],
        "preview": preview,
        "errors": [{"field": refusal.field, "message": refusal.message}] if refusal else [],
    }
    return page(request, "silences/new.html", context, status=UNPROCESSABLE if refusal else 200)


def _variables(frame: Frame, given: Mapping[str, str]) -> dict[str, Any]:
    if not given["reason"].strip():
        raise InvalidInput("Say why.", path=("reason",))
    return {
        "matchers": [line for line in given["matchers"].splitlines() if line.strip()],
        "reason": given["reason"],
        "minutes": whole_number(given["minutes"]) or 0,
        "startsAt": _moment(frame, given["starts"]),
        "includesS0": bool(given["s0"]),
    }


def _moment(frame: Frame, text: str) -> str | None:
    """A moment that was typed in the viewer's own zone."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=frame.zone).isoformat()
    except ValueError:
        raise InvalidInput("This is no time. Leave it empty to begin now.", path=("starts",)) from None


routes = [
    Route(LIST, silences),
    Route(f"{LIST}/new", new, methods=["GET"]),
    Route(f"{LIST}/new", make, methods=["POST"]),
    Route(f"{LIST}/{{id}}", silence),
    Route(f"{LIST}/{{id}}/ending", end, methods=["POST"]),
]
