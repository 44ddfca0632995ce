"""One's own settings: theme, time zone, password and signed-in browsers."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import available_timezones

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.errors import InvalidInput, LimitExceeded
from app.security import people, sessions, sign_in
from views.access import identity
from views.flash import Toast
from views.frame import THEME, ZONE
from views.rendering import done, page
from views.running import command, framed

UNPROCESSABLE = 422
YEAR_SECONDS = 365 * 24 * 3600
ADDRESS = "/settings"


async def profile(request: Request) -> Response:
    """`GET /settings`."""
    return await _show(request)


async def choose_theme(request: Request) -> Response:
    """`POST /settings/theme`: light, dark, or as the system."""
    typed = await request.form()
    theme = str(typed.get("theme", ""))
    response = done(request, _return_to(request), None)
    if theme in ("light", "dark"):
        response.set_cookie(THEME, theme, max_age=YEAR_SECONDS, samesite="lax", secure=True)
    else:
        response.delete_cookie(THEME, samesite="lax", secure=True)
    return response


async def choose_time_zone(request: Request) -> Response:
    """`POST /settings/time-zone`: empty goes by the browser."""
    viewer = (await identity(request)).demand_viewer()
    wanted = str((await request.form()).get("timeZone", "")).strip()
    try:
        async with request.state.house.database.unit_of_work() as work:
            await people.set_time_zone(work, viewer.actor, time_zone=wanted or None)
    except InvalidInput as error:
        return await _show(request, [{"field": "timeZone", "message": error.message}])
    response = done(request, ADDRESS, Toast("Saved."))
    if wanted:
        response.set_cookie(ZONE, wanted, max_age=YEAR_SECONDS, samesite="lax", secure=True)
    else:
        response.delete_cookie(ZONE, samesite="lax", secure=True)
    return response


async def set_password(request: Request) -> Response:
    """`POST /settings/password`: other browsers are signed out."""
    viewer = (await identity(request)).demand_viewer()
    typed = await request.form()
    current, new = (str(typed.get(name, "")) for name in ("current", "password"))
    address = request.client.host if request.client else "unknown"
    try:
        await sign_in.change_password(
            request.state.house.database, viewer, current=current, new=new, address=address
        )
    except (InvalidInput, LimitExceeded) as error:
        field = error.path[-1] if error.path else "password"
        return await _show(request, [{"field": field, "message": error.message}])
    return done(request, ADDRESS, Toast("The password is set. Other browsers are signed out."))


async def end_session(request: Request) -> Response:
    """`POST /settings/sessions/{id}/sign-out`."""
    await command(request, "end_session", id=request.path_params["id"])
    return done(request, ADDRESS, Toast("That browser is signed out."))


async def end_others(request: Request) -> Response:
    """`POST /settings/sessions/sign-out`: all but the one that asks."""
    viewer = (await identity(request)).demand_viewer()
    async with request.state.house.database.unit_of_work() as work:
        await sessions.end_others(work, viewer.actor, keep=viewer.session_id)
    return done(request, ADDRESS, Toast("All other browsers are signed out."))


async def _show(request: Request, errors: Sequence[dict[str, str]] = ()) -> Response:
    frame, answer = await framed(request, "profile", section="")
    context = {
        "frame": frame,
        "person": answer["me"]["person"],
        "sessions": answer["sessions"],
        "zones": sorted(available_timezones()),
        "errors": errors,
    }
    return page(request, "settings/profile.html", context, status=UNPROCESSABLE if errors else 200)


def _return_to(request: Request) -> str:
    """Back to the page where the theme was switched; a referrer of another site never gets here."""
    came_from = request.headers.get("referer", "")
    here = str(request.base_url)
    return "/" + came_from.removeprefix(here) if came_from.startswith(here) else ADDRESS


routes = [
    Route("/settings", profile),
    Route("/settings/theme", choose_theme, methods=["POST"]),
    Route("/settings/time-zone", choose_time_zone, methods=["POST"]),
    Route("/settings/password", set_password, methods=["POST"]),
    Route("/settings/sessions/sign-out", end_others, methods=["POST"]),
    Route("/settings/sessions/{id}/sign-out", end_session, methods=["POST"]),
]
