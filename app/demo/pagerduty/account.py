"""What PagerDuty does with events: alerts that share a key, incidents, and who is notified.

Source: PagerDuty developer documentation, "Send an Alert Event"; support, "Why incidents fail to trigger".
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from app.demo.pagerduty.rota import CAST, Rota, three_rotas
from app.demo.pagerduty.schedule import Person

Status = Literal["triggered", "acknowledged", "resolved"]
Key = tuple[str, str]  # role and dedup_key
Listener = Callable[[str, "Incident", "Person | None"], None]


@dataclass(slots=True)
class Incident:
    """An incident with its one alert."""

    id: str
    number: int
    rota: Rota
    dedup_key: str
    title: str
    payload: Mapping[str, Any]
    client: str | None
    created_at: datetime
    changed_at: datetime
    status: Status = "triggered"
    changed_by: Person | None = None
    assignee: Person | None = None
    acknowledgements: list[tuple[datetime, Person | None]] = field(default_factory=list)
    log: list[tuple[datetime, str]] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Tell whether events still join it."""
        return self.status != "resolved"


@dataclass(frozen=True, slots=True)
class Notification:
    """A phone rang: this is the page that a person gets."""

    role: str
    person: Person
    incident_id: str
    dedup_key: str
    title: str
    at: datetime


class Account:
    """An account of PagerDuty, in memory, for one event loop."""

    def __init__(
        self, routing_keys: Mapping[str, str] | None = None, people: Mapping[str, Person] | None = None
    ) -> None:
        self.people = {**CAST, **(people or {})}
        self.rotas = three_rotas(routing_keys or {}, self.people)
        self.incidents: list[Incident] = []
        self.notifications: list[Notification] = []
        self.held: dict[Key, Mapping[str, Any]] = {}
        self.ahead = timedelta()  # lets a test keep its moved clock and ours together
        self.listeners: list[Listener] = []
        self.on_ring: list[Callable[[], None]] = []
        self.on_hold: list[Callable[[Key], None]] = []
        self.run, self.version = uuid.uuid4().hex, 0
        self._by_id: dict[str, Incident] = {}
        self._open_ones: dict[tuple[str, str], Incident] = {}
        self._numbers = itertools.count(1)

    def now(self) -> datetime:
        """PagerDuty's clock, which is neither ours nor the database's."""
        return datetime.now(UTC) + self.ahead

    def take(self, rota: Rota, event: Mapping[str, Any]) -> str:
        """Act on a valid event and return its key. Most of what can be wrong is dropped without a word."""
        key = event.get("dedup_key") or uuid.uuid4().hex
        found = self.open_incident(rota, key)
        match event["event_action"]:
            case "trigger":
                self._trigger(rota, {**event, "dedup_key": key}, found)
            case "acknowledge" if found:
                self.acknowledge(found)
            case "resolve" if found:
                self.resolve(found)
            case "resolve":
                self.held.pop((rota.role, key), None)  # what passes within the pause never rings
        return str(key)

    def open_incident(self, rota: Rota, dedup_key: str) -> Incident | None:
        """Find the open incident; a key of another rota's is not the same key."""
        return self._open_ones.get((rota.role, dedup_key))

    def incident(self, incident_id: str) -> Incident | None:
        """Find an incident by PagerDuty's id."""
        return self._by_id.get(incident_id)

    def person(self, email: str) -> Person | None:
        """Find a user by address."""
        return next((one for one in self.people.values() if one.email == email), None)

    def acknowledge(self, incident: Incident, agent: Person | None = None) -> None:
        """Stop the notifications; a repeat changes nothing. Without an agent it came as an event."""
        if incident.status == "triggered":
            incident.acknowledgements.append((self.now(), agent))
            self._change(incident, "acknowledged", "incident.acknowledged", agent)

    def unacknowledge(self, incident: Incident) -> None:
        """Let the acknowledgement run out, as `acknowledgement_timeout` does; the phone rings again."""
        if incident.status == "acknowledged":
            incident.acknowledgements.clear()
            self._change(incident, "triggered", "incident.unacknowledged", None)
            self._notify(incident)

    def resolve(self, incident: Incident, agent: Person | None = None) -> None:
        """Close the incident for good: the next trigger opens another."""
        if incident.is_open:
            self._open_ones.pop((incident.rota.role, incident.dedup_key), None)
            self._change(incident, "resolved", "incident.resolved", agent)

    def release(self, key: Key) -> None:
        """Let the pause of Auto-Pause run out for one alert, if it still waits: it opens its incident now."""
        if event := self.held.pop(key, None):
            self._open(self.rotas[key[0]], event)

    def _trigger(self, rota: Rota, event: Mapping[str, Any], found: Incident | None) -> None:
        if found:
            found.log.append((self.now(), "Triggered again; nobody is notified."))
            self._touch()
        elif rota.takes_events and rota.auto_pause:
            self._hold((rota.role, event["dedup_key"]), event)
        elif rota.takes_events:
            self._open(rota, event)

    def _hold(self, key: Key, event: Mapping[str, Any]) -> None:
        if key not in self.held:
            self.held[key] = event
            for listener in self.on_hold:
                listener(key)

    def _open(self, rota: Rota, event: Mapping[str, Any]) -> None:
        now, payload = self.now(), event["payload"]
        incident = Incident(
            id=f"Q{uuid.uuid4().hex[:13].upper()}",
            number=next(self._numbers),
            rota=rota,
            dedup_key=event["dedup_key"],
            title=payload["summary"],
            payload=payload,
            client=event.get("client"),
            created_at=now,
            changed_at=now,
            assignee=rota.schedule.on_call(rota.on_call, now),
        )
        self.incidents.append(incident)
        self._by_id[incident.id] = self._open_ones[rota.role, incident.dedup_key] = incident
        self._change(incident, "triggered", "incident.triggered", None)
        self._notify(incident)

    def _change(self, incident: Incident, status: Status, event_type: str, agent: Person | None) -> None:
        incident.status, incident.changed_at, incident.changed_by = status, self.now(), agent
        incident.log.append(
            (incident.changed_at, f"{status.capitalize()} by {agent.name if agent else 'API'}")
        )
        self._touch()
        for listener in self.listeners:
            listener(event_type, incident, agent)

    def _notify(self, incident: Incident) -> None:
        if incident.assignee is None:
            return
        self.notifications.append(
            Notification(
                role=incident.rota.role,
                person=incident.assignee,
                incident_id=incident.id,
                dedup_key=incident.dedup_key,
                title=incident.title,
                at=self.now(),
            )
        )
        for ring in self.on_ring:
            ring()

    def _touch(self) -> None:
        self.version += 1
