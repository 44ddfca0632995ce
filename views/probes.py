"""Addresses for machines that look after Opsbook: is it alive, ready, healthy, and how busy.

They ask nobody who they are, but for `/metrics` from another machine.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_address
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.errors import Forbidden, Unauthenticated, Unavailable
from app.observability import metrics
from app.observability.health import Check, Probes, State, is_well
from app.security.authentication import bearer
from views.guard.problems import problem

NOT_KEPT = {"cache-control": "no-store"}
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


async def livez(_request: Request) -> Response:
    """`GET /livez`: this process answers; nothing else is asked."""
    return JSONResponse({"status": State.WELL}, headers=NOT_KEPT)


async def readyz(request: Request) -> Response:
    """`GET /readyz`: 503 when the database is away or lacks migrations. `?verbose` lists the checks."""
    return _report(request, await _probes(request).ready())


async def healthz(request: Request) -> Response:
    """`GET /healthz`: 503 when an escalation is more than 15 s late or the database does not say."""
    return _report(request, await _probes(request).healthy())


async def scrape(request: Request) -> Response:
    """`GET /metrics`: Prometheus text for this machine, and for others with `OPSBOOK_METRICS_TOKEN`."""
    _demand_scraper(request)
    read = await _probes(request).measured()
    accept = request.headers.get("accept", "")
    text, media_type = await asyncio.to_thread(metrics.text, read, accept)
    return Response(text, headers={**NOT_KEPT, "content-type": media_type})


routes = [
    Route("/livez", livez),
    Route("/readyz", readyz),
    Route("/healthz", healthz),
    Route("/metrics", scrape),
]


def _probes(request: Request) -> Probes:
    probes: Probes = request.state.probes
    return probes


def _report(request: Request, checks: Sequence[Check]) -> Response:
    listed = [{"name": one.name, "status": one.state, "detail": one.detail} for one in checks]
    if is_well(checks):
        degraded = any(one.state is State.DEGRADED for one in checks)
        found: dict[str, Any] = {"status": State.DEGRADED if degraded else State.WELL}
        found |= {"checks": listed} if "verbose" in request.query_params else {}
        return JSONResponse(found, headers=NOT_KEPT)
    return _problem(request, checks, listed)


def _problem(request: Request, checks: Sequence[Check], listed: list[dict[str, str]]) -> Response:
    """Say what is wrong. Made here, for a page about it could ask the database that is away."""
    wrong = " ".join(f"{one.name}: {one.detail}" for one in checks if one.state is State.UNWELL)
    answer = replace(problem(Unavailable(wrong), request.scope), more={"checks": listed}).response()
    answer.headers.update(NOT_KEPT)
    return answer


def _demand_scraper(request: Request) -> None:
    token = request.state.house.settings.metrics_token
    given = bearer(request.headers.get("authorization"))
    if token is not None and given is not None and hmac.compare_digest(given.encode(), token.encode()):
        return
    if given is not None:
        raise Unauthenticated("The token is not OPSBOOK_METRICS_TOKEN's.")
    if not _is_this_machine(request):
        raise Forbidden("From another machine, /metrics needs OPSBOOK_METRICS_TOKEN as a bearer token.")


def _is_this_machine(request: Request) -> bool:
    """Whether a program here asks for itself: a proxy on this machine speaks for the whole world."""
    client, host = request.client, request.url.hostname
    if client is None or request.state.was_forwarded or host not in LOOPBACK:
        return False
    return ip_address(client.host).is_loopback
