"""Set who takes turns in a role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.security.permissions import Scope
from views.access import demand
from views.flash import Toast
from views.frame import Frame
from views.on_call.choosing import Errors, able, role_of
from views.on_call.lanes import TITLES
from views.on_call.reading import ADDRESS
from views.rendering import go, page
from views.running import Values, command, framed

UNPROCESSABLE = 422
DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
MOST = 12  # fields; whoever has more to take turns sets them by the API
FIELDS = ("handoverDay", "handoverTime", "timeZone")


async def show(request: Request) -> Response:
    """`GET /on-call/{role}/rota`: as it is, whoever is on call now first."""
    return await _form(request, None)


async def change(request: Request) -> Response:
    """`POST /on-call/{role}/rota`."""
    role = role_of(request.path_params["role"])
    typed = await request.form()
    members = [str(one) for one in typed.getlist("memberIds") if one]
    given: dict[str, Any] = {name: str(typed.get(name, "")).strip() for name in FIELDS}
    given["memberIds"] = members
    if given["handoverDay"] not in DAYS:
        return await _form(request, given, [{"field": "handoverDay", "message": "Choose a day."}])
    _, refusal = await command(request, "set_rota", role=role, **given)
    if refusal:
        return await _form(request, given, [{"field": refusal.field, "message": refusal.message}])
    return go(request, ADDRESS, Toast("Saved. The weeks ahead are planned anew."))


async def _form(request: Request, given: Mapping[str, Any] | None, errors: Errors = ()) -> Response:
    role = role_of(request.path_params["role"])
    await demand(request, Scope.ADMIN)
    frame, answer = await framed(request, "on_call_form", section="on_call")
    people = able(answer["people"], role)
    filled = given or _as_it_is(frame, answer, role)
    context = {
        "frame": frame,
        "role": role,
        "title": TITLES[role],
        "people": people,
        "given": filled,
        "places": range(min(MOST, max(len(people), len(filled["memberIds"]), 1))),
        "zones": sorted(available_timezones()),
        "days": [{"id": day, "name": day.capitalize()} for day in DAYS],
        "errors": errors,
    }
    return page(request, "on_call/rota.html", context, status=UNPROCESSABLE if errors else 200)


def _as_it_is(frame: Frame, answer: Values, role: str) -> dict[str, Any]:
    rota = next((one for one in answer["rotas"] if one["role"] == role), None)
    if rota is None:
        zone = frame.zone.key
        return {"memberIds": [], "handoverDay": "MONDAY", "handoverTime": "09:00", "timeZone": zone}
    members = [one["id"] for one in rota["members"]]
    on_call = [one["person"] for one in answer["onCall"] if one["role"] == role and one["person"]]
    if on_call and on_call[0]["id"] in members:  # saving it unchanged changes nobody's turn
        first = members.index(on_call[0]["id"])
        members = members[first:] + members[:first]
    return {**{name: rota[name] for name in FIELDS}, "memberIds": members}


routes = [
    Route(f"{ADDRESS}/{{role}}/rota", show, methods=["GET"]),
    Route(f"{ADDRESS}/{{role}}/rota", change, methods=["POST"]),
]
