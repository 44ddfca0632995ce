"""Contexts of what is merged: the form, and what the pages of both incidents say."""

from __future__ import annotations

from typing import Any

from tests.views import samples
from tests.views.rows import OPEN

MERGED = [{"number": 2418, "title": "Refunds time out"}]
CHOSEN = [one | {"version": 4} for one in OPEN]
FORM: dict[str, Any] = {
    "frame": samples.frame(),
    "merged": CHOSEN,
    "targets": CHOSEN,
    "into": str(CHOSEN[0]["number"]),
    "errors": [],
}
WITHOUT = [{"field": "into", "message": "Choose the incident that goes on."}]

PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "merging": ("incidents/merging.html", FORM),
    "merging-one": ("incidents/merging.html", FORM | {"merged": CHOSEN[:1], "into": "", "errors": WITHOUT}),
    "merging-none": ("incidents/merging.html", FORM | {"merged": [], "targets": []}),
    "merged": (
        "incidents/page.html",
        dict(samples.incident_page(incident=samples.incident(status="MERGED", mergedInto=MERGED[0]))),
    ),
    "merged-in": (
        "incidents/page.html",
        dict(samples.incident_page(incident=samples.incident(merged=MERGED, flappingSince=samples.at(60)))),
    ),
}
