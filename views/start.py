"""Where one arrives, where one searches, and how the parts are doing."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from views.access import identity
from views.incidents.filters import NUMBER
from views.rendering import page
from views.running import framed
from views.settings import second_factor

FOUND_AT_MOST = 6


async def home(request: Request) -> Response:
    """`GET /`: what is open comes first, or what has to be set up before anything is."""
    viewer = (await identity(request)).viewer
    is_required = request.state.house.settings.second_factor == "required"
    if viewer is not None and is_required and not viewer.has_second_factor:
        return RedirectResponse(second_factor.ADDRESS, status_code=303)
    return RedirectResponse("/incidents", status_code=303)


async def palette(request: Request) -> Response:
    """`GET /palette?q=…`: a search page, in a dialog where there is a script. A number opens its incident."""
    asked = request.query_params.get("q", "").strip()
    number = NUMBER.fullmatch(asked)
    frame, answer = await framed(
        request,
        "palette",
        section="",
        text=None if number else asked or None,
        number=int(number[1]) if number else 0,
        first=FOUND_AT_MOST,
    )
    named = [answer["incident"]] if number and answer["incident"] else []
    incidents = named if number else answer["incidents"]["nodes"] if asked else []
    context = {"frame": frame, "q": asked, "incidents": incidents}
    return page(request, "palette.html", context, block="results")


routes = [Route("/", home), Route("/palette", palette)]
