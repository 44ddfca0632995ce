"""PagerDuty's webhooks, version 3: what they say, once `app.outside.signatures` has found them authentic.

PagerDuty switches a subscription off for a day after three answers of 4xx, so a body that is authentic is
never an error here: what we do not understand is `Unknown`, to be stored and answered with 202.
Source: PagerDuty developer documentation, "Webhooks", "Behavior".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.outside.reading import mapping, moment, parsed, text


@dataclass(frozen=True, slots=True)
class Reference:
    """Somebody or something at PagerDuty."""

    id: str | None
    name: str | None
    kind: str | None


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """One change at PagerDuty. What it did not send is None or empty."""

    event_type: str
    id: str | None
    resource_type: str | None
    occurred_at: datetime | None
    agent: Reference | None
    client: str | None
    data: Mapping[str, Any] = field(repr=False)

    @property
    def incident_id(self) -> str | None:
        """PagerDuty's id of the incident that this is about."""
        return text(self._incident.get("id"))

    @property
    def incident_key(self) -> str | None:
        """Our `dedup_key`; absent when the incident has alerts and PagerDuty keeps the key on those."""
        return text(self._incident.get("incident_key"))

    @property
    def title(self) -> str | None:
        """The incident's title, which is our summary and so carries our marker."""
        return text(self._incident.get("title")) or text(self._incident.get("summary"))

    @property
    def status(self) -> str | None:
        """The incident's status after the change: triggered, acknowledged or resolved."""
        return text(self._incident.get("status"))

    @property
    def service_id(self) -> str | None:
        """What PagerDuty calls a service; with us one stands for one role."""
        return text(mapping(self._incident.get("service")).get("id"))

    @property
    def _incident(self) -> Mapping[str, Any]:
        return self.data if self.data.get("type") == "incident" else mapping(self.data.get("incident"))


@dataclass(frozen=True, slots=True)
class Unknown:
    """An authentic body that holds no event we can read."""

    raw: bytes = field(repr=False)


def parse(body: bytes) -> WebhookEvent | Unknown:
    """Read an authentic body. Never raises."""
    event = mapping(mapping(parsed(body)).get("event"))
    event_type = text(event.get("event_type"))
    if event_type is None:
        return Unknown(body)
    return WebhookEvent(
        event_type=event_type,
        id=text(event.get("id")),
        resource_type=text(event.get("resource_type")),
        occurred_at=moment(event.get("occurred_at")),
        agent=_reference(event.get("agent")),
        client=text(mapping(event.get("client")).get("name")),
        data=mapping(event.get("data")),
    )


def _reference(value: Any) -> Reference | None:
    found = mapping(value)
    if not found:
        return None
    name = text(found.get("summary")) or text(found.get("name"))
    return Reference(text(found.get("id")), name, text(found.get("type")))
