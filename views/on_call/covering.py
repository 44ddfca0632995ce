"""Stand in for somebody, and call it off again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.security.permissions import Scope
from views.access import demand
from views.flash import Toast
from views.frame import Frame
from views.on_call.choosing import Errors, able, local, role_of, typed_moment
from views.on_call.lanes import TITLES
from views.on_call.reading import ADDRESS
from views.rendering import done, page
from views.running import Values, command, framed
from views.times import moment

UNPROCESSABLE = 422
WANTED = {
    "personId": "Choose somebody.",
    "beginsAt": "Say from when.",
    "endsAt": "Say until when.",
}
USUAL = timedelta(days=1)


async def new(request: Request) -> Response:
    """`GET /on-call/{role}/cover`: you, from now until the present shift ends."""
    return await _form(request, {})


async def make(request: Request) -> Response:
    """`POST /on-call/{role}/cover`."""
    role = role_of(request.path_params["role"])
    typed = await request.form()
    given = {name: str(typed.get(name, "")) for name in WANTED}
    frame, _ = await framed(request, None, section="on_call")
    times = {name: typed_moment(given[name], frame.zone) for name in ("beginsAt", "endsAt")}
    missing = [
        {"field": name, "message": said}
        for name, said in WANTED.items()
        if not given[name].strip() or times.get(name, frame.now) is None
    ]
    if missing:
        return await _form(request, given, missing)
    variables = {name: at.isoformat() for name, at in times.items() if at is not None}
    _, refusal = await command(request, "cover_on_call", role=role, personId=given["personId"], **variables)
    if refusal:
        return await _form(request, given, [{"field": refusal.field, "message": refusal.message}])
    return done(request, ADDRESS, Toast("Done. They are on call meanwhile."), live=["on_call"])


async def cancel(request: Request) -> Response:
    """`POST /on-call/covers/{id}/cancellation`."""
    _, refusal = await command(request, "cancel_cover", id=request.path_params["id"])
    said = Toast(refusal.message, "bad") if refusal else Toast("Called off.")
    return done(request, ADDRESS, said, live=["on_call"])


async def _form(request: Request, given: Mapping[str, str], errors: Errors = ()) -> Response:
    role = role_of(request.path_params["role"])
    await demand(request, Scope.INCIDENTS_WRITE)
    frame, answer = await framed(request, "on_call_form", section="on_call")
    people = able(answer["people"], role)
    context: dict[str, Any] = {
        "frame": frame,
        "role": role,
        "title": TITLES[role],
        "people": people,
        "given": given or _usual(frame, answer, role, {one["id"] for one in people}),
        "errors": errors,
    }
    status = UNPROCESSABLE if errors else 200
    return page(request, "on_call/cover.html", context, block="form", status=status)


def _usual(frame: Frame, answer: Values, role: str, people: set[str]) -> dict[str, str]:
    """What most covers are: whoever asks, from now until the shift ends."""
    assert frame.now is not None  # noqa: S101 - who looks at this page has signed in
    me, at = answer["me"]["person"]["id"], frame.now
    ends = next((one["endsAt"] for one in answer["onCall"] if one["role"] == role), None)
    until = moment(ends) if ends else at + USUAL
    return {
        "personId": me if me in people else "",
        "beginsAt": local(at, frame.zone),
        "endsAt": local(until, frame.zone),
    }


routes = [
    Route(f"{ADDRESS}/{{role}}/cover", new, methods=["GET"]),
    Route(f"{ADDRESS}/{{role}}/cover", make, methods=["POST"]),
    Route(f"{ADDRESS}/covers/{{id}}/cancellation", cancel, methods=["POST"]),
]
