"""A source of heartbeats: when it is due, and the form that says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.errors import NotFound
from views.flash import Toast
from views.frame import Live
from views.rendering import done, page
from views.running import Values, command, framed
from views.settings.reading import source_of
from views.typed import whole_number

UNPROCESSABLE = 422
LIVE: Final = Live("/events", ("settings", "incidents"))
FIELDS: Final = ("everySeconds", "graceSeconds", "severity", "scope")
Errors = Sequence[Mapping[str, str]]


async def show(
    request: Request, found: Values, given: Mapping[str, str] | None = None, errors: Errors = ()
) -> Response:
    """The page, with what is in force or what somebody typed."""
    beat = found["heartbeat"]
    frame, _ = await framed(request, None, section="sources", live=LIVE)
    context = {
        "frame": frame,
        "source": found,
        "given": given or {name: str(beat[name] or "") for name in FIELDS} | _grace(beat),
        "errors": errors,
    }
    return page(request, "settings/heartbeat.html", context, status=UNPROCESSABLE if errors else 200)


async def change(request: Request) -> Response:
    """`POST /settings/sources/{id}/heartbeat`."""
    found, typed = await source_of(request), await request.form()
    if not found["heartbeat"]:
        raise NotFound("This source sends no heartbeats.")
    given = {name: str(typed.get(name, "")).strip() for name in FIELDS}
    seconds = {name: whole_number(given[name]) for name in FIELDS[:2]}
    if wrong := [name for name, number in seconds.items() if number is None]:
        return await show(request, found, given, [{"field": wrong[0], "message": "Write whole seconds."}])
    asked = {**seconds, "severity": given["severity"], "scope": given["scope"] or None}
    _, refusal = await command(request, "change_heartbeat", id=found["id"], **asked)
    if refusal:
        return await show(request, found, given, [{"field": refusal.field, "message": refusal.message}])
    return done(request, f"/settings/sources/{found['id']}", Toast("Kept."))


def _grace(beat: Values) -> dict[str, str]:
    return {"graceSeconds": str(beat["graceSeconds"])}  # 0 is a number that was chosen


routes = [Route("/settings/sources/{id}/heartbeat", change, methods=["POST"])]
