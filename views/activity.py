"""The activity feed: what happened, newest first."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from views.frame import Live
from views.rendering import page
from views.running import framed

PER_PAGE = 100


async def activity(request: Request) -> Response:
    """`GET /activity`: all streams or one, by keyset. Only the newest page is live."""
    stream = request.query_params.get("stream", "")
    after = request.query_params.get("after")
    frame, answer = await framed(
        request,
        "activity_feed",
        section="activity",
        live=Live("/events", ("activity", "incidents")),
        stream=stream or None,
        first=PER_PAGE,
        after=after,
    )
    context = {
        "frame": frame,
        "feed": answer["activity"],
        "streams": answer["activityStreams"],
        "stream": stream,
        "live": after is None,
    }
    return page(request, "activity/feed.html", context, block="feed")


routes = [Route("/activity", activity)]
