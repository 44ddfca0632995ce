"""How the parts are doing, for whoever signed in: what the probes say, and whether a page would ring."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.observability.health import Check, State
from views.rendering import page
from views.running import framed

TITLES = {"database": "Database", "queue": "Queue", "escalations": "Escalations"}


async def status(request: Request) -> Response:
    """`GET /status`."""
    frame, answer = await framed(request, "pagerduty_readiness", section="status")
    probes = request.state.probes
    checks = [*await probes.ready(), *await probes.healthy()]
    parts = [*map(_part, checks), _paging(answer["pagerdutyReadiness"])]
    return page(request, "status.html", {"frame": frame, "parts": parts})


def _part(check: Check) -> dict[str, Any]:
    title = TITLES.get(check.name, check.name)
    passed = check.state is State.WELL
    return {"name": check.name, "title": title, "passed": passed, "detail": check.detail, "remedy": ""}


def _paging(checks: list[dict[str, Any]]) -> dict[str, Any]:
    failing = [check for check in checks if not check["passed"]]
    detail = "A page would reach somebody." if checks else "PagerDuty has not been asked yet."
    if failing:
        detail = f"{len(failing)} of {len(checks)} checks need attention: see PagerDuty in the settings."
    return {
        "name": "pagerduty",
        "title": "PagerDuty",
        "passed": bool(checks) and not failing,
        "detail": detail,
        "remedy": failing[0]["remedy"] if failing else "",
    }


routes = [Route("/status", status)]
