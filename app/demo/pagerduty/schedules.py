"""The part of PagerDuty's REST API about schedules: overrides, and the users who can stand in.

Source: the REST API's OpenAPI document: "Create one or more overrides" wraps what it takes, not what it says.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.demo.pagerduty import wire
from app.demo.pagerduty.answers import error, guarded, not_found, page
from app.demo.pagerduty.rota import Rota
from app.demo.pagerduty.schedule import Override
from app.demo.pagerduty.stand_in import StandIn


async def list_users(request: Request, pagerduty: StandIn) -> Response:
    """List the users whose name or address contains `query`."""
    wanted = request.query_params.get("query", "").lower()
    people = {one.id: one for one in pagerduty.account.people.values()}.values()
    return page(
        request, "users", [wire.user(one) for one in people if wanted in f"{one.name} {one.email}".lower()]
    )


async def list_overrides(request: Request, pagerduty: StandIn) -> Response:
    """List the overrides that touch `since` to `until`, both of which it demands."""
    rota = _rota(request, pagerduty)
    if rota is None:
        return not_found()
    if not {"since", "until"} <= request.query_params.keys():
        return error(400, 2001, "Invalid Input Provided")
    now = pagerduty.account.now()
    since, until = (moment(request, name, now) for name in ("since", "until"))
    found = [one for one in rota.schedule.overrides if one.start < until and one.end > since]
    return JSONResponse({"overrides": [wire.override(one) for one in found]})


async def make_overrides(request: Request, pagerduty: StandIn) -> Response:
    """Let users stand in, as the user whom `From` names; each is answered by itself."""
    rota = _rota(request, pagerduty)
    if rota is None:
        return not_found()
    if pagerduty.account.person(request.headers.get("From", "")) is None:
        return error(400, 1008, "Requester User Not Found")
    wanted = json.loads(await request.body()).get("overrides")
    if not isinstance(wanted, list):
        return error(400, 2001, "Invalid Input Provided")
    return JSONResponse([_made(pagerduty, rota, one) for one in wanted], status_code=201)


async def delete_override(request: Request, pagerduty: StandIn) -> Response:
    """Remove one: 204, or 200 where it had begun and was only cut short."""
    rota = _rota(request, pagerduty)
    listed = rota.schedule.overrides if rota else []
    found = next((one for one in listed if one.id == request.path_params["override_id"]), None)
    if rota is None or found is None:
        return not_found()
    rota.schedule.end(found, pagerduty.account.now())
    return Response(status_code=200 if found in rota.schedule.overrides else 204)


def moment(request: Request, name: str, otherwise: datetime) -> datetime:
    """A time that was asked for."""
    asked = request.query_params.get(name)
    if asked is None:
        return otherwise
    found = datetime.fromisoformat(asked)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _rota(request: Request, pagerduty: StandIn) -> Rota | None:
    rotas = pagerduty.account.rotas.values()
    return next((one for one in rotas if one.schedule.id == request.path_params["id"]), None)


def _made(pagerduty: StandIn, rota: Rota, wanted: dict[str, Any]) -> dict[str, Any]:
    people = {one.id: one for one in pagerduty.account.people.values()}
    person = people.get(wanted["user"]["id"])
    start, end = datetime.fromisoformat(wanted["start"]), datetime.fromisoformat(wanted["end"])
    if person is None or end <= start:
        return {"status": 400, "errors": ["Override must end after its start"], "override": wanted}
    made = Override(person, start, end)
    rota.schedule.overrides.append(made)
    return {"status": 201, "override": wire.override(made)}


ROUTES = [
    Route("/users", guarded(list_users), methods=["GET"]),
    Route("/schedules/{id}/overrides", guarded(list_overrides), methods=["GET"]),
    Route("/schedules/{id}/overrides", guarded(make_overrides), methods=["POST"]),
    Route("/schedules/{id}/overrides/{override_id}", guarded(delete_override), methods=["DELETE"]),
]
