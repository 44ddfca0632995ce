"""Every route that Opsbook answers, with an address to try it by, a form that it takes, and who may use it.

Read from the application itself: a route that is not described here fails `test_routes.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from starlette.routing import Route

from app.asgi import application
from app.settings import Settings
from tests.wire.conftest import CAST

EVERYBODY = frozenset(CAST)
RESPONDERS = frozenset({"olive", "ivan", "paula"})
READERS = RESPONDERS | {"ada"}
ADMINS = frozenset({"ada"})
COMMANDERS = frozenset({"ivan"})
# Where the first of its kind will not do.
ADDRESSES = {"/incidents/{number:int}/checklist/{key}": "/incidents/2/checklist/timeline"}
PARAMETERS = {
    "name": "checkout",
    "number:int": "1",
    "name:path": "opsbook.css",
    "token": "none",
    "kind": "first_public_update",
    "role": "operator",
    "source": "prometheus",
}


# What is there, by the word before it in an address, where that is not its plural.
KINDS = {"people": "person", "policies": "policy", "comms": "update", "deliveries": "notice"}


@dataclass(frozen=True)
class Command:
    """What a POST takes, and who may give it. Others find nothing there, or are told that they may not."""

    may: frozenset[str]
    form: Mapping[str, str] = field(default_factory=dict)
    # Some have nothing to do in a house where nothing has happened; their own tests show what they do.
    answers: tuple[int, ...] = (200, 303, 409)


REASON = {"reason": "It was a drill.", "version": ""}
# A form has several steps, of which a mapping holds one: too few for a policy.
LIMITS = {"whom": "OPERATOR", "delay": "0", "repeats": "3", "lapsesAfterMinutes": "30"}
COMMANDS: Mapping[str, Command] = {
    "/incidents": Command(RESPONDERS, {"title": "Checkout is down", "severity": "S2", "reason": "Seen."}),
    "/incidents/merging": Command(RESPONDERS, {"number": "1", "into": "1"}, (200, 303, 409, 422)),
    "/incidents/{number:int}/acknowledgement": Command(RESPONDERS),
    "/incidents/{number:int}/mitigation": Command(COMMANDERS),
    "/incidents/{number:int}/resolution": Command(COMMANDERS),
    "/incidents/{number:int}/timeline": Command(RESPONDERS, {"text": "Looked."}),
    "/incidents/{number:int}/escalation": Command(RESPONDERS),
    "/incidents/{number:int}/severity": Command(RESPONDERS, {"severity": "S0", **REASON}),
    "/incidents/{number:int}/roles": Command(RESPONDERS, {"personId": "person_1", "role": "OPERATOR"}),
    "/incidents/{number:int}/reopening": Command(RESPONDERS, REASON),
    "/incidents/{number:int}/cancellation": Command(COMMANDERS, REASON),
    "/incidents/{number:int}/closure": Command(COMMANDERS),
    "/incidents/{number:int}/checklist/{key}": Command(RESPONDERS, {"version": ""}),
    "/incidents/{number:int}/checklist/{key}/waiver": Command(
        frozenset({"ivan", "paula"}), {"waive": "There is nothing to read."}
    ),
    "/incidents/{number:int}/comms/new": Command(
        RESPONDERS,
        {
            "audience": "internal",
            "status": "investigating",
            "step": "send",
            "affected": "payments",
            "summary": "Some payments fail.",
        },
    ),
    "/incidents/{number:int}/comms/{id}/approval": Command(frozenset({"ivan", "paula"}), answers=(404,)),
    "/incidents/{number:int}/comms/{id}/return": Command(RESPONDERS, answers=(404,)),
    "/incidents/{number:int}/comms/deliveries/{id}/retry": Command(RESPONDERS, answers=(404,)),
    "/incidents/{number:int}/obligations/{kind}/waiver": Command(frozenset({"ivan", "paula"}), REASON),
    "/on-call/{role}/cover": Command(
        RESPONDERS,
        {"personId": "person_1", "beginsAt": "2099-12-31T08:00", "endsAt": "2099-12-31T20:00"},
    ),
    "/on-call/covers/{id}/cancellation": Command(RESPONDERS, answers=(404,)),
    "/on-call/calendars": Command(READERS, {"everybody": "yes"}),
    "/on-call/calendars/{id}/revocation": Command(EVERYBODY, answers=(404,)),
    "/on-call/{role}/rota": Command(
        ADMINS,
        {"memberIds": "person_1", "handoverDay": "MONDAY", "handoverTime": "09:00", "timeZone": "UTC"},
    ),
    "/activity/streams/{name}": Command(
        RESPONDERS, {"kind": "ACTIVITY", "scope": "FEATURE", "threshold": "20", "reason": "Seen."}
    ),
    "/silences/new": Command(
        RESPONDERS, {"matchers": "service = checkout", "reason": "A drill", "minutes": "60", "step": "make"}
    ),
    "/silences/{id}/ending": Command(RESPONDERS, answers=(404,)),
    "/settings/time-zone": Command(EVERYBODY, {"timeZone": "Asia/Tokyo"}),
    "/settings/password": Command(EVERYBODY, {"current": "", "password": "four words make one"}),
    "/settings/second-factor": Command(EVERYBODY, {"current": ""}),
    "/settings/second-factor/confirmation": Command(EVERYBODY, {"code": "000000"}, (404,)),
    "/settings/second-factor/removal": Command(EVERYBODY, {"code": "000000"}, (422,)),
    "/settings/sessions/{id}/sign-out": Command(EVERYBODY),
    "/settings/sessions/sign-out": Command(EVERYBODY),
    "/settings/people": Command(ADMINS, {"name": "Wren", "email": "wren@example.com", "roles": "viewer"}),
    "/settings/people/{id}": Command(ADMINS, {"roles": "viewer"}),
    "/settings/people/{id}/slack": Command(ADMINS, {"slackId": "U0WREN"}),
    "/settings/people/{id}/sign-in-link": Command(ADMINS),
    "/settings/people/{id}/sign-out": Command(ADMINS),
    "/settings/people/{id}/second-factor-reset": Command(ADMINS, answers=(404,)),
    "/settings/people/{id}/deactivation": Command(ADMINS),
    "/settings/tokens": Command(READERS, {"name": "t", "scopes": "incidents:read", "expires": "30"}),
    "/settings/tokens/{id}/revocation": Command(ADMINS),
    "/settings/sources": Command(ADMINS, {"name": "grafana", "format": "alertmanager"}),
    "/settings/sources/{id}/mapping": Command(
        ADMINS, {"summary": "name", "dedup_key": "name", "example": '{"name": "a"}', "step": "preview"}
    ),
    "/settings/sources/{id}/heartbeat": Command(ADMINS, answers=(404,)),
    "/settings/sources/{id}/revocation": Command(ADMINS),
    "/settings/policies": Command(ADMINS, {"name": "Nights", **LIMITS}, (422,)),
    "/settings/policies/{id}": Command(ADMINS, {"reason": "Nights", **LIMITS}, (422,)),
    "/settings/policies/{id}/retirement": Command(ADMINS, answers=(422,)),
    "/settings/policies/{id}/sources": Command(ADMINS, {"sourceId": "source_1"}),
    "/settings/subscribers": Command(ADMINS, {"audience": "ENTERPRISE", "list": "cto@example.com,Acme"}),
    "/settings/subscribers/{id}/removal": Command(ADMINS, answers=(404,)),
    "/admin/deliveries": Command(ADMINS, {"ids": "delivery_1", "step": "preview"}, (404,)),
    "/developers/explorer": Command(EVERYBODY, {"query": "{ now }", "variables": "{}"}),
}
# Before the door: whoever has not signed in may ask these, and learns nothing by it.
OUTSIDE: Mapping[str, Mapping[str, str]] = {
    "/sign-in": {"email": "olive@example.com", "next": "/"},
    "/sign-in/password": {"email": "olive@example.com", "password": "wrong", "next": "/"},
    "/sign-in/link": {"key": "none"},
    "/sign-in/code": {"code": "000000"},
    "/sign-out": {},
    "/acknowledge/{token}": {},
    "/unsubscribe/{token}": {},
    "/settings/theme": {"theme": "dark"},
}
MACHINES = (
    "/ingest/alertmanager/{source}",
    "/ingest/activity/{source}",
    "/v2/enqueue",
    "/hooks/pagerduty",
    "/hooks/slack",
    "/hooks/unsubscribe/{token}",
    "/graphql",
    "/ingest/cloudevents/{source}",
    "/ingest/grafana/{source}",
    "/ingest/json/{source}",
    "/ingest/heartbeat/{source}",
)
# Page -> who finds something there; nobody at all is led to the sign-in form.
PAGES: Mapping[str, frozenset[str]] = {
    "/palette": EVERYBODY,
    "/incidents": EVERYBODY,
    "/incidents/open": EVERYBODY,
    "/incidents/unreached": EVERYBODY,
    "/incidents/new": EVERYBODY,
    "/incidents/merging": EVERYBODY,
    "/incidents/{number:int}": READERS,
    "/incidents/{number:int}/escalation": READERS,
    "/incidents/{number:int}/severity": READERS,
    "/incidents/{number:int}/roles": READERS,
    "/incidents/{number:int}/reopening": READERS,
    "/incidents/{number:int}/cancellation": READERS,
    "/incidents/{number:int}/checklist/{key}": READERS,
    "/incidents/{number:int}/comms": READERS,
    "/incidents/{number:int}/comms/new": RESPONDERS,
    "/incidents/{number:int}/obligations/{kind}/waiver": READERS,
    "/incidents/{number:int}/report": READERS,
    "/incidents/{number:int}/report.md": READERS,
    "/incidents/{number:int}/report.json": READERS,
    "/incidents/metrics": EVERYBODY,
    "/incidents/metrics.csv": EVERYBODY,
    "/incidents.csv": EVERYBODY,
    "/on-call": EVERYBODY,
    "/on-call/{role}/cover": RESPONDERS,
    "/on-call/{role}/rota": ADMINS,
    "/activity": EVERYBODY,
    "/activity/streams/{name}": READERS,
    "/activity/streams/{name}/preview": READERS,
    "/silences": EVERYBODY,
    "/silences/new": EVERYBODY,
    "/silences/{id}": frozenset(),
    "/settings": EVERYBODY,
    "/settings/second-factor": EVERYBODY,
    "/settings/people": ADMINS,
    "/settings/people/new": ADMINS,
    "/settings/people/{id}": ADMINS,
    "/settings/tokens": EVERYBODY,
    "/settings/tokens/new": EVERYBODY,
    "/settings/sources": ADMINS,
    "/settings/sources/new": ADMINS,
    "/settings/sources/{id}": ADMINS,
    "/settings/policies": READERS,
    "/settings/policies/new": ADMINS,
    "/settings/policies/{id}": READERS,
    "/settings/subscribers": ADMINS,
    "/settings/pagerduty": EVERYBODY,
    "/admin": ADMINS,
    "/status": EVERYBODY,
    "/graphql": EVERYBODY,
    "/developers": EVERYBODY,
    "/developers/schema": EVERYBODY,
    "/developers/explorer": EVERYBODY,
}
# Parts of a page: by themselves they lead to the whole of it.
PARTS = tuple(f"/incidents/{{number:int}}/{part}" for part in ("head", "timeline", "response", "trend"))
PROBES = ("/livez", "/readyz", "/healthz", "/metrics")
OPEN = (
    *("/", "/sign-in", "/sign-in/link", "/sign-in/code", "/acknowledge/{token}"),
    *("/schema.graphql", "/static/{name:path}", *PROBES),
    *("/public", "/public.json", "/public.atom", "/public/incidents/{number:int}"),
    *("/unsubscribe/{token}", "/hooks/unsubscribe/{token}", "/on-call/{token}.ics"),
)
STREAM = "/events"


def routes() -> Iterator[tuple[str, str]]:
    """All of them, as method and pattern."""
    for route in application(Settings(secret_key="k" * 32)).routes:
        assert isinstance(route, Route)
        yield from ((method, route.path) for method in sorted(route.methods or ()) if method != "HEAD")


def address(pattern: str) -> str:
    """An address that a route answers: of the incident, person, token, source or session that came first."""
    for begin, instead in ADDRESSES.items():
        pattern = pattern.replace(begin, instead)
    parts = pattern.split("/")
    for number, part in enumerate(parts):
        if part == "{id}":
            parts[number] = KINDS.get(parts[number - 1], parts[number - 1].removesuffix("s")) + "_1"
        elif part.startswith("{"):
            name, _, rest = part[1:].partition("}")
            parts[number] = PARAMETERS[name] + rest
    return "/".join(parts)
