"""API tokens: list, create, revoke. The secret is shown once, on the answer to the form that made it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.security.permissions import PERSONAL, Scope
from views.flash import Toast
from views.rendering import done, page
from views.running import command, framed
from views.typed import whole_number

UNPROCESSABLE = 422
LIST = "/settings/tokens"
MISSING = (
    {"field": "name", "message": "Say what uses it."},
    {"field": "scopes", "message": "Choose what it may do."},
)
SCOPES = tuple(scope.value for scope in Scope if scope not in PERSONAL)


async def tokens(request: Request) -> Response:
    """`GET /settings/tokens`."""
    frame, answer = await framed(request, "api_tokens", section="tokens")
    return page(request, "settings/tokens.html", {"frame": frame, "tokens": answer["apiTokens"]})


async def new(request: Request) -> Response:
    """`GET /settings/tokens/new`."""
    return await _form(request, {"name": "", "scopes": [], "expires": "90"})


async def create(request: Request) -> Response:
    """`POST /settings/tokens`: shows the secret, once, with a line that works."""
    typed = await request.form()
    given: dict[str, Any] = {
        "name": str(typed.get("name", "")).strip(),
        "scopes": [str(scope) for scope in typed.getlist("scopes")],
        "expires": str(typed.get("expires", "")),
    }
    if missing := [one for one in MISSING if not given[one["field"]]]:
        return await _form(request, given, missing)
    days = whole_number(given["expires"])
    if days is None and given["expires"]:
        return await _form(request, given, [{"field": "expires", "message": "Choose when it expires."}])
    payload, refusal = await command(
        request, "create_token", name=given["name"], scopes=given["scopes"], expiresInDays=days
    )
    if refusal:
        return await _form(request, given, [{"field": refusal.field, "message": refusal.message}])
    frame, _ = await framed(request, None, section="tokens")
    context = {
        "frame": frame,
        "token": payload["token"],
        "secret": payload["secret"],
        "address": f"{request.state.house.settings.base_url.rstrip('/')}/graphql",
    }
    return page(request, "settings/token_created.html", context)


async def revoke(request: Request) -> Response:
    """`POST /settings/tokens/{id}/revocation`."""
    await command(request, "revoke_token", id=request.path_params["id"])
    return done(request, LIST, Toast("Revoked. Whatever used it is refused from now on."))


async def _form(
    request: Request, given: dict[str, Any], errors: Sequence[Mapping[str, str]] = ()
) -> Response:
    frame, _ = await framed(request, None, section="tokens")
    context = {"frame": frame, "given": given, "scopes": SCOPES, "errors": errors}
    return page(request, "settings/token_new.html", context, status=UNPROCESSABLE if errors else 200)


routes = [
    Route(LIST, tokens, methods=["GET"]),
    Route(f"{LIST}/new", new),
    Route(LIST, create, methods=["POST"]),
    Route(f"{LIST}/{{id}}/revocation", revoke, methods=["POST"]),
]
