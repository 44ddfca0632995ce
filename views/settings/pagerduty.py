"""Would a page reach somebody now? The last answers, and what to do about them."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from views.frame import Live
from views.rendering import page
from views.running import framed


async def pagerduty(request: Request) -> Response:
    """`GET /settings/pagerduty`."""
    live = Live("/events", ("settings", "incidents"))
    frame, answer = await framed(request, "pagerduty_readiness", section="pagerduty", live=live)
    context = {"frame": frame, "readiness": answer["pagerdutyReadiness"]}
    return page(request, "settings/pagerduty.html", context)


routes = [Route("/settings/pagerduty", pagerduty)]
