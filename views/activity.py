"""The activity feed: what happened, newest first."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from views import keyset
from views.frame import Live
from views.rendering import page
from views.running import Values, ask, framed

PER_PAGE = 100


async def activity(request: Request) -> Response:
    """`GET /activity`: all streams or one, by keyset; for a live page what is newer than `until`."""
    asked = request.query_params
    stream = asked.get("stream", "")
    wanted = {"stream": stream or None, "first": PER_PAGE}
    live = Live("/events", ("activity", "incidents"))
    frame, answer = await framed(
        request, "activity_feed", section="activity", live=live, after=asked.get("after"), **wanted
    )
    feed, until = answer["activity"], keyset.read_border(asked.get("until", ""))

    async def following(after: str) -> Values:
        found: Values = (await ask(request, "activity_feed", after=after, **wanted))["activity"]
        return found

    nodes = feed["nodes"] if until is None else await keyset.above(until, feed, following)
    context = {
        "frame": frame,
        "feed": {**feed, "nodes": nodes},
        "streams": answer["activityStreams"],
        "stream": stream,
        "live": "after" not in asked,
        "border": asked.get("until", "") if until else keyset.border(feed["nodes"]),
    }
    return page(request, "activity/feed.html", context, block="feed" if until else "whole")


routes = [Route("/activity", activity)]
