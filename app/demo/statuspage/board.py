"""What Statuspage keeps of one page: components, incidents and their updates.

Source: Statuspage API 1.0.0, its OpenAPI document: "Incident", "IncidentUpdate", "Component".
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.demo.loopback.clock import Clock, shown

Json = dict[str, Any]
STATUSES = ("investigating", "identified", "monitoring", "resolved")
COMPONENT_STATUSES = (
    "operational",
    "degraded_performance",
    "partial_outage",
    "major_outage",
    "under_maintenance",
)
IMPACTS = ("none", "maintenance", "minor", "major", "critical")
MAX_NAME, MAX_BODY = 255, 25_000
IMPACT_OF = {"degraded_performance": "minor", "partial_outage": "major", "major_outage": "critical"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One update of an incident, as readers see it. `notified`: subscribers got it, too."""

    id: str
    status: str
    body: str
    at: datetime
    notified: bool


@dataclass(slots=True)
class Incident:
    """An incident of the page."""

    id: str
    name: str
    created_at: datetime
    status: str = "investigating"
    impact: str = "none"
    metadata: Mapping[str, Any] = field(default_factory=dict)
    component_ids: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)


@dataclass(slots=True)
class Board:
    """The page. `components` holds the status of each by its id."""

    clock: Clock = field(default_factory=Clock)
    components: dict[str, str] = field(
        default_factory=lambda: {"checkout": "operational", "api": "operational"}
    )
    incidents: list[Incident] = field(default_factory=list)

    def complaints(self, wanted: Any, *, is_new: bool) -> list[str]:
        """List what is wrong with a request's incident; empty when Statuspage would take it."""
        if not isinstance(wanted, dict):
            return ["incident is missing"]
        found = [] if wanted.get("name") or not is_new else ["Name can't be blank"]
        found += _too_long(wanted)
        if wanted.get("status", "investigating") not in STATUSES:
            found.append("Status is not included in the list")
        if wanted.get("impact_override", "none") not in IMPACTS:
            found.append("Impact override is not included in the list")
        return found + _metadata(wanted) + self._components(wanted)

    def change(self, incident: Incident, wanted: Json) -> None:
        """Do what a valid request says; one with a text or a new status adds an update."""
        incident.name = wanted.get("name", incident.name)
        incident.metadata = wanted.get("metadata", incident.metadata)
        incident.component_ids = wanted.get("component_ids", incident.component_ids)
        statuses = wanted.get("components", {})
        self.components |= statuses
        incident.impact = wanted.get("impact_override") or _worst(statuses) or incident.impact
        is_update = "body" in wanted or wanted.get("status", incident.status) != incident.status
        incident.status = wanted.get("status", incident.status)
        if is_update:
            entry = Entry(
                id=secrets.token_hex(6),
                status=incident.status,
                body=wanted.get("body", ""),
                at=self.clock.now(),
                notified=wanted.get("deliver_notifications", True),
            )
            incident.entries.append(entry)

    def add(self, wanted: Json) -> Incident:
        """Open an incident; its text is its first update."""
        incident = Incident(secrets.token_hex(6), wanted["name"], self.clock.now())
        self.incidents.append(incident)
        self.change(incident, {"body": "", **wanted})
        return incident

    def find(self, incident_id: str) -> Incident | None:
        """Find an incident by its id."""
        return next((one for one in self.incidents if one.id == incident_id), None)

    def shown(self, incident: Incident) -> Json:
        """Show an incident as the API does, its newest update first."""
        return {
            "id": incident.id,
            "name": incident.name,
            "status": incident.status,
            "impact": incident.impact,
            "shortlink": f"https://stspg.example/{incident.id}",
            "metadata": incident.metadata,
            "created_at": shown(incident.created_at),
            "components": [
                {"id": one, "name": one, "status": self.components[one]} for one in incident.component_ids
            ],
            "incident_updates": [
                {
                    "id": one.id,
                    "incident_id": incident.id,
                    "status": one.status,
                    "body": one.body,
                    "created_at": shown(one.at),
                    "deliver_notifications": one.notified,
                }
                for one in reversed(incident.entries)
            ],
        }

    def _components(self, wanted: Json) -> list[str]:
        statuses, ids = wanted.get("components", {}), wanted.get("component_ids", [])
        if not isinstance(statuses, dict) or not isinstance(ids, list):
            return ["Components is invalid"]
        unknown = [one for one in [*statuses, *ids] if one not in self.components]
        wrong = [one for one in statuses.values() if one not in COMPONENT_STATUSES]
        return ["Components is invalid"] if unknown or wrong else []


def _too_long(wanted: Json) -> list[str]:
    limits = {"name": MAX_NAME, "body": MAX_BODY}
    return [
        f"{name.capitalize()} is too long (maximum is {limit} characters)"
        for name, limit in limits.items()
        if not isinstance(wanted.get(name, ""), str) or len(wanted.get(name, "")) > limit
    ]


def _metadata(wanted: Json) -> list[str]:
    metadata = wanted.get("metadata", {})
    is_right = isinstance(metadata, dict) and all(isinstance(one, dict) for one in metadata.values())
    return [] if is_right else ["Metadata: all top level values must be objects"]


def _worst(statuses: Mapping[str, str]) -> str | None:
    impacts = [IMPACT_OF[one] for one in statuses.values() if one in IMPACT_OF]
    return max(impacts, key=IMPACTS.index, default=None)
