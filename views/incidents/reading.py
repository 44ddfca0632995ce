"""Read incidents: the list with its filters, and one incident whole or region by region."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from app.errors import NotFound
from views import keyset
from views.frame import Live
from views.incidents import filters
from views.incidents.trend import drawn
from views.rendering import is_fragment, page
from views.running import Values, ask, framed

SHOWN = ("all", "people", "system")
REGIONS = ("open", "history", "rows")
PER_PAGE = 50
WITH_TREND = ("incident_page", "incident_trend")


async def incidents(request: Request) -> Response:
    """`GET /incidents`: what is open first, then history by keyset; the filters stand in the address.

    A live page fetches one `region` of it: `open`, `history`, or the `rows` of history newer than `until`.
    """
    params = request.query_params
    asked = filters.read(params)
    variables = {"first": PER_PAGE, **filters.variables(asked)}
    frame, answer = await framed(
        request, "incident_list", section="incidents", after=params.get("after"), **variables
    )
    history, until = answer["history"], keyset.read_border(params.get("until", ""))

    async def following(after: str) -> Values:
        found: Values = (await ask(request, "incident_list", after=after, **variables))["history"]
        return found

    nodes = history["nodes"] if until is None else await keyset.above(until, history, following)
    context = {
        "frame": frame,
        "open": answer["open"],
        "history": {**history, "nodes": nodes},
        "border": params.get("until", "") if until else keyset.border(history["nodes"]),
        "live": "after" not in params,
        "asked": asked,
        "chips": filters.chips(asked),
        "address": f"/incidents{filters.query(asked)}",
        "csv": f"/incidents.csv{filters.query(asked)}".rstrip("?&"),
    }
    region = params.get("region", "")
    block = region if region in REGIONS else "results"
    return page(request, "incidents/list.html", context, block=block)


async def open_incidents(request: Request) -> Response:
    """`GET /incidents/open`: the sidebar's count."""
    frame, _ = await framed(request, None, section="")
    return page(request, "layout.html", {"frame": frame}, block="open_incidents")


async def unreached(request: Request) -> Response:
    """`GET /incidents/unreached`: the banner of pages that may have reached nobody."""
    frame, _ = await framed(request, None, section="")
    return page(request, "layout.html", {"frame": frame}, block="unreached")


async def incident(request: Request) -> Response:
    """`GET /incidents/{number}`: all of it."""
    return await show(request, "incident_page", block="older")


async def head(request: Request) -> Response:
    """`GET …/head`: state, countdown, ladder and actions."""
    return await _region(request, "head")


async def trend(request: Request) -> Response:
    """`GET …/trend`: the trend line that it is about."""
    return await _region(request, "trend")


async def timeline(request: Request) -> Response:
    """`GET …/timeline`: the live entries."""
    return await _region(request, "timeline")


async def response(request: Request) -> Response:
    """`GET …/response`: people, severity, pages and obligations."""
    return await _region(request, "response")


async def _region(request: Request, name: str) -> Response:
    """A region by itself is of use to htmx alone; whoever else opens its address gets the page."""
    if not is_fragment(request):
        return RedirectResponse(f"/incidents/{request.path_params['number']}", status_code=303)
    return await show(request, f"incident_{name}", block=name)


async def show(request: Request, operation: str, *, block: str, status: int = 200, **extra: Any) -> Response:
    """Answer with an incident's page, or with one block of it for htmx."""
    number = request.path_params["number"]
    window = _window(request.query_params)
    live = Live("/events", (f"incident:{number}", "incidents", "trends"))
    frame, answer = await framed(
        request, operation, section="incidents", live=live, number=number, **_used(operation, window)
    )
    context = {**_page(request, answer), "frame": frame, **window, **extra}
    if operation in WITH_TREND:
        context["trend"] = await drawn(request, frame, context["incident"])
    return page(
        request, "incidents/page.html", context, block=block, status=status, headers=extra.get("headers")
    )


async def incident_of(request: Request) -> Values:
    """The few facts of an incident that its forms show."""
    answer = await ask(request, "incident_form", number=request.path_params["number"])
    return _found(answer)


def _page(request: Request, answer: Values) -> dict[str, Any]:
    wanted = request.query_params.get("show", "all")
    return {
        "incident": _found(answer),
        "show": wanted if wanted in SHOWN else "all",
        "audiences": answer.get("audiences", ()),
        "draft": "",
        "errors": [],
    }


def _found(answer: Values) -> Values:
    if answer["incident"] is None:
        raise NotFound("There is no such incident.")
    found: Values = answer["incident"]
    return found


def _window(asked: QueryParams) -> dict[str, str]:
    return {name: asked.get(name, "") for name in ("since", "before")}


def _used(operation: str, window: dict[str, str]) -> dict[str, str | None]:
    if operation not in ("incident_page", "incident_timeline"):
        return {}
    return {name: cursor or None for name, cursor in window.items()}


routes = [
    Route("/incidents", incidents),
    Route("/incidents/open", open_incidents),
    Route("/incidents/unreached", unreached),
    Route("/incidents/{number:int}", incident),
    Route("/incidents/{number:int}/head", head),
    Route("/incidents/{number:int}/trend", trend),
    Route("/incidents/{number:int}/timeline", timeline),
    Route("/incidents/{number:int}/response", response),
]
