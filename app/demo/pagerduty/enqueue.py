"""`POST /v2/enqueue`: the Events API v2."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.demo.pagerduty.rota import Rota
from app.demo.pagerduty.rules import MAX_BODY_BYTES, complaints
from app.demo.pagerduty.stand_in import Call, StandIn

INVALID = {"status": "invalid event", "message": "Event object is invalid"}
UNREADABLE = {
    "status": "Unrecognized object",
    "message": "Event object format is unrecognized",
    "errors": ["JSON parse error"],
}


async def enqueue(request: Request) -> Response:
    """Take one event: 202 when it is valid, whatever becomes of it."""
    pagerduty: StandIn = request.app.state.pagerduty
    body = await request.body()
    event = _decoded(body)
    rota = _rota(pagerduty, event)
    pagerduty.calls.append(_call(rota, event, pagerduty.account.now()))

    async def act() -> Response:
        return _answer(pagerduty, rota, body, event)

    return await pagerduty.faults.upon(pagerduty.faults.of_event(rota.role if rota else None), request, act)


def _answer(pagerduty: StandIn, rota: Rota | None, body: bytes, event: Any) -> Response:
    if len(body) > MAX_BODY_BYTES:
        return JSONResponse({**INVALID, "errors": ["The event is larger than 512 KB"]}, status_code=413)
    if event is None:
        return JSONResponse(UNREADABLE, status_code=400)
    wrong = complaints(event) or ([] if rota else ["Invalid routing key"])
    if wrong or rota is None:
        return JSONResponse({**INVALID, "errors": wrong}, status_code=400)
    return _taken(pagerduty, rota, event)


def _taken(pagerduty: StandIn, rota: Rota, event: dict[str, Any]) -> Response:
    if not pagerduty.event_limit.admits(rota.routing_key):
        return pagerduty.faults.throttled()
    key = pagerduty.account.take(rota, event)
    return JSONResponse(
        {"status": "success", "message": "Event processed", "dedup_key": key}, status_code=202
    )


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _rota(pagerduty: StandIn, event: Any) -> Rota | None:
    key = event.get("routing_key") if isinstance(event, dict) else None
    return next((one for one in pagerduty.account.rotas.values() if one.routing_key == key), None)


def _call(rota: Rota | None, event: Any, at: datetime) -> Call:
    content = event if isinstance(event, dict) else {}
    shown = {name: value for name, value in content.items() if name != "routing_key"}
    return Call(rota.role if rota else None, content.get("event_action"), content.get("dedup_key"), shown, at)
