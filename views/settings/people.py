"""Who may sign in: list, add, change roles, hand over a link, sign out, deactivate."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.errors import NotFound
from app.security.permissions import Scope
from views.access import demand
from views.flash import Toast
from views.rendering import done, page
from views.running import Refusal, Values, ask, command, framed

UNPROCESSABLE = 422
LIST = "/settings/people"


async def people(request: Request) -> Response:
    """`GET /settings/people`."""
    await demand(request, Scope.ADMIN)
    frame, answer = await framed(request, "people", section="people")
    return page(request, "settings/people.html", {"frame": frame, "people": answer["people"]})


async def new(request: Request) -> Response:
    """`GET /settings/people/new`."""
    return await _form(request, {"name": "", "email": "", "roles": []})


async def add(request: Request) -> Response:
    """`POST /settings/people`."""
    typed = await request.form()
    given: dict[str, Any] = {name: str(typed.get(name, "")) for name in ("name", "email")}
    given["roles"] = [str(role) for role in typed.getlist("roles")]
    payload, refusal = await command(request, "add_person", **given)
    if refusal:
        return await _form(request, given, refusal)
    return done(request, f"{LIST}/{payload['person']['id']}", Toast(f"{given['name']} may sign in."))


async def person(request: Request) -> Response:
    """`GET /settings/people/{id}`."""
    return await _show(request)


async def change_roles(request: Request) -> Response:
    """`POST /settings/people/{id}`."""
    roles = [str(role) for role in (await request.form()).getlist("roles")]
    key = request.path_params["id"]
    _, refusal = await command(request, "change_roles", id=key, roles=roles)
    if refusal:
        return await _show(request, roles=roles, refusal=refusal)
    return done(request, f"{LIST}/{key}", Toast("The roles are saved."))


async def set_slack_id(request: Request) -> Response:
    """`POST /settings/people/{id}/slack`: empty forgets it."""
    wanted, key = str((await request.form()).get("slackId", "")), request.path_params["id"]
    _, refusal = await command(request, "set_slack_id", id=key, slackId=wanted or None)
    if refusal:
        return await _show(request, slack_id=wanted, refusal=refusal)
    return done(request, f"{LIST}/{key}", Toast("Saved."))


async def make_link(request: Request) -> Response:
    """`POST /settings/people/{id}/sign-in-link`: shows it, once."""
    found = await _person(request)
    payload, refusal = await command(request, "create_sign_in_link", email=found["email"])
    return await _show(request, link=payload.get("url") or "", refusal=refusal)


async def deactivate(request: Request) -> Response:
    """`POST /settings/people/{id}/deactivation`."""
    _, refusal = await command(request, "deactivate_person", id=request.path_params["id"])
    if refusal:
        return await _show(request, refusal=refusal)
    return done(request, LIST, Toast("Deactivated, and signed out everywhere."))


async def end_sessions(request: Request) -> Response:
    """`POST /settings/people/{id}/sign-out`."""
    key = request.path_params["id"]
    await command(request, "end_sessions", id=key)
    return done(request, f"{LIST}/{key}", Toast("Signed out everywhere."))


async def reset_second_factor(request: Request) -> Response:
    """`POST /settings/people/{id}/second-factor-reset`."""
    key = request.path_params["id"]
    await command(request, "reset_second_factor", id=key)
    return done(request, f"{LIST}/{key}", Toast("Their second factor is gone, and they are signed out."))


async def _show(
    request: Request,
    *,
    roles: list[str] | None = None,
    slack_id: str | None = None,
    link: str = "",
    refusal: Refusal | None = None,
) -> Response:
    await demand(request, Scope.ADMIN)
    frame, _ = await framed(request, None, section="people")
    found = await _person(request)
    given = {
        "roles": found["roles"] if roles is None else roles,
        "slackId": found["slackId"] or "" if slack_id is None else slack_id,
    }
    context = {"frame": frame, "person": found, "given": given, "link": link, "errors": _errors(refusal)}
    return page(request, "settings/person.html", context, status=UNPROCESSABLE if refusal else 200)


async def _person(request: Request) -> Values:
    found: Values = (await ask(request, "person", id=request.path_params["id"]))["node"]
    if not found:
        raise NotFound("There is no such person.")
    return found


async def _form(request: Request, given: dict[str, Any], refusal: Refusal | None = None) -> Response:
    await demand(request, Scope.ADMIN)
    frame, _ = await framed(request, None, section="people")
    context = {"frame": frame, "given": given, "errors": _errors(refusal)}
    return page(request, "settings/person_new.html", context, status=UNPROCESSABLE if refusal else 200)


def _errors(refusal: Refusal | None) -> list[dict[str, str]]:
    return [{"field": refusal.field, "message": refusal.message}] if refusal else []


routes = [
    Route(LIST, people, methods=["GET"]),
    Route(f"{LIST}/new", new),
    Route(LIST, add, methods=["POST"]),
    Route(f"{LIST}/{{id}}", person, methods=["GET"]),
    Route(f"{LIST}/{{id}}", change_roles, methods=["POST"]),
    Route(f"{LIST}/{{id}}/slack", set_slack_id, methods=["POST"]),
    Route(f"{LIST}/{{id}}/sign-in-link", make_link, methods=["POST"]),
    Route(f"{LIST}/{{id}}/sign-out", end_sessions, methods=["POST"]),
    Route(f"{LIST}/{{id}}/second-factor-reset", reset_second_factor, methods=["POST"]),
    Route(f"{LIST}/{{id}}/deactivation", deactivate, methods=["POST"]),
]
