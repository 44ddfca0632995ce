"""Contexts of silences: the list, one of them, the form, and what an incident says of them."""

from __future__ import annotations

from typing import Any

from tests.views import samples
from tests.views.samples import at, connection, frame

WRONG = [{"field": "matchers", "message": "This is no condition."}]
SILENCE: dict[str, Any] = {
    "id": "silence_3",
    "matchers": ["service ~ checkout-.*", "region in eu, us"],
    "reason": "The checkout moves to the new database",
    "state": "active",
    "startsAt": at(0),
    "endsAt": at(7200),
    "includesS0": False,
    "createdAt": at(0),
    "createdBy": "Olive Okafor",
    "endedBy": None,
    "held": 2,
}
ALERT: dict[str, Any] = {
    "summary": "checkout-eu is slow",
    "dedupKey": "checkout-eu",
    "source": "prometheus",
    "severity": "warning",
    "status": "suppressed",
    "count": 12,
    "lastOccurredAt": at(600),
    "incident": None,
}
RAISED = ALERT | {"status": "triggered", "incident": {"number": 2417}}
LISTED = [
    SILENCE | {"state": "scheduled", "held": 0},
    SILENCE,
    SILENCE | {"state": "over", "held": 0, "includesS0": True},
]
FORM: dict[str, Any] = {
    "frame": frame(section="silences"),
    "given": {"matchers": "service = checkout", "reason": "A drill", "minutes": "60", "starts": "", "s0": ""},
    "lengths": [{"id": "60", "name": "1 hour"}],
    "preview": None,
    "errors": [],
}
PREVIEW = {"matched": 2, "lookedAt": 40, "examples": ["checkout-eu is slow", "checkout-us is slow"]}
FRAME = frame(section="silences")
ENDED = SILENCE | {"state": "over", "endedBy": "Ivan Petrov", "includesS0": True, "alerts": [RAISED]}

PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "silences": ("silences/list.html", {"frame": FRAME, "silences": connection(LISTED, more="c3")}),
    "silences-none": ("silences/list.html", {"frame": FRAME, "silences": connection([])}),
    "silence": ("silences/page.html", {"frame": FRAME, "silence": SILENCE | {"alerts": [ALERT]}}),
    "silence-over": ("silences/page.html", {"frame": FRAME, "silence": ENDED}),
    "silence-empty": ("silences/page.html", {"frame": FRAME, "silence": SILENCE | {"alerts": []}}),
    "silence-new": ("silences/new.html", FORM),
    "silence-preview": ("silences/new.html", FORM | {"preview": PREVIEW}),
    "silence-wrong": ("silences/new.html", FORM | {"errors": WRONG}),
    "silenced": (
        "incidents/page.html",
        dict(samples.incident_page(incident=samples.incident(silences=[SILENCE]))),
    ),
}
