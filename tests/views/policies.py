"""Escalation policies as their pages get them."""

from __future__ import annotations

from typing import Any

from tests.views.rows import PEOPLE
from tests.views.samples import at, frame
from tests.views.senders import SOURCES
from views import policies as words
from views.frame import Readiness

NOTHING: list[Any] = []


def step(role: str, delay: int, after: int, person: dict[str, str] | None = None) -> dict[str, Any]:
    """One step of a version."""
    return {"role": role, "delaySeconds": delay, "afterSeconds": after, "person": person}


def version(number: int, commander: int, **changes: Any) -> dict[str, Any]:
    """One version: the operator at once, the commander after so many seconds."""
    values = {
        "version": number,
        "repeats": 3,
        "lapsesAfterMinutes": 30,
        "reason": "" if number == 1 else "Nights are short",
        "createdAt": at(-90000 + number * 600),
        "createdBy": "Ivan Petrov",
        "steps": [step("OPERATOR", 0, 0), step("INCIDENT_COMMANDER", commander, commander)],
    }
    return values | changes


VERSIONS = [version(2, 180, repeats=1), version(1, 300)]
POLICY = {"id": "policy_1", "name": "default", "isDefault": True, "retiredAt": None, "sources": NOTHING}
RETIRED = POLICY | {"id": "policy_2", "name": "Nights", "isDefault": False, "retiredAt": at(-5)}
GIVEN = {
    "name": "Nights",
    "steps": [{"whom": "OPERATOR", "delay": "0"}, {"whom": "3", "delay": "1"}, {"whom": "", "delay": ""}],
    "repeats": "3",
    "lapsesAfterMinutes": "30",
    "reason": "",
}
LATE = [{"field": "steps", "message": "This pages the commander too late."}]


def one(policy: dict[str, Any], **changes: Any) -> tuple[str, dict[str, Any]]:
    """A policy's page."""
    context = {
        "frame": frame(section="policies"),
        "policy": policy | {"versions": VERSIONS},
        "told": words.told(VERSIONS[0]),
        "history": words.history(VERSIONS),
        "people": PEOPLE,
        "sources": SOURCES[:1],
        "given": GIVEN,
        "errors": NOTHING,
    }
    return "settings/policy.html", context | changes


POLICIES: dict[str, tuple[str, dict[str, Any]]] = {
    "policies": (
        "settings/policies.html",
        {
            "frame": frame(section="policies", readiness=Readiness(False, "Nobody is on call at level 1.")),
            "policies": [
                {**policy, "current": VERSIONS[0], "told": words.told(VERSIONS[0])}
                for policy in (POLICY, RETIRED)
            ],
        },
    ),
    "policy": one(POLICY),
    "policy-refused": one(POLICY, errors=LATE),
    "policy-retired": one(RETIRED | {"sources": SOURCES[:1]}),
    "policy-new": (
        "settings/policy_new.html",
        {"frame": frame(section="policies"), "people": PEOPLE, "given": GIVEN, "errors": LATE},
    ),
}
