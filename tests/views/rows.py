"""Rows of lists and settings, as GraphQL answers them."""

from __future__ import annotations

from tests.views.samples import Json, at, listed

OPEN = [
    listed(2417, "S1", "TRIGGERED", "Card payments failing at EU checkout", 0),
    listed(
        2416,
        "S2",
        "ACKNOWLEDGED",
        "Invoice PDFs render without tax lines",
        -2700,
        acknowledgedBy="Olive Okafor",
    ),
]
HISTORY = [
    listed(2415, "S3", "RESOLVED", "Nightly ledger import took twice as long", -41000),
    listed(
        2411,
        "S0",
        "CLOSED",
        "Console and API unreachable after the network change in eu-west-1",
        -190000,
        commander={"id": "1", "name": "Ivan Petrov"},
    ),
    listed(2409, "S2", "CANCELED", "Search suggestions are stale", -260000),
]
FEED: list[Json] = [
    {
        "id": "4",
        "stream": "incidents",
        "kind": "incident.paged",
        "summary": "OPS-2417: Paging the on-call operator",
        "occurredAt": at(2),
        "subjectUrl": "/incidents/2417",
    },
    {
        "id": "3",
        "stream": "incidents",
        "kind": "incident.triggered",
        "summary": "OPS-2417: Card payments failing at EU checkout",
        "occurredAt": at(0),
        "subjectUrl": "/incidents/2417",
    },
    {
        "id": "2",
        "stream": "security",
        "kind": "token.create",
        "summary": "Ivan Petrov created the token deploys",
        "occurredAt": at(-90000),
        "subjectUrl": None,
    },
]
SESSIONS: list[Json] = [
    {
        "id": "1",
        "userAgent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
        "address": "203.0.113.7",
        "createdAt": at(-86400),
        "lastSeenAt": at(60),
    },
    {
        "id": "2",
        "userAgent": "Mozilla/5.0 (iPhone; CPU) Version/18.0 Safari/604.1",
        "address": "198.51.100.20",
        "createdAt": at(-400000),
        "lastSeenAt": at(-7400),
    },
]
PEOPLE: list[Json] = [
    {
        "id": "1",
        "name": "Ivan Petrov",
        "email": "ivan@example.com",
        "roles": ["commander", "admin"],
        "deactivatedAt": None,
        "secondFactorSince": None,
        "slackId": None,
        "timeZone": None,
    },
    {
        "id": "2",
        "name": "Nora Lind",
        "email": "nora@example.com",
        "roles": [],
        "deactivatedAt": None,
        "secondFactorSince": None,
        "slackId": None,
        "timeZone": None,
    },
    {
        "id": "3",
        "name": "Olive Okafor",
        "email": "olive@example.com",
        "roles": ["operator"],
        "deactivatedAt": None,
        "secondFactorSince": None,
        "slackId": None,
        "timeZone": "Europe/Berlin",
    },
    {
        "id": "4",
        "name": "Otto Old",
        "email": "otto@example.com",
        "roles": ["operator"],
        "deactivatedAt": at(-900000),
        "secondFactorSince": None,
        "slackId": None,
        "timeZone": None,
    },
]
TOKENS: list[Json] = [
    {
        "id": "1",
        "name": "status-board",
        "prefix": "ops_9f2c",
        "scopes": ["incidents:read"],
        "createdBy": "Ivan Petrov",
        "createdAt": at(-900000),
        "lastUsedAt": at(30),
        "expiresAt": at(7000000),
        "revokedAt": None,
    },
    {
        "id": "2",
        "name": "deploys",
        "prefix": "ops_11aa",
        "scopes": ["incidents:write", "config:write"],
        "createdBy": "Ivan Petrov",
        "createdAt": at(-90000),
        "lastUsedAt": None,
        "expiresAt": None,
        "revokedAt": None,
    },
    {
        "id": "3",
        "name": "old-script",
        "prefix": "ops_77b0",
        "scopes": ["audit:read"],
        "createdBy": "Olive Okafor",
        "createdAt": at(-9900000),
        "lastUsedAt": at(-4000000),
        "expiresAt": at(-50),
        "revokedAt": None,
    },
]
CHECKS: list[Json] = [
    {
        "name": "operator: enabled",
        "passed": True,
        "detail": "The service is enabled.",
        "remedy": "",
        "checkedAt": at(-120),
    },
    {
        "name": "incident_commander: on call",
        "passed": False,
        "detail": "Nobody is on call at level 1.",
        "remedy": "Put somebody on the first level of its escalation policy.",
        "checkedAt": at(-120),
    },
]
TYPES: list[Json] = [
    {
        "name": "Incident",
        "kind": "object",
        "description": "One fault that people answer.",
        "members": [
            {
                "name": "number",
                "signature": "number: Int!",
                "description": "OPS-123 is 123.",
                "deprecated": None,
            },
            {
                "name": "alerts",
                "signature": "alerts(first: Int = 50, after: String): AlertConnection!",
                "description": "What it stands for.",
                "deprecated": None,
            },
        ],
    },
    {
        "name": "Severity",
        "kind": "enum",
        "description": "How bad it is.",
        "members": [
            {"name": "S0", "signature": "S0", "description": "Platform-wide outage.", "deprecated": None}
        ],
    },
]
