"""`/_control`: the stand-in's faults and switches over HTTP, for whoever runs it as a process of its own."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.demo.pagerduty.stand_in import StandIn

SWITCHES = ("enabled", "maintenance", "auto_pause", "grouping", "auto_resolve_seconds")


async def show(request: Request) -> Response:
    """Show what rang, what stands open, and what is set wrong."""
    pagerduty: StandIn = request.app.state.pagerduty
    account = pagerduty.account
    return JSONResponse(
        {
            "notifications": [
                {"role": one.role, "dedup_key": one.dedup_key, "title": one.title, "at": one.at.isoformat()}
                for one in account.notifications
            ],
            "incidents": [
                {"id": one.id, "role": one.rota.role, "dedup_key": one.dedup_key, "status": one.status}
                for one in account.incidents
            ],
            "calls": [
                {"role": one.role, "action": one.action, "dedup_key": one.dedup_key}
                for one in pagerduty.calls
            ],
            "webhooks": [asdict(one) for one in pagerduty.subscription.attempts],
            "faults": {"events": pagerduty.faults.events, "rest": pagerduty.faults.rest},
            "subscription_disabled": pagerduty.subscription.disabled,
        }
    )


async def change(request: Request) -> Response:
    """Set faults, switches or webhook trouble; names that are not known are refused."""
    if not request.headers.get("Content-Type", "").startswith("application/json"):
        return JSONResponse({"error": "Send JSON."}, status_code=415)
    pagerduty: StandIn = request.app.state.pagerduty
    try:
        _apply(pagerduty, json.loads(await request.body()))
    except (KeyError, AttributeError, TypeError, ValueError) as error:
        return JSONResponse({"error": f"Not understood: {error}"}, status_code=400)
    return await show(request)


def _apply(pagerduty: StandIn, wanted: Mapping[str, Any]) -> None:
    for name, value in wanted.items():
        _PARTS[name](pagerduty, value)
    pagerduty.account.version += 1


def _faults(pagerduty: StandIn, wanted: Mapping[str, Any]) -> None:
    _set(pagerduty.faults, {**wanted, **({"once": deque(wanted["once"])} if "once" in wanted else {})})


def _trouble(pagerduty: StandIn, wanted: Mapping[str, Any]) -> None:
    _set(pagerduty.subscription.trouble, wanted)


def _subscription(pagerduty: StandIn, wanted: Mapping[str, Any]) -> None:
    for name in wanted:
        if name not in ("url", "secrets", "active", "disabled", "retry_seconds"):
            raise KeyError(name)
        setattr(pagerduty.subscription, name, tuple(wanted[name]) if name.endswith("s") else wanted[name])


def _rotas(pagerduty: StandIn, wanted: Mapping[str, Mapping[str, Any]]) -> None:
    for role, switches in wanted.items():
        rota = pagerduty.account.rotas[role]
        for name, value in switches.items():
            if name == "on_call":
                rota.on_call = pagerduty.account.people[role] if value else None
            elif name in SWITCHES:
                setattr(rota, name, value)
            else:
                raise KeyError(name)


def _acts(pagerduty: StandIn, wanted: Mapping[str, str]) -> None:
    """Let the person on call press a button: {"acknowledge": dedup_key} or {"resolve": dedup_key}."""
    account = pagerduty.account
    for act, key in wanted.items():
        incident = {one.dedup_key: one for one in account.incidents}[key]
        {"acknowledge": account.acknowledge, "resolve": account.resolve}[act](incident, incident.assignee)


def _set(target: Any, wanted: Mapping[str, Any]) -> None:
    known = {one.name for one in fields(target)} - {"chance"}
    for name, value in wanted.items():
        if name not in known:
            raise KeyError(name)
        setattr(target, name, value)


_PARTS: dict[str, Callable[[StandIn, Any], None]] = {
    "faults": _faults,
    "webhooks": _trouble,
    "subscription": _subscription,
    "rotas": _rotas,
    "people": _acts,
}

ROUTES = [Route("/_control", show, methods=["GET"]), Route("/_control", change, methods=["POST"])]
