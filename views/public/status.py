"""The public status page. It needs no sign-in, no cookie and no script, and is the same for everybody.

So it may be kept for a moment by whoever stands in between, and for a day while Opsbook does not answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api import public
from api.public import PublicIncident, PublicUpdate
from views.frame import Frame
from views.public import feed
from views.rendering import environment

KEPT = {"cache-control": "public, max-age=15, stale-while-revalidate=30, stale-if-error=86400"}
# Nobody is signed in, and nothing of the reader is looked at: times are UTC.
NOBODY = Frame(zone=ZoneInfo("UTC"))
HTML, JSON, ATOM = "text/html; charset=utf-8", "application/json", "application/atom+xml; charset=utf-8"


async def page(request: Request) -> Response:
    """`GET /public`: what is open, and the history of 90 days."""
    return _html(request, "public/status.html", incidents=await _everything(request))


async def incident(request: Request) -> Response:
    """`GET /public/incidents/{number}`: everything that was published about one."""
    found = await public.one(request.state.house, request.path_params["number"])
    return _html(request, "public/incident.html", incident=found)


async def document(request: Request) -> Response:
    """`GET /public.json`: the same for programs."""
    incidents = await _everything(request)
    content = {"status": _status(incidents), "incidents": [_document(one) for one in incidents]}
    return _answer(request, msgspec.json.encode(content), JSON)


async def atom(request: Request) -> Response:
    """`GET /public.atom`: each message is an entry, newest first."""
    incidents = await _everything(request)
    return _answer(request, feed.atom(_base(request), incidents), ATOM)


async def _everything(request: Request) -> list[PublicIncident]:
    return await public.everything(request.state.house)


def _html(request: Request, template: str, **shown: Any) -> Response:
    text = environment().get_template(template).render({"frame": NOBODY, **shown})
    return _answer(request, text.encode(), HTML)


def _answer(request: Request, body: bytes, kind: str) -> Response:
    """Answer with a validator; a reader who has it already gets nothing again."""
    headers = {**KEPT, "etag": f'W/"{hashlib.sha256(body).hexdigest()[:16]}"'}
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=kind)


def _status(incidents: Sequence[PublicIncident]) -> str:
    return "incident" if any(one.is_open for one in incidents) else "operational"


def _document(one: PublicIncident) -> dict[str, Any]:
    return {
        "reference": f"OPS-{one.number}",
        "name": one.newest.subject,
        "status": one.newest.status.value,
        "affected": list(one.newest.affected),
        "began_at": one.began_at,
        "updates": [_update(update) for update in one.updates],
    }


def _update(one: PublicUpdate) -> dict[str, Any]:
    return {"id": one.key, "status": one.status.value, "subject": one.subject, "text": one.text, "at": one.at}


def _base(request: Request) -> str:
    base: str = request.state.house.settings.base_url
    return base.rstrip("/")


routes = [
    Route("/public", page),
    Route("/public.json", document),
    Route("/public.atom", atom),
    Route("/public/incidents/{number:int}", incident),
]
