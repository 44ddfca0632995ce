"""The page of who is on call."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from views.frame import Live
from views.on_call.lanes import lanes
from views.rendering import page
from views.running import framed

ADDRESS = "/on-call"
LIVE = Live("/events", ("on_call", "incidents"))


async def show(request: Request) -> Response:
    """`GET /on-call`."""
    frame, answer = await framed(request, "on_call", section="on_call", live=LIVE)
    context = {"frame": frame, "lanes": lanes(frame, answer), "covers": answer["onCallCovers"]}
    context["calendars"] = {one["everybody"]: one for one in answer["onCallCalendars"]}
    return page(request, "on_call/page.html", context)


routes = [Route(ADDRESS, show, methods=["GET"])]
