"""Admin tools: each a form with a preview, and one audited command behind it."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.errors import NotFound
from views.flash import Toast
from views.frame import Live
from views.rendering import done, page
from views.running import Refusal, Values, command, framed

UNPROCESSABLE = 422
TOOLS = "/admin"
LIVE = Live("/events", ("settings",))


async def tools(request: Request) -> Response:
    """`GET /admin`: what failed, the newest first."""
    return await _page(request)


async def replay(request: Request) -> Response:
    """`POST /admin/deliveries`: says what they would make, or replays them, as the pressed button says."""
    typed = await request.form()
    chosen, previews = [str(one) for one in typed.getlist("ids")], typed.get("step") != "replay"
    payload, refusal = await command(request, "replay_deliveries", ids=chosen, dryRun=previews)
    if refusal is not None or previews:
        return await _page(request, chosen, refusal, payload["replays"] or ())
    return done(request, TOOLS, _toast(payload["replays"]))


def _toast(replays: Sequence[Values]) -> Toast:
    good = sum(one["error"] is None and not one["wasReplayed"] for one in replays)
    bad = sum(one["error"] is not None for one in replays)
    still = f" {bad} still cannot be read." if bad else ""
    return Toast(f"{good} replayed.{still}", "bad" if bad else "ok")


async def _page(
    request: Request,
    chosen: Sequence[str] = (),
    refusal: Refusal | None = None,
    replays: Sequence[Values] = (),
) -> Response:
    frame, answer = await framed(request, "admin_tools", section="tools", live=LIVE)
    if not frame.can("admin"):
        raise NotFound("There is no such page, or it is not for you.")
    context = {
        "frame": frame,
        "deliveries": answer["failedDeliveries"],
        "chosen": chosen,
        "replays": replays,
        "errors": [{"field": refusal.field, "message": refusal.message}] if refusal else [],
    }
    return page(request, "admin/tools.html", context, status=UNPROCESSABLE if refusal else 200)


routes = [
    Route(TOOLS, tools),
    Route(f"{TOOLS}/deliveries", replay, methods=["POST"]),
]
