"""Forms on incidents, as dialogs and as pages: declare, escalate, change severity, assign, reopen, cancel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from views.flash import Toast
from views.incidents.reading import incident_of
from views.rendering import done, go, page
from views.running import Refusal, ask, command, framed
from views.typed import whole_number

CONFLICT, UNPROCESSABLE = 409, 422
WANTED = {
    "title": "Say in a few words what is wrong.",
    "reason": "Say why.",
    "severity": "Choose a severity.",
    "personId": "Choose somebody.",
    "role": "Choose a role.",
}

Errors = Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Form:
    """One form: its template, the command it sends, its fields and what is said when it went through."""

    template: str
    operation: str
    fields: tuple[str, ...]
    done: str
    action: str = ""


FORMS = {
    "escalation": Form("incidents/escalate.html", "escalate_incident", (), "Paging now."),
    "severity": Form(
        "incidents/severity.html", "change_severity", ("severity", "reason"), "The severity is changed."
    ),
    "roles": Form("incidents/assign.html", "assign_role", ("personId", "role"), "Assigned."),
    "reopening": Form(
        "incidents/reason.html", "reopen_incident", ("reason",), "Reopened. Pages are leaving.", "reopening"
    ),
    "cancellation": Form(
        "incidents/reason.html", "cancel_incident", ("reason",), "Cancelled.", "cancellation"
    ),
}


async def new(request: Request) -> Response:
    """`GET /incidents/new`, with what the address says already."""
    given = {name: request.query_params.get(name, "") for name in ("title", "severity", "reason")}
    return await _declare_form(request, given)


async def declare(request: Request) -> Response:
    """`POST /incidents`."""
    typed = await request.form()
    given = {name: str(typed.get(name, "")) for name in ("title", "severity", "reason")}
    if missing := _missing(given, "title", "severity"):
        return await _declare_form(request, given, missing)
    payload, refusal = await command(
        request, "declare_incident", **{name: word or None for name, word in given.items()}
    )
    if refusal:
        return await _declare_form(request, given, _errors(refusal), _status(refusal))
    return go(
        request, f"/incidents/{payload['incident']['number']}", Toast("Declared. The operator is paged.")
    )


async def show(form: Form, request: Request) -> Response:
    """`GET /incidents/{number}/{form}`: the form, with what the address says already."""
    return await _answer(request, form, {name: request.query_params.get(name, "") for name in form.fields})


async def send(form: Form, request: Request) -> Response:
    """`POST /incidents/{number}/{form}`: done, or the form again with what is wrong."""
    typed = await request.form()
    given = {name: str(typed.get(name, "")) for name in form.fields}
    if missing := _missing(given, *form.fields):
        return await _answer(request, form, given, missing)
    address = f"/incidents/{request.path_params['number']}"
    variables = {
        **given,
        **request.path_params,
        "expectedVersion": whole_number(str(typed.get("version", ""))),
    }
    _, refusal = await command(request, form.operation, **variables)
    if refusal:
        return await _answer(request, form, given, _errors(refusal), _status(refusal))
    return done(request, address, Toast(form.done), live=["incident"])


async def _declare_form(
    request: Request, given: Mapping[str, str], errors: Errors = (), status: int = UNPROCESSABLE
) -> Response:
    frame, _ = await framed(request, None, section="incidents")
    context = {"frame": frame, "given": given, "errors": errors}
    return page(request, "incidents/declare.html", context, block="form", status=status if errors else 200)


async def _answer(
    request: Request,
    form: Form,
    given: Mapping[str, str],
    errors: Errors = (),
    status: int = UNPROCESSABLE,
) -> Response:
    frame, _ = await framed(request, None, section="incidents")
    context: dict[str, Any] = {
        "frame": frame,
        "incident": await incident_of(request),
        "given": given,
        "errors": errors,
        "action": form.action,
    }
    if "personId" in form.fields:
        context["people"] = (await ask(request, "assignable_people"))["people"]
    return page(request, form.template, context, block="form", status=status if errors else 200)


def _missing(given: Mapping[str, str], *wanted: str) -> Errors:
    """What was left empty, all of it at once and in the order of the form."""
    return [{"field": name, "message": WANTED[name]} for name in wanted if not given[name].strip()]


def _errors(refusal: Refusal) -> Errors:
    return [{"field": refusal.field, "message": refusal.message}]


def _status(refusal: Refusal) -> int:
    return UNPROCESSABLE if refusal.is_input else CONFLICT


def _routes(name: str, form: Form) -> list[Route]:
    address = f"/incidents/{{number:int}}/{name}"
    return [
        Route(address, partial(show, form), methods=["GET"]),
        Route(address, partial(send, form), methods=["POST"]),
    ]


routes = [
    Route("/incidents/new", new),
    Route("/incidents", declare, methods=["POST"]),
    *(route for name, form in FORMS.items() for route in _routes(name, form)),
]
