"""The part of PagerDuty's REST API that Opsbook asks: incidents, readiness, webhook subscription.

Source: the REST API's OpenAPI document; "Authentication", "Rate Limits" and "Errors" of the documentation.
"""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.demo.pagerduty import schedules, wire
from app.demo.pagerduty.account import Account, Incident
from app.demo.pagerduty.answers import Json, error, guarded, not_found, page
from app.demo.pagerduty.rota import Rota
from app.demo.pagerduty.schedule import Person
from app.demo.pagerduty.stand_in import StandIn


async def list_incidents(request: Request, pagerduty: StandIn) -> Response:
    """List incidents, newest first when so sorted; the key matches the key of an incident's alert."""
    query = request.query_params
    found = [one for one in pagerduty.account.incidents if _matches(one, request)]
    if query.get("sort_by") == "created_at:desc":
        found.reverse()
    with_key = pagerduty.shows_incident_keys
    return page(request, "incidents", [wire.incident_in_rest(one, with_key=with_key) for one in found])


async def show_incident(request: Request, pagerduty: StandIn) -> Response:
    """Show one incident."""
    found = pagerduty.account.incident(request.path_params["id"])
    if found is None:
        return not_found()
    return JSONResponse({"incident": wire.incident_in_rest(found, with_key=pagerduty.shows_incident_keys)})


async def change_incidents(request: Request, pagerduty: StandIn) -> Response:
    """Acknowledge or resolve incidents as the user whom `From` names."""
    account, who = pagerduty.account, pagerduty.account.person(request.headers.get("From", ""))
    if who is None:
        return error(400, 1008, "Requester User Not Found")
    changed = []
    for wanted in json.loads(await request.body()).get("incidents", []):
        found = account.incident(wanted.get("id", ""))
        if found is None:
            return not_found()
        if wrong := _change(account, found, wanted.get("status"), who):
            return wrong
        changed.append(wire.incident_in_rest(found, with_key=pagerduty.shows_incident_keys))
    return JSONResponse({"incidents": changed})


async def list_rotas(request: Request, pagerduty: StandIn) -> Response:
    """List the services."""
    account = pagerduty.account
    return page(request, "services", [_rota(account, one) for one in account.rotas.values()])


async def show_rota(request: Request, pagerduty: StandIn) -> Response:
    """Show one service."""
    account = pagerduty.account
    found = next((one for one in account.rotas.values() if one.id == request.path_params["id"]), None)
    return JSONResponse({"service": _rota(account, found)}) if found else not_found()


async def list_maintenance_windows(request: Request, pagerduty: StandIn) -> Response:
    """List the windows that are open; the stand-in knows no others."""
    wanted = request.query_params.getlist("service_ids[]")
    found = [
        one for one in pagerduty.account.rotas.values() if one.maintenance and one.id in (wanted or [one.id])
    ]
    now = pagerduty.account.now()
    return page(request, "maintenance_windows", [wire.maintenance_window(one, now) for one in found])


async def list_on_calls(request: Request, pagerduty: StandIn) -> Response:
    """List who is on call between `since` and `until`, or now."""
    wanted, now = request.query_params.getlist("escalation_policy_ids[]"), pagerduty.account.now()
    since, until = (schedules.moment(request, name, now) for name in ("since", "until"))
    found = [
        wire.on_call(one, entry)
        for one in pagerduty.account.rotas.values()
        if one.policy_id in (wanted or [one.policy_id])
        for entry in one.schedule.final(one.on_call, since, until)
    ]
    return page(request, "oncalls", found)


async def list_subscriptions(request: Request, pagerduty: StandIn) -> Response:
    """List the one webhook subscription. Its secret was shown when it was made, and never again."""
    one = pagerduty.subscription
    if one.url is None:
        return page(request, "webhook_subscriptions", [])
    method: Json = {
        "id": "PDELIV1",
        "type": "http_delivery_method",
        "url": one.url,
        "secret": None,
        "temporarily_disabled": one.disabled,
        "custom_headers": [],
    }
    shown: Json = {
        "id": one.id,
        "type": "webhook_subscription",
        "active": one.active,
        "delivery_method": method,
        "events": list(one.events),
        "filter": {"type": "account_reference"},
    }
    return page(request, "webhook_subscriptions", [shown])


async def ping(request: Request, pagerduty: StandIn) -> Response:
    """Send `pagey.ping` through the subscription."""
    if request.path_params["id"] != pagerduty.subscription.id:
        return not_found()
    pagerduty.ping()
    return Response(status_code=202)


async def enable(request: Request, pagerduty: StandIn) -> Response:
    """Switch the subscription on again."""
    if request.path_params["id"] != pagerduty.subscription.id:
        return not_found()
    pagerduty.subscription.enable()
    return JSONResponse({"webhook_subscription": {"id": pagerduty.subscription.id, "active": True}})


def _matches(incident: Incident, request: Request) -> bool:
    query = request.query_params
    key, statuses, ids = (
        query.get("incident_key"),
        query.getlist("statuses[]"),
        query.getlist("service_ids[]"),
    )
    return (
        (key is None or incident.dedup_key == key)
        and (not statuses or incident.status in statuses)
        and (not ids or incident.rota.id in ids)
    )


def _change(account: Account, incident: Incident, status: str | None, who: Person) -> Response | None:
    if not incident.is_open:
        return error(400, 1001, "Incident Already Resolved")
    if status == "acknowledged":
        account.acknowledge(incident, who)
    elif status == "resolved":
        account.resolve(incident, who)
    else:
        return error(400, 1003, "Invalid Status Provided")
    return None


def _rota(account: Account, one: Rota) -> Json:
    return wire.rota(
        one, {incident.status for incident in account.incidents if incident.rota is one and incident.is_open}
    )


ROUTES = [
    Route("/incidents", guarded(list_incidents), methods=["GET"]),
    Route("/incidents", guarded(change_incidents), methods=["PUT"]),
    Route("/incidents/{id}", guarded(show_incident), methods=["GET"]),
    Route("/services", guarded(list_rotas), methods=["GET"]),
    Route("/services/{id}", guarded(show_rota), methods=["GET"]),
    Route("/maintenance_windows", guarded(list_maintenance_windows), methods=["GET"]),
    Route("/oncalls", guarded(list_on_calls), methods=["GET"]),
    *schedules.ROUTES,
    Route("/webhook_subscriptions", guarded(list_subscriptions), methods=["GET"]),
    Route("/webhook_subscriptions/{id}/ping", guarded(ping), methods=["POST"]),
    Route("/webhook_subscriptions/{id}/enable", guarded(enable), methods=["POST"]),
]
