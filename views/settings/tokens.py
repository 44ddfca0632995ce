"""API tokens: list, create, revoke. The secret is shown once, on the answer to the form that made it."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.security.permissions import PERSONAL, Scope
from views.flash import Toast
from views.rendering import done, page
from views.running import Refusal, command, framed

UNPROCESSABLE = 422
LIST = "/settings/tokens"
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
        "name": str(typed.get("name", "")),
        "scopes": [str(scope) for scope in typed.getlist("scopes")],
        "expires": str(typed.get("expires", "")),
    }
    days = int(given["expires"]) if given["expires"].isdigit() else None
    payload, refusal = await command(
        request, "create_token", name=given["name"], scopes=given["scopes"], expiresInDays=days
    )
    if refusal:
        return await _form(request, given, refusal)
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


async def _form(request: Request, given: dict[str, Any], refusal: Refusal | None = None) -> Response:
    frame, _ = await framed(request, None, section="tokens")
    errors = [{"field": refusal.field, "message": refusal.message}] if refusal else []
    context = {"frame": frame, "given": given, "scopes": SCOPES, "errors": errors}
    return page(request, "settings/token_new.html", context, status=UNPROCESSABLE if errors else 200)


routes = [
    Route(LIST, tokens, methods=["GET"]),
    Route(f"{LIST}/new", new),
    Route(LIST, create, methods=["POST"]),
    Route(f"{LIST}/{{id}}/revocation", revoke, methods=["POST"]),
]
