"""A context for every template, as its handler would hand it over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.datastructures import QueryParams

from tests.views import merged, on_call, review, samples, silenced, told, tools
from tests.views.activity import ACTIVITY, line
from tests.views.metrics import METRICS
from tests.views.policies import POLICIES
from tests.views.rows import CHECKS, HISTORY, OPEN, PEOPLE, SESSIONS, TOKENS, TYPES
from tests.views.samples import START, at, connection, frame
from tests.views.second_factor import SECOND_FACTOR
from tests.views.senders import SENDERS
from views.flash import Toast
from views.frame import Frame, Readiness
from views.incidents import filters
from views.incidents.trend import compose

NOTHING: list[Any] = []
WRONG = [{"field": "reason", "message": "Say why."}]
ZONES = ("Asia/Tokyo", "Europe/Berlin", "UTC")


def bare(**changes: Any) -> Frame:
    """The frame of somebody who has not signed in."""
    return Frame(**({"zone": frame().zone} | changes))


NARROWED = filters.read(QueryParams("text=zebra&severity=S0&source=prometheus&from=2026-11-01T00:00:00Z"))
LISTED: dict[str, Any] = {
    "frame": frame(),
    "open": connection(OPEN),
    "history": connection(HISTORY, more="c3"),
    "asked": filters.read(QueryParams()),
    "chips": [],
    "csv": "/incidents.csv",
    "address": "/incidents?",
    "border": "2026-11-20T04:31:10+00:00~2409",
    "live": True,
}
LOOK: dict[str, Any] = {
    "number": 2417,
    "title": "Card payments failing at EU checkout",
    "role": "operator",
    "by": "Ivan Petrov",
    "at": START + timedelta(seconds=385),
}
LINK: dict[str, Any] = {"frame": bare(), "token": "t", "first": False, "look": LOOK}
REASON = {
    "frame": frame(),
    "incident": samples.incident(),
    "given": {"reason": "", "severity": ""},
    "errors": NOTHING,
}
ADMIN = frame(section="people")
TOKEN = "ops_9f2c71aa04be4c1d8a55e0f7c2b39d6e"
SAID = '{\n  "data": {"me": {"scopes": ["incidents:read"]}}\n}'
EXPLORER: dict[str, Any] = {
    "frame": frame(section="explorer"),
    "query": "query open {\n  incidents(filter: {open: true}) {\n    nodes { number title }\n  }\n}",
    "variables": "",
    "result": "",
    "took": None,
    "errors": NOTHING,
}

BACK = {"stream": "checkout", "minute": at(1870), "held": "S3", "insideSince": at(1210)}
IS_BACK = samples.answered(trends=[BACK], status="ACKNOWLEDGED")
TRENDED = samples.incident_page(
    1961,
    incident=IS_BACK,
    trend=compose(samples.incident_frame(1961), IS_BACK, line(threshold=None)),
)

PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "paged": ("incidents/page.html", dict(samples.incident_page())),
    "answered": ("incidents/page.html", dict(samples.incident_page(1961, incident=samples.answered()))),
    "trended": ("incidents/page.html", dict(TRENDED)),
    "read-only": (
        "incidents/page.html",
        dict(
            samples.incident_page(
                5000,
                frame=samples.incident_frame(90000, scopes=frozenset({"incidents:read"})),
                incident=samples.answered(status="RESOLVED", resolvedAt=at(2500)),
                show="people",
            )
        ),
    ),
    "older": (
        "incidents/page.html",
        dict(
            samples.incident_page(
                incident=samples.incident(
                    timeline=samples.timeline(*samples.incident()["timeline"]["edges"], older=True)
                )
            )
        ),
    ),
    **(review.PAGES | told.PAGES | merged.PAGES | on_call.PAGES | silenced.PAGES | tools.PAGES),
    "list": ("incidents/list.html", LISTED),
    "list-empty": (
        "incidents/list.html",
        LISTED | {"frame": frame(open_count=0, worst=""), "open": connection([]), "history": connection([])},
    ),
    "list-filtered": (
        "incidents/list.html",
        LISTED
        | {
            "open": connection([]),
            "history": connection([]),
            "asked": NARROWED,
            "chips": filters.chips(NARROWED),
        },
    ),
    "declare": (
        "incidents/declare.html",
        REASON | {"given": {"title": "", "severity": "", "reason": ""}},
    ),
    "declare-wrong": (
        "incidents/declare.html",
        REASON
        | {
            "given": {"title": "", "severity": "S2", "reason": ""},
            "errors": [
                {"field": "title", "message": "Write what is wrong."},
                {"field": "severity", "message": "Choose a severity."},
            ],
        },
    ),
    "escalate": ("incidents/escalate.html", REASON),
    "severity": ("incidents/severity.html", REASON),
    "severity-wrong": ("incidents/severity.html", REASON | {"errors": WRONG}),
    "cancel": ("incidents/reason.html", REASON | {"action": "cancellation"}),
    "reopen": ("incidents/reason.html", REASON | {"action": "reopening"}),
    "assign": (
        "incidents/assign.html",
        REASON | {"people": PEOPLE, "given": {"personId": "3", "role": "OPERATOR"}},
    ),
    "link-good": ("incidents/acknowledge_link.html", LINK | {"state": "good"}),
    "link-used": ("incidents/acknowledge_link.html", LINK | {"state": "used"}),
    "link-first": ("incidents/acknowledge_link.html", LINK | {"state": "used", "first": True}),
    "link-expired": ("incidents/acknowledge_link.html", LINK | {"state": "expired"}),
    "link-unknown": ("incidents/acknowledge_link.html", LINK | {"state": "unknown", "look": None}),
    **ACTIVITY,
    **METRICS,
    "sign-in": (
        "sign_in/form.html",
        {"frame": bare(), "given": {"email": ""}, "next": "/", "errors": NOTHING, "mails": True},
    ),
    "sign-in-wrong": (
        "sign_in/form.html",
        {
            "frame": bare(),
            "given": {"email": "olive@example.com"},
            "next": "/incidents/7",
            "errors": [{"field": "password", "message": "Address and password do not belong together."}],
            "mails": False,
        },
    ),
    "sent": ("sign_in/sent.html", {"frame": bare(), "email": "olive@example.com", "minutes": 10}),
    "sign-in-link": ("sign_in/link.html", {"frame": bare(), "state": "good", "key": "k"}),
    "sign-in-link-used": ("sign_in/link.html", {"frame": bare(), "state": "used", "key": "k"}),
    "problem-404": (
        "errors/problem.html",
        {"frame": bare(), "status": 404, "reference": "", "detail": ""},
    ),
    "problem-500": (
        "errors/problem.html",
        {"frame": bare(), "status": 500, "reference": "01JD-7F3A", "detail": ""},
    ),
    "problem-503": (
        "errors/problem.html",
        {"frame": bare(), "status": 503, "reference": "01JD-7F3A", "detail": ""},
    ),
    "problem-403": (
        "errors/problem.html",
        {"frame": bare(), "status": 403, "reference": "", "detail": "Only a commander may cancel an S1."},
    ),
    "palette": ("palette.html", {"frame": frame(), "q": "", "incidents": OPEN}),
    "palette-found": ("palette.html", {"frame": frame(), "q": "tok", "incidents": NOTHING}),
    "profile": (
        "settings/profile.html",
        {
            "frame": frame(section="", flash=Toast("Saved.")),
            "person": PEOPLE[0],
            "sessions": SESSIONS,
            "zones": ZONES,
            "errors": NOTHING,
        },
    ),
    **SECOND_FACTOR,
    **SENDERS,
    **POLICIES,
    "people": ("settings/people.html", {"frame": ADMIN, "people": PEOPLE}),
    "person-new": (
        "settings/person_new.html",
        {"frame": ADMIN, "given": {"name": "", "email": "", "roles": ["operator"]}, "errors": NOTHING},
    ),
    "person": (
        "settings/person.html",
        {
            "frame": ADMIN,
            "person": PEOPLE[2],
            "given": {"roles": ["operator"], "slackId": "U0OLIVE"},
            "link": "",
            "errors": NOTHING,
        },
    ),
    "person-linked": (
        "settings/person.html",
        {
            "frame": ADMIN,
            "person": PEOPLE[2],
            "given": {"roles": ["operator"], "slackId": "U0OLIVE"},
            "link": "https://ops.example.com/sign-in/link?key=k",
            "errors": [{"field": None, "message": "This is the last administrator."}],
        },
    ),
    "person-gone": (
        "settings/person.html",
        {"frame": ADMIN, "person": PEOPLE[3], "given": {"roles": []}, "link": "", "errors": NOTHING},
    ),
    "tokens": ("settings/tokens.html", {"frame": frame(section="tokens"), "tokens": TOKENS}),
    "tokens-empty": ("settings/tokens.html", {"frame": frame(section="tokens"), "tokens": NOTHING}),
    "token-new": (
        "settings/token_new.html",
        {
            "frame": frame(section="tokens"),
            "given": {"name": "", "scopes": ["incidents:read"], "expires": "90"},
            "scopes": ["incidents:read", "incidents:write", "audit:read", "admin"],
            "errors": NOTHING,
        },
    ),
    "token-created": (
        "settings/token_created.html",
        {
            "frame": frame(section="tokens"),
            "token": TOKENS[0],
            "secret": TOKEN,
            "address": "https://ops.example.com/graphql",
        },
    ),
    "pagerduty": (
        "settings/pagerduty.html",
        {
            "frame": frame(section="pagerduty"),
            "readiness": CHECKS,
        },
    ),
    "pagerduty-ready": (
        "settings/pagerduty.html",
        {
            "frame": frame(section="pagerduty"),
            "readiness": CHECKS[:1],
        },
    ),
    "pagerduty-unasked": (
        "settings/pagerduty.html",
        {
            "frame": frame(section="pagerduty", readiness=Readiness(False, "Nobody is on call.")),
            "readiness": [],
        },
    ),
    "status": (
        "status.html",
        {"frame": frame(section="status"), "parts": [check | {"title": "Queue"} for check in CHECKS]},
    ),
    "developers": (
        "developers/index.html",
        {"frame": frame(section="developers"), "address": "https://ops.example.com/graphql"},
    ),
    "explorer": ("developers/explorer.html", EXPLORER),
    "explorer-ran": ("developers/explorer.html", EXPLORER | {"result": SAID, "took": 4}),
    "schema": ("developers/schema.html", {"frame": frame(section="developers"), "types": TYPES}),
}
