"""The private addresses of one's calendars. An address is shown once, on the answer that made it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from views.flash import Toast
from views.on_call.reading import ADDRESS
from views.rendering import done, page
from views.running import command, framed


async def renew(request: Request) -> Response:
    """`POST /on-call/calendars`: the new address; the one before leads nowhere."""
    everybody = (await request.form()).get("everybody") == "yes"
    payload, refusal = await command(request, "renew_calendar", everybody=everybody)
    if refusal:
        return done(request, ADDRESS, Toast(refusal.message, "bad"))
    frame, _ = await framed(request, None, section="on_call")
    context = {"frame": frame, "url": payload["url"], "everybody": everybody}
    return page(request, "on_call/calendar.html", context)


async def revoke(request: Request) -> Response:
    """`POST /on-call/calendars/{id}/revocation`."""
    await command(request, "revoke_calendar", id=request.path_params["id"])
    return done(request, ADDRESS, Toast("Revoked. Programs that read it find nothing any more."))


routes = [
    Route(f"{ADDRESS}/calendars", renew, methods=["POST"]),
    Route(f"{ADDRESS}/calendars/{{id}}/revocation", revoke, methods=["POST"]),
]
