"""Whom incidents page, and when: list the policies, write one, revise it, see what it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.errors import NotFound
from app.security.permissions import Scope
from views import policies as words
from views.access import demand
from views.flash import Toast
from views.frame import Live
from views.rendering import done, page
from views.running import Refusal, Values, ask, command, framed
from views.typed import minutes, whole_number

UNPROCESSABLE = 422
LIST = "/settings/policies"
LIVE = Live("/events", ("settings", "incidents"))
SPARE, MOST = 2, 10
USUAL = [{"whom": "OPERATOR", "delay": "0"}, {"whom": "INCIDENT_COMMANDER", "delay": "5"}]
NEW = {"name": "", "steps": USUAL, "repeats": "3", "lapsesAfterMinutes": "30"}
ROLES = ("OPERATOR", "INCIDENT_COMMANDER")


async def policies(request: Request) -> Response:
    """`GET /settings/policies`."""
    await demand(request, Scope.INCIDENTS_READ)
    frame, answer = await framed(request, "policies", section="policies", live=LIVE)
    shown = [{**one, "told": words.told(one["current"])} for one in answer["escalationPolicies"]]
    return page(request, "settings/policies.html", {"frame": frame, "policies": shown})


async def new(request: Request) -> Response:
    """`GET /settings/policies/new`."""
    return await _form(request, NEW)


async def add(request: Request) -> Response:
    """`POST /settings/policies`."""
    typed = await request.form()
    given = {"name": str(typed.get("name", "")), **_given(typed)}
    asked, refusal = _asked(given)
    if refusal is None:
        payload, refusal = await command(request, "create_policy", name=given["name"], **asked)
    if refusal:
        return await _form(request, given, refusal)
    return done(request, f"{LIST}/{payload['escalationPolicy']['id']}", Toast("Added."))


async def policy(request: Request) -> Response:
    """`GET /settings/policies/{id}`."""
    return await _show(request)


async def revise(request: Request) -> Response:
    """`POST /settings/policies/{id}`: a version of its own."""
    typed = await request.form()
    given = {"reason": str(typed.get("reason", "")), **_given(typed)}
    asked, refusal = _asked(given)
    if refusal is None:
        version = whole_number(str(typed.get("version", "")))
        meant = {"id": request.path_params["id"], "reason": given["reason"], "version": version}
        _, refusal = await command(request, "revise_policy", **meant, **asked)
    if refusal:
        return await _show(request, given, refusal)
    return done(
        request, f"{LIST}/{request.path_params['id']}", Toast("Saved. Open incidents keep what they have.")
    )


async def retire(request: Request) -> Response:
    """`POST /settings/policies/{id}/retirement`."""
    _, refusal = await command(request, "retire_policy", id=request.path_params["id"])
    if refusal:
        return await _show(request, refusal=refusal)
    return done(request, LIST, Toast("Retired. Its sources take the usual policy."))


async def choose(request: Request) -> Response:
    """`POST /settings/policies/{id}/sources`: a source's incidents take this policy."""
    source_id = str((await request.form()).get("sourceId", ""))
    key = request.path_params["id"]
    payload, refusal = await command(request, "choose_policy", id=key, sourceId=source_id)
    if refusal:
        return await _show(request, refusal=refusal)
    return done(request, f"{LIST}/{key}", Toast(f"{payload['source']['name']} pages by this policy now."))


async def _show(
    request: Request, given: Mapping[str, Any] | None = None, refusal: Refusal | None = None
) -> Response:
    await demand(request, Scope.INCIDENTS_READ)
    frame, answer = await framed(
        request, "policy", section="policies", live=LIVE, id=request.path_params["id"]
    )
    found = answer["node"]
    if not found:
        raise NotFound("There is no such policy.")
    current = found["versions"][0]
    context = {
        "frame": frame,
        "policy": found,
        "told": words.told(current),
        "history": words.history(found["versions"]),
        "people": answer["people"],
        "sources": [one for one in answer["sources"] if not one["revokedAt"] and one not in found["sources"]],
        "given": _padded(given or _written(current)),
        "errors": _errors(refusal),
    }
    return page(request, "settings/policy.html", context, status=UNPROCESSABLE if refusal else 200)


async def _form(request: Request, given: Mapping[str, Any], refusal: Refusal | None = None) -> Response:
    await demand(request, Scope.ADMIN)
    frame, _ = await framed(request, None, section="policies")
    people = (await ask(request, "policy_people"))["people"]
    context = {"frame": frame, "people": people, "given": _padded(given), "errors": _errors(refusal)}
    return page(request, "settings/policy_new.html", context, status=UNPROCESSABLE if refusal else 200)


def _given(typed: FormData) -> dict[str, Any]:
    """What was typed; a step without anybody to page is none."""
    pairs = zip(typed.getlist("whom"), typed.getlist("delay"), strict=False)
    steps = [{"whom": str(whom), "delay": str(delay)} for whom, delay in pairs if whom]
    limits = {name: str(typed.get(name, "")) for name in ("repeats", "lapsesAfterMinutes")}
    return {"steps": steps, **limits}


def _asked(given: Mapping[str, Any]) -> tuple[dict[str, Any], Refusal | None]:
    """What was typed as the command takes it."""
    waits = [minutes(step["delay"]) for step in given["steps"]]
    limits = {name: whole_number(given[name]) for name in ("repeats", "lapsesAfterMinutes")}
    if any(wait is None for wait in waits):
        return {}, Refusal("INVALID_INPUT", "Write each wait in minutes, such as 5 or 2.5.", "steps")
    if wrong := next((name for name, value in limits.items() if value is None), None):
        return {}, Refusal("INVALID_INPUT", "Write a whole number.", wrong)
    steps = [
        {"delaySeconds": int(wait.total_seconds()), _field(step["whom"]): step["whom"]}
        for step, wait in zip(given["steps"], waits, strict=True)
        if wait is not None
    ]
    return {"steps": steps, **limits}, None


def _field(whom: str) -> str:
    return "role" if whom in ROLES else "personId"


def _written(version: Values) -> dict[str, Any]:
    """A version as a form shows it."""
    steps = [
        {
            "whom": one["person"]["id"] if one["person"] else one["role"],
            "delay": f"{one['delaySeconds'] / 60:g}",
        }
        for one in version["steps"]
    ]
    limits = {name: str(version[name]) for name in ("repeats", "lapsesAfterMinutes")}
    return {"steps": steps, "reason": "", **limits}


def _padded(given: Mapping[str, Any]) -> dict[str, Any]:
    """Leave room for steps to be added without a script."""
    spare = min(SPARE, max(0, MOST - len(given["steps"])))
    return {**given, "steps": [*given["steps"], *[{"whom": "", "delay": ""}] * spare]}


def _errors(refusal: Refusal | None) -> list[dict[str, str]]:
    return [{"field": refusal.field, "message": refusal.message}] if refusal else []


routes = [
    Route(LIST, policies, methods=["GET"]),
    Route(f"{LIST}/new", new),
    Route(LIST, add, methods=["POST"]),
    Route(f"{LIST}/{{id}}", policy, methods=["GET"]),
    Route(f"{LIST}/{{id}}", revise, methods=["POST"]),
    Route(f"{LIST}/{{id}}/retirement", retire, methods=["POST"]),
    Route(f"{LIST}/{{id}}/sources", choose, methods=["POST"]),
]
