"""The list of incidents as CSV: what the filters leave, newest first, sent while it is read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from app.spreadsheets import Column, Kind, Sheet, attachment
from views.access import identity
from views.incidents import filters
from views.running import Values, ask
from views.times import moment

TIMES = ("triggeredAt", "acknowledgedAt", "mitigatedAt", "resolvedAt", "closedAt")
SHEET = Sheet(
    [
        Column("number", Kind.INTEGER),
        Column("title", Kind.TEXT),
        Column("severity", Kind.TEXT),
        Column("status", Kind.TEXT),
        *(Column(name, Kind.TIME) for name in TIMES),
        Column("acknowledgedBy", Kind.TEXT),
        Column("commander", Kind.TEXT),
        Column("url", Kind.TEXT),
    ]
)
HEADERS = {"content-disposition": attachment("incidents", "csv"), "cache-control": "no-store"}


async def as_csv(request: Request) -> Response:
    """`GET /incidents.csv`: every incident that the list's filters leave."""
    (await identity(request)).demand_viewer()
    asked = filters.variables(filters.read(request.query_params))
    # The first page is read before the answer begins, so that what is refused has its status.
    first = await _page(request, asked, None)
    return StreamingResponse(_chunks(request, asked, first), media_type="text/csv", headers=HEADERS)


async def _chunks(request: Request, asked: Mapping[str, Any], page: Values) -> AsyncIterator[bytes]:
    yield SHEET.opening()
    while True:
        yield b"".join(SHEET.line(_row(request, one)) for one in page["nodes"])
        if not page["pageInfo"]["hasNextPage"]:
            return
        page = await _page(request, asked, page["pageInfo"]["endCursor"])


async def _page(request: Request, asked: Mapping[str, Any], after: str | None) -> Values:
    found: Values = (await ask(request, "incident_rows", after=after, **asked))["incidents"]
    return found


def _row(request: Request, one: Values) -> list[object]:
    times = [moment(one[name]) if one[name] else None for name in TIMES]
    commander = one["commander"]["name"] if one["commander"] else None
    url = f"{request.state.house.settings.base_url.rstrip('/')}/incidents/{one['number']}"
    words = [one["title"], one["severity"], one["status"].lower()]
    return [one["number"], *words, *times, one["acknowledgedBy"], commander, url]


routes = [Route("/incidents.csv", as_csv)]
