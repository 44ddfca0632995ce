"""Answers of GraphQL as pages get them: decoded JSON, for one incident at 2 a.m. and what surrounds it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.views.figures import FIGURES
from views.frame import EVERYWHERE, Frame, Live, OnCall, Readiness

START = datetime.fromisoformat("2026-11-23T04:31:10Z")
Json = dict[str, Any]


def at(seconds: float) -> str:
    """A moment that many seconds after the incident began."""
    return (START + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def frame(seconds: float = 114, **changes: Any) -> Frame:
    """The frame around a page that Ivan, commander and administrator, sees that long after the start."""
    values: Json = {
        "name": "Ivan Petrov",
        "email": "ivan@example.com",
        "scopes": frozenset({"incidents:read", "incidents:write", "incidents:command", "admin"}),
        "section": "incidents",
        "now": START + timedelta(seconds=seconds),
        "zone": ZoneInfo("Europe/Berlin"),
        "open_count": 2,
        "worst": "S1",
        "readiness": Readiness(True, "On call: Olive Okafor."),
        "on_call": OnCall("Olive Okafor", START + timedelta(days=5)),
        "live": EVERYWHERE,
    }
    return Frame(**(values | changes))


def incident_frame(seconds: float = 114, **changes: Any) -> Frame:
    """The same around the incident page, with its own stream."""
    live = Live("/events", ("incident:2417", "incidents", "trends"))
    return frame(seconds, live=live, **changes)


def person(name: str) -> Json:
    """A person as participants and selects have them."""
    return {"id": name.lower(), "name": name}


def participant(name: str, role: str, seconds: float) -> Json:
    """Somebody, or a team, taking part."""
    return {
        "person": person(name),
        "role": role,
        "assumedAt": at(seconds),
        "renouncedAt": None,
    }


def step(number: int, role: str, due: float, fired: float | None = None, **changes: Any) -> Json:
    """One timer of the escalation."""
    values: Json = {
        "step": number,
        "generation": 1,
        "role": role,
        "person": None,
        "repeat": 0,
        "repeats": None,
        "administratorsAt": None,
        "dueAt": at(due),
        "cancelledAt": None,
        "cancelReason": None,
        "onCall": "Olive Okafor" if role == "OPERATOR" else None,
        "onCallUntil": None,
    }
    return values | {"firedAt": None if fired is None else at(fired)} | changes


def sent(role: str, status: str, queued: float, **changes: Any) -> Json:
    """One page."""
    values: Json = {
        "id": f"page-{role}-{queued:g}",
        "step": 1,
        "generation": 1,
        "role": role,
        "provider": "pagerduty",
        "status": status,
        "attempts": 1,
        "queuedAt": at(queued),
        "acceptedAt": at(queued + 0.2) if status not in ("QUEUED", "FAILED") else None,
        "confirmedAt": None,
        "acknowledgedAt": None,
        "acknowledgedBy": None,
        "lastError": None,
        "trouble": None,
        "carriedBy": None,
        "standsFor": 0,
    }
    return values | changes


def event(seq: int, kind: str, seconds: float, text: str, actor: str = "Opsbook", by: str = "system") -> Json:
    """One edge of the timeline."""
    node = {"id": f"event-{seq}", "seq": seq, "kind": kind, "actor": actor, "actorReference": by}
    return {"cursor": f"c{seq}", "node": node | {"occurredAt": at(seconds), "text": text}}


def alert(summary: str, key: str, status: str = "triggered", count: int = 1) -> Json:
    """One alert of the incident."""
    values: Json = {"id": key, "source": "prometheus-eu", "dedupKey": key, "summary": summary}
    times = {"firstOccurredAt": at(-4), "lastOccurredAt": at(96)}
    links = [{"href": "https://prometheus.example/graph", "text": "Source"}]
    return values | times | {"severity": "critical", "status": status, "count": count, "links": links}


def decision(**changes: Any) -> Json:
    """A decision on the severity with its evidence."""
    values: Json = {
        "from": None,
        "to": "S1",
        "rule": "monetisation-critical",
        "reason": "S1 because the alert is critical and its scope is monetisation",
        "trend": "LEARNING",
        "decidedBy": "prometheus-eu",
        "decidedAt": at(0),
        "decidedAgain": "S1",
        "evidence": {"severity": "critical", "scope": "monetisation", "labels": {"service": "checkout"}},
    }
    return values | changes


def incident(**changes: Any) -> Json:
    """An S1 that waits for an answer since 1:54."""
    values: Json = {
        "id": "incident-2417",
        "number": 2417,
        "title": "Card payments failing at EU checkout",
        "status": "TRIGGERED",
        "severity": "S1",
        "version": 3,
        "generation": 1,
        "triggeredAt": at(0),
        "acknowledgedAt": None,
        "acknowledgedBy": None,
        "lapsesAt": None,
        "mitigatedAt": None,
        "resolvedAt": None,
        "flappingSince": None,
        "mergedInto": None,
        "merged": [],
        "silences": [],
        "closedAt": None,
        "commander": None,
        "severityDecisions": [decision()],
        "trends": [],
        "participants": [
            participant("Olive Okafor", "OPERATOR", 2),
            participant("Trust & Safety", "POLICY_OWNER", 2),
        ],
        "alerts": connection(
            [
                alert("Checkout error rate 34 % on eu-west-1", "checkout-eu/HighErrorRate", count=4),
                alert("3-D Secure step-up rejected by northgate", "acquirer-northgate/Rejected", count=2),
                alert("Queue of retries above 500", "payments-retry/QueueLong", status="resolved"),
            ]
        ),
        "escalation": [
            step(1, "OPERATOR", 2, 2),
            step(2, "INCIDENT_COMMANDER", 300, repeats=3, administratorsAt=at(1500)),
        ],
        "escalationPolicy": {"name": "default", "version": 2},
        "pages": [sent("OPERATOR", "CONFIRMED", 2), sent("POLICY_OWNER", "ACCEPTED", 2, step=0)],
        "timeline": timeline(
            event(
                1, "triggered", 0, "Card payments failing at EU checkout: S1 because the alert is critical"
            ),
            event(2, "paged", 2, "Paging the on-call operator"),
            event(3, "policy_owner_looped_in", 2, "Looped in Trust & Safety, the policy owner for S1"),
            event(4, "page_confirmed", 5, "PagerDuty shows the page for the on-call operator", "PagerDuty"),
        ),
        "obligations": [
            {
                "kind": "policy_owner_loop_in",
                "dueAt": at(300),
                "metAt": None,
                "metBy": None,
                "waivedBy": None,
                "waiveReason": None,
            }
        ],
        "checklist": [],
        "retrospective": None,
        "statusUpdates": [],
        "metrics": FIGURES,
    }
    return values | changes


def answered(**changes: Any) -> Json:
    """The same incident after the operator slept and the commander answered."""
    values: Json = {
        "status": "ACKNOWLEDGED",
        "version": 6,
        "acknowledgedAt": at(385),
        "acknowledgedBy": "Ivan Petrov",
        "lapsesAt": at(2185),
        "commander": person("Ivan Petrov"),
        "participants": [
            participant("Ivan Petrov", "INCIDENT_COMMANDER", 385),
            participant("Olive Okafor", "OPERATOR", 2),
            participant("Paula Raman", "POLICY_OWNER", 128),
        ],
        "escalation": [
            step(1, "OPERATOR", 2, 2),
            step(2, "INCIDENT_COMMANDER", 302, 302),
            step(
                3, "INCIDENT_COMMANDER", 602, cancelledAt=at(385), cancelReason="acknowledged by Ivan Petrov"
            ),
        ],
        "pages": [
            sent("OPERATOR", "ACKNOWLEDGED", 2),
            sent("POLICY_OWNER", "ACKNOWLEDGED", 2, acknowledgedBy="Paula Raman", acknowledgedAt=at(128)),
            sent("INCIDENT_COMMANDER", "ACKNOWLEDGED", 302, attempts=2),
        ],
        "severityDecisions": [
            decision(to="S2", rule="feature-error", reason="S2 because the alert is an error of one feature"),
            decision(**{"from": "S2"}, decidedAt=at(1)),
        ],
        "timeline": timeline(
            event(
                1, "triggered", 0, "Card payments failing at EU checkout: S1 because the alert is critical"
            ),
            event(2, "paged", 2, "Paging the on-call operator"),
            event(3, "policy_owner_looped_in", 2, "Looped in Trust & Safety, the policy owner for S1"),
            event(4, "page_failed", 4, "PagerDuty did not answer: timeout, trying again in 1 s"),
            event(5, "escalated", 302, "No acknowledgement within 5 minutes: paging the incident commander"),
            event(6, "acknowledged", 385, "Ivan Petrov acknowledged", "Ivan Petrov", "person:1"),
            event(
                7,
                "note",
                590,
                "Northgate rejects every 3-D Secure step-up with code 1A. Routing EU cards to Meridian.",
                "Ivan Petrov",
                "person:1",
            ),
            event(
                8, "alert_joined", 700, "Queue of retries above 500 is part of it", "prometheus-eu", "source"
            ),
            event(
                9,
                "note",
                1802,
                "Three enterprise customers ask for an ETA. Error rate is falling, draft for them is ready.",
                "Olive Okafor",
                "person:1",
            ),
        ),
        "obligations": [
            {
                "kind": "policy_owner_loop_in",
                "dueAt": at(300),
                "metAt": at(128),
                "metBy": "Paula Raman",
                "waivedBy": None,
                "waiveReason": None,
            }
        ],
        "metrics": {**FIGURES, "secondsToFirstAck": 385.0, "timeoutEscalationCount": 1},
    }
    return incident(**(values | changes))


def connection(nodes: list[Json], *, more: str | None = None) -> Json:
    """Nodes as a Relay connection; `more` is the cursor of the next page."""
    return {"nodes": nodes, "pageInfo": {"hasNextPage": more is not None, "endCursor": more}}


def timeline(*edges: Json, older: bool = False) -> Json:
    """Edges of a timeline, oldest first."""
    start = edges[0]["cursor"] if edges else None
    return {"edges": list(edges), "pageInfo": {"hasPreviousPage": older, "startCursor": start}}


def listed(number: int, severity: str, status: str, title: str, seconds: float, **changes: Any) -> Json:
    """One row of the list of incidents."""
    values: Json = {"number": number, "title": title, "status": status, "severity": severity}
    over = status in ("RESOLVED", "CLOSED", "CANCELED")
    times = {"triggeredAt": at(seconds), "resolvedAt": at(seconds + 2461) if over else None}
    who = {"acknowledgedBy": None, "commander": None, "acknowledgedAt": None, "updatesOverdue": 0}
    return values | times | who | changes


def incident_page(seconds: float = 114, **changes: Any) -> Mapping[str, Any]:
    """The context of the incident page."""
    values: Json = {"frame": incident_frame(seconds), "incident": incident(), "show": "all", "since": ""}
    return values | {"audiences": [], "before": "", "draft": "", "errors": [], "trend": None} | changes
