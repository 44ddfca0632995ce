"""The activity feed: trend lines on top, what happened below, what to look for beside it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from views import keyset, trends
from views.formats import number
from views.frame import Frame, Live
from views.rendering import page
from views.running import Values, ask, framed
from views.times import moment

PER_PAGE = 100
LIVE = Live("/events", ("activity", "trends", "incidents"))
LONG, SHORT = 120, 60  # minutes of one stream alone, and of each among all
MOST_KINDS = 12
MINUTE = "%Y-%m-%dT%H:%MZ"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for; `to` is the same with something changed."""

    stream: str = ""
    kind: str = ""
    minute: datetime | None = None

    @classmethod
    def read(cls, given: QueryParams) -> Asked:
        """Read an address. A minute that is none is left out."""
        try:
            minute = datetime.strptime(given.get("minute", ""), MINUTE).replace(tzinfo=UTC)
        except ValueError:
            minute = None
        return cls(given.get("stream", ""), given.get("kind", ""), minute)

    def to(self, **changes: Any) -> str:
        """The address of another view."""
        other = replace(self, **changes)
        minute = other.minute.strftime(MINUTE) if other.minute else ""
        given = {"stream": other.stream, "kind": other.kind, "minute": minute}
        query = urlencode({name: value for name, value in given.items() if value}, safe=":")
        return f"/activity?{query}" if query else "/activity"

    def more(self, name: str, value: str) -> str:
        """The same address with one thing more."""
        whole = self.to()
        return f"{whole}{'&' if '?' in whole else '?'}{urlencode({name: value})}"

    def variables(self) -> dict[str, Any]:
        """The feed's arguments."""
        begin = self.minute
        return {
            "stream": self.stream or None,
            "kind": self.kind or None,
            "from": begin.isoformat() if begin else None,
            "to": (begin + trends.MINUTE).isoformat() if begin else None,
            "first": PER_PAGE,
        }


async def activity(request: Request) -> Response:
    """`GET /activity`: all streams or one, one kind, one minute; the feed by keyset.

    A live page fetches one `region` of it: the `trend`, the `facets`, or what is in the `feed` since `until`.
    """
    given = request.query_params
    asked, region = Asked.read(given), given.get("region", "")
    if region == "feed":
        return await _feed(request, asked)
    if region == "trend":
        frame, lines = await framed(
            request, "activity_trends", section="activity", live=LIVE, **_lines(asked)
        )
        context = {"frame": frame, "asked": asked, **_trend(frame, lines, asked)}
        return page(request, "activity/page.html", context, block="trend")
    # Two operations: rows are planned whole, while trend lines are judged in code.
    variables = {**asked.variables(), "after": given.get("after")}
    (frame, answer), lines = await asyncio.gather(
        framed(request, "activity_page", section="activity", live=LIVE, **variables),
        ask(request, "activity_trends", **_lines(asked)),
    )
    context = {"frame": frame, **context_of(frame, {**answer, **lines}, asked, given)}
    return page(request, "activity/page.html", context, block="facets" if region == "facets" else "whole")


def _lines(asked: Asked) -> dict[str, Any]:
    return {"stream": asked.stream or None, "minutes": LONG if asked.stream else SHORT}


def context_of(frame: Frame, answer: Values, asked: Asked, given: Mapping[str, str]) -> dict[str, Any]:
    """What the template shows, from the answers of `activity_page` and `activity_trends`."""
    return {
        "asked": asked,
        "facets": _facets(answer["activityCounts"], asked),
        **_trend(frame, answer, asked),
        **_rows(answer["activity"], answer["activity"]["nodes"], given),
    }


async def _feed(request: Request, asked: Asked) -> Response:
    """The live part of the feed alone: all that is newer than the border."""
    given, variables = request.query_params, asked.variables()
    frame, answer = await framed(request, "activity_feed", section="activity", live=LIVE, **variables)
    feed, until = answer["activity"], keyset.read_border(given.get("until", ""))

    async def following(after: str) -> Values:
        found: Values = (await ask(request, "activity_feed", after=after, **variables))["activity"]
        return found

    nodes = feed["nodes"] if until is None else await keyset.above(until, feed, following)
    context = {"frame": frame, "asked": asked, **_rows(feed, nodes, given)}
    return page(request, "activity/page.html", context, block="feed")


def _rows(feed: Values, nodes: Sequence[Any], given: Mapping[str, str]) -> dict[str, Any]:
    return {
        "feed": {**feed, "nodes": nodes},
        "live": "after" not in given,
        "border": given.get("until", "") or keyset.border(list(nodes)),
    }


def _trend(frame: Frame, answer: Values, asked: Asked) -> dict[str, Any]:
    """The chosen stream's picture, or a tile for each stream."""
    lines = answer["trends"]
    if not asked.stream or not lines:
        return {"line": None, "picture": None, "lines": lines, "declare": None}
    line = lines[0]
    picture = trends.draw(
        line,
        frame.zone,
        lambda at: asked.to(minute=at),
        chosen=asked.minute,
        happened=[
            (moment(one["triggeredAt"]), number(one["number"])) for one in answer["incidents"]["nodes"]
        ],
    )
    declare = f"/incidents/new?{urlencode(trends.declaration(line, asked.minute))}"
    return {"line": line, "picture": picture, "lines": lines, "declare": declare}


def _facets(counts: Sequence[Mapping[str, Any]], asked: Asked) -> dict[str, list[tuple[str, str, int, bool]]]:
    """What to narrow the feed to, with how often it came: title, address, count, and whether it is chosen."""
    streams: dict[str, int] = defaultdict(int)
    kinds: dict[str, int] = defaultdict(int)
    for one in counts:
        streams[one["stream"]] += int(one["events"])
        if asked.stream in ("", one["stream"]):
            kinds[one["kind"]] += int(one["events"])
    by_count = sorted(kinds, key=lambda name: (-kinds[name], name))[:MOST_KINDS]
    if asked.kind and asked.kind not in by_count:
        by_count.append(asked.kind)
    chosen = [
        (
            name,
            asked.to(stream="" if name == asked.stream else name, kind=""),
            streams[name],
            name == asked.stream,
        )
        for name in sorted({*streams, *filter(None, [asked.stream])})
    ]
    return {
        "Streams": [("", asked.to(stream="", kind=""), sum(streams.values()), not asked.stream), *chosen],
        "Kinds": [
            (name, asked.to(kind="" if name == asked.kind else name), kinds[name], name == asked.kind)
            for name in by_count
        ],
    }


routes = [Route("/activity", activity)]
