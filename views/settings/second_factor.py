"""The second factor of one's own account: set up with an app, confirmed by a code, taken away by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.errors import InvalidInput, LimitExceeded, OpsbookError
from app.security import second_factor, sign_in, throttle, totp
from app.security.viewer import Viewer
from views.access import identity
from views.flash import Toast
from views.rendering import done, page
from views.running import framed

UNPROCESSABLE = 422
ADDRESS = "/settings/second-factor"
TEMPLATE = "settings/second_factor.html"


async def show(request: Request) -> Response:
    """`GET /settings/second-factor`."""
    return await _show(request)


async def propose(request: Request) -> Response:
    """`POST /settings/second-factor`: shows a secret for the app, to be confirmed by its first code."""
    viewer, typed = (await identity(request)).demand_viewer(), await request.form()
    house = request.state.house
    try:
        ticket = await sign_in.demand_oneself(
            house.database, viewer, current=str(typed.get("current", "")), address=_address(request)
        )
    except (InvalidInput, LimitExceeded) as error:
        return await _show(request, _errors(error, "current"))
    async with house.database.unit_of_work() as work:
        await throttle.succeeded(work, ticket)
        secret = await second_factor.propose(work, house.keyring, viewer)
    return await _confirmation(request, viewer, secret)


async def confirm(request: Request) -> Response:
    """`POST /settings/second-factor/confirmation`: puts it into force and shows the recovery codes, once."""
    viewer, typed = (await identity(request)).demand_viewer(), await request.form()
    house = request.state.house
    try:
        async with house.database.unit_of_work() as work:
            codes = await second_factor.confirm(work, house.keyring, viewer, code=str(typed.get("code", "")))
    except InvalidInput as error:
        async with house.database.unit_of_work() as work:
            secret = await second_factor.proposed(work, house.keyring, viewer)
        return await _confirmation(request, viewer, secret, _errors(error, "code"))
    frame, _ = await framed(request, None, section="")
    return page(request, "settings/recovery_codes.html", {"frame": frame, "codes": codes})


async def remove(request: Request) -> Response:
    """`POST /settings/second-factor/removal`: by a code of it."""
    viewer, typed = (await identity(request)).demand_viewer(), await request.form()
    house = request.state.house
    try:
        async with house.database.unit_of_work() as work:
            account = viewer.actor.reference
            ticket = await throttle.admit(work, purpose="code", account=account, address=_address(request))
        async with house.database.unit_of_work() as work:
            await second_factor.remove(work, house.keyring, viewer, code=str(typed.get("code", "")))
            await throttle.succeeded(work, ticket)
    except (InvalidInput, LimitExceeded) as error:
        return await _show(request, _errors(error, "code"))
    return done(request, "/settings", Toast("The second factor is gone. Other browsers are signed out."))


async def _show(request: Request, errors: Sequence[dict[str, str]] = ()) -> Response:
    frame, answer = await framed(request, "second_factor", section="")
    since = answer["me"]["person"]["secondFactorSince"]
    context: dict[str, Any] = {"frame": frame, "since": since, "secret": "", "uri": "", "errors": errors}
    return page(request, TEMPLATE, context, status=UNPROCESSABLE if errors else 200)


async def _confirmation(
    request: Request, viewer: Viewer, secret: str, errors: Sequence[dict[str, str]] = ()
) -> Response:
    frame, _ = await framed(request, None, section="")
    uri = totp.uri(secret, viewer.email)
    context = {"frame": frame, "since": None, "secret": secret, "uri": uri, "errors": errors}
    return page(request, TEMPLATE, context, status=UNPROCESSABLE if errors else 200)


def _errors(error: OpsbookError, field: str) -> list[dict[str, str]]:
    return [{"field": error.path[-1] if error.path else field, "message": error.message}]


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


routes = [
    Route(ADDRESS, show, methods=["GET"]),
    Route(ADDRESS, propose, methods=["POST"]),
    Route(f"{ADDRESS}/confirmation", confirm, methods=["POST"]),
    Route(f"{ADDRESS}/removal", remove, methods=["POST"]),
]
