"""What the pages after an incident are shown: its checklist and its report."""

from __future__ import annotations

from typing import Any

from tests.views import samples
from tests.views.samples import Json, at, frame, person


def item(key: str, title: str, **changes: Any) -> Json:
    """A step of the checklist, open unless told otherwise."""
    values: Json = {"key": key, "title": title, "done": False, "missing": ["It is not there."], "waivers": []}
    nothing: Json = {"doneBy": None, "doneAt": None, "evidence": {}, "evidenceUrl": None, "waived": False}
    return values | nothing | changes


def signature(name: str, role: str) -> Json:
    """Somebody's signature under leaving a step out."""
    return {"role": role, "reason": "There is no view yet", "signedAt": at(2600), "person": person(name)}


def checklist() -> list[Json]:
    """One step done, one left out, one that lacks a signature, one with a link."""
    one, other = signature("Ivan Petrov", "commander"), signature("Paula Raman", "policy_owner")
    done = {"done": True, "missing": [], "doneBy": "Olive Okafor", "doneAt": at(2550)}
    change = "https://git.example/pull/7"
    return [
        item("timeline", "Capture the timeline", **done, evidence={"entries": 9}),
        item("revenue_proof", "Attach saved revenue views", waived=True, waivers=[one, other]),
        item("retrospective", "File the retrospective in Operations", waivers=[one]),
        item("playbooks", "Update the playbooks", **done, evidenceUrl=change),
    ]


def over(**changes: Any) -> Json:
    """An incident in its review."""
    filed = {"url": None, "state": None, "lastError": "The token may not write issues.", "attempts": 2}
    values = {"status": "RESOLVED", "resolvedAt": at(2500), "checklist": checklist()}
    return samples.answered(**values, retrospective=filed, **changes)


def report() -> Json:
    """Everything about an incident."""
    moments = {"triggered_at": at(0), "acknowledged_at": at(385), "resolved_at": at(2500)}
    return {
        "incident": {
            "number": 2417,
            "title": "Card payments failing at EU checkout",
            "severity": "S1",
            "status": "resolved",
            "acknowledged_by": "Ivan Petrov",
            **moments,
        },
        "commander": "Ivan Petrov",
        "participants": [
            {"name": "Olive", "role": "operator", "assumed_at": at(2), "renounced_at": at(900)},
            {"name": "Ivan", "role": "incident_commander", "assumed_at": at(385), "renounced_at": None},
        ],
        "decisions": [
            {"from": None, "to": "S1", "reason": "Money", "decided_by": "prometheus", "decided_at": at(0)},
            {"from": "S1", "to": "S0", "reason": "All of it", "decided_by": "Ivan", "decided_at": at(400)},
        ],
        "pages": [
            {"role": "operator", "provider": "pagerduty", "status": "failed", "accepted_at": None}
            | {"acknowledged_by": None},
            {"role": "incident_commander", "provider": "mail", "status": "acknowledged"}
            | {"accepted_at": at(301), "acknowledged_by": "Ivan", "acknowledged_at": at(385)},
        ],
        "obligations": [
            {"kind": "policy_owner_loop_in", "due_at": at(300), "met_at": at(128), "met_by": "Paula"},
            {"kind": "next_update", "due_at": at(300), "met_at": None, "waived_by": ["Ivan"]}
            | {"waive_reason": "A drill"},
            {"kind": "first_public_update", "due_at": at(300), "met_at": None, "waived_by": None},
        ],
        "checklist": [
            {"title": "Capture the timeline", "done": True, "done_by": "Olive", "done_at": at(2550)}
            | {"evidence": {"entries": 9}, "evidence_url": None, "waivers": [], "missing": []},
            {"title": "Update the playbooks", "done": False, "evidence": {}, "evidence_url": None}
            | {"waivers": [], "missing": ["No change is linked."]},
            {"title": "Attach views", "done": False, "evidence": {}, "evidence_url": None, "missing": []}
            | {"waivers": [{"name": "Ivan", "reason": "None yet"}, {"name": "Paula", "reason": "None yet"}]},
        ],
        "alerts": [
            {"summary": "34 % errors", "source": "prometheus", "count": 4, "last_occurred_at": at(96)}
        ],
        "timeline": [
            {"seq": 1, "occurred_at": at(0), "text": "Triggered", "actor": "prometheus"},
            {"seq": 2, "occurred_at": at(385), "text": "Ivan acknowledged", "actor": "Ivan"},
        ],
        "head": "ab" * 32,
        "broken_at": None,
        "url": "https://ops.example/incidents/2417",
    }


FORM: dict[str, Any] = {
    "frame": frame(roles=frozenset({"commander"})),
    "incident": over(),
    "given": {"url": "", "reason": "", "waive": ""},
    "errors": [],
}
PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "review": ("incidents/page.html", dict(samples.incident_page(5000, incident=over()))),
    **{
        f"checklist-{one['key']}": ("incidents/checklist_item.html", FORM | {"item": one})
        for one in checklist()
    },
    "report": ("incidents/report.html", {"frame": frame(), "report": report()}),
    "report-broken": (
        "incidents/report.html",
        {"frame": frame(), "report": report() | {"broken_at": 2, "commander": None, "alerts": []}},
    ),
}
