"""The report of an incident: as a page that prints clean, as Markdown and as JSON."""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.errors import NotFound
from views.access import identity
from views.rendering import page
from views.running import Values, ask, framed

KEPT_NOWHERE = {"cache-control": "no-store"}


async def show(request: Request) -> Response:
    """`GET /incidents/{number}/report`."""
    number = request.path_params["number"]
    frame, answer = await framed(request, "incident_report", section="incidents", number=number)
    return page(request, "incidents/report.html", {"frame": frame, "report": _found(answer)["document"]})


async def as_markdown(request: Request) -> Response:
    """`GET /incidents/{number}/report.md`."""
    return _file(request, (await _read(request))["markdown"], "text/markdown", "md")


async def as_json(request: Request) -> Response:
    """`GET /incidents/{number}/report.json`."""
    document = (await _read(request))["document"]
    return _file(request, json.dumps(document, ensure_ascii=False, indent=2), "application/json", "json")


async def _read(request: Request) -> Values:
    (await identity(request)).demand_viewer()
    return _found(await ask(request, "incident_report", number=request.path_params["number"]))


def _found(answer: Values) -> Values:
    if answer["incidentReport"] is None:
        raise NotFound("There is no such incident.")
    found: Values = answer["incidentReport"]
    return found


def _file(request: Request, text: str, media_type: str, ending: str) -> Response:
    name = f"OPS-{request.path_params['number']}.{ending}"
    headers = {**KEPT_NOWHERE, "content-disposition": f'attachment; filename="{name}"'}
    return Response(text, headers=headers, media_type=media_type)


routes = [
    Route("/incidents/{number:int}/report", show),
    Route("/incidents/{number:int}/report.md", as_markdown),
    Route("/incidents/{number:int}/report.json", as_json),
]
