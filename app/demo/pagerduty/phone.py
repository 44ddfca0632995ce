"""The page with the phones: what the people on call see, what they can press, and what can go wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from app.demo.loopback.faults import FAULTS
from app.demo.pagerduty.account import Incident
from app.demo.pagerduty.rota import Rota
from app.demo.pagerduty.schedule import Person
from app.demo.pagerduty.stand_in import StandIn

HERE = Path(__file__).parent
SHOWN = 8
SAFE = {"same-origin", "none"}
ASSETS = {"phone.css": "text/css", "phone.js": "text/javascript"}
TROUBLES = {
    "none": "Answer normally",
    "500": "Answer 500",
    "429": "Answer 429",
    "hang": "Hang",
    "reset": "Reset connections",
    "lose_reply": "Lose replies",
}


@dataclass(frozen=True, slots=True)
class Phone:
    """One person's phone: ringing incidents first, then what was answered."""

    role: str
    name: str
    person: Person | None
    incidents: list[Incident]

    @property
    def is_ringing(self) -> bool:
        """Tell whether a page waits for an answer."""
        return any(one.status == "triggered" for one in self.incidents)


async def show(request: Request) -> Response:
    """Show the phones; 304 while nothing has changed, so that looking every second costs nothing."""
    pagerduty: StandIn = request.app.state.pagerduty
    etag = f'"{pagerduty.account.run}-{pagerduty.account.version}"'
    if request.headers.get("If-None-Match") == etag:
        return Response(status_code=304, headers={"ETag": etag})
    return Response(_page(pagerduty), media_type="text/html", headers={"ETag": etag})


async def acknowledge(request: Request) -> Response:
    """Acknowledge as the person whose phone it is."""
    return _press(request, request.app.state.pagerduty.account.acknowledge)


async def resolve(request: Request) -> Response:
    """Resolve as the person whose phone it is."""
    return _press(request, request.app.state.pagerduty.account.resolve)


async def trouble(request: Request) -> Response:
    """Set what goes wrong."""
    pagerduty: StandIn = request.app.state.pagerduty
    form = await request.form()
    if not _is_ours(request) or form.get("events", "none") not in FAULTS:
        return Response("There is no such trouble.", status_code=404)
    for fault in FAULTS:
        if form.get("events") == fault:
            pagerduty.faults.events = fault
    _switch(pagerduty, {str(name): str(value) for name, value in form.items()})
    pagerduty.account.version += 1
    return RedirectResponse("/", status_code=303)


async def asset(request: Request) -> Response:
    """Serve the page's style and script."""
    name = request.path_params["name"]
    if name not in ASSETS:
        return Response(status_code=404)
    return FileResponse(HERE / "assets" / name, media_type=ASSETS[name])


def _press(request: Request, act: Callable[[Incident, Person | None], None]) -> Response:
    found = request.app.state.pagerduty.account.incident(request.path_params["id"])
    if not _is_ours(request) or found is None:
        return Response("This button is not here any more.", status_code=404)
    act(found, found.assignee)
    return RedirectResponse("/", status_code=303)


def _switch(pagerduty: StandIn, wanted: Mapping[str, str]) -> None:
    for name in ("maintenance", "auto_pause"):
        if name in wanted:
            for rota in pagerduty.account.rotas.values():
                setattr(rota, name, wanted[name] == "on")


def _page(pagerduty: StandIn) -> str:
    account, rotas = pagerduty.account, list(pagerduty.account.rotas.values())
    return _template().render(
        phones=[_phone(one, account.incidents) for one in rotas],
        troubles=TROUBLES,
        trouble=pagerduty.faults.events,
        switches=[
            ("maintenance", "Maintenance window", all(one.maintenance for one in rotas)),
            ("auto_pause", "Auto-Pause", all(one.auto_pause for one in rotas)),
        ],
    )


@cache
def _template() -> Template:
    loader = FileSystemLoader(HERE / "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template("phone.html")


def _phone(rota: Rota, incidents: list[Incident]) -> Phone:
    newest = [one for one in reversed(incidents) if one.rota is rota][:SHOWN]
    newest.sort(key=lambda one: ("triggered", "acknowledged", "resolved").index(one.status))
    return Phone(rota.role, rota.name, rota.on_call, newest)


def _is_ours(request: Request) -> bool:
    return request.headers.get("Sec-Fetch-Site", "none") in SAFE


ROUTES = [
    Route("/", show, methods=["GET"]),
    Route("/phone/{id}/acknowledgement", acknowledge, methods=["POST"]),
    Route("/phone/{id}/resolution", resolve, methods=["POST"]),
    Route("/trouble", trouble, methods=["POST"]),
    Route("/assets/{name}", asset, methods=["GET"]),
]
