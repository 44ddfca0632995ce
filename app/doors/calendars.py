"""Calendar programs read who is on call, by a private address that only its owner knows."""

from __future__ import annotations

import hashlib

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.errors import NotFound
from app.incidents.on_call import calendars, icalendar


async def read(request: Request) -> Response:
    """`GET /on-call/{token}.ics`: 304 to whoever has it already, 404 where it was revoked."""
    house = request.state.house
    try:
        async with house.database.unit_of_work() as work:
            body = await calendars.read(work, request.path_params["token"], house.settings.base_url)
    except NotFound as error:
        return Response(error.message, status_code=404, media_type="text/plain")
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": "private, no-cache", "content-type": icalendar.CONTENT_TYPE}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers={"etag": tag, "cache-control": headers["cache-control"]})
    return Response(body, headers=headers)


routes = [Route("/on-call/{token}.ics", read, methods=["GET"])]
