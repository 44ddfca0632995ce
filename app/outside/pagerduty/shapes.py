"""The bodies of PagerDuty's Events API v2, which Opsbook sends and, for its own senders, takes in.

Source: PagerDuty developer documentation, "Send an Alert Event", and its published OpenAPI document.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from app.errors import InvalidInput, TooLarge
from app.outside import bodies
from app.outside.secret import Secret

MAX_SUMMARY = 1024
MAX_DEDUP_KEY = 255
MAX_BODY_BYTES = 512 * 1024

Severity = Literal["critical", "error", "warning", "info"]
Text = Annotated[str, Meta(min_length=1)]
Summary = Annotated[str, Meta(min_length=1, max_length=MAX_SUMMARY)]
DedupKey = Annotated[str, Meta(min_length=1, max_length=MAX_DEDUP_KEY)]


class Link(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A link that stands beside the alert."""

    href: str
    text: str | None = None


class Image(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An image that stands beside the alert; PagerDuty shows it only when it is served by HTTPS."""

    src: str
    href: str | None = None
    alt: str | None = None


class Payload(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"class_": "class"}):
    """What is wrong, where, and how badly."""

    summary: Summary
    source: Text
    severity: Severity
    timestamp: str | None = None
    component: str | None = None
    group: str | None = None
    class_: str | None = None
    custom_details: dict[str, Any] | None = None

    @property
    def occurred_at(self) -> datetime | None:
        """The sender's time in UTC; without a zone it is taken as UTC. None when it sent none.

        Raises: ValueError when `timestamp` is no ISO 8601 time.
        """
        if not self.timestamp:
            return None
        moment = datetime.fromisoformat(self.timestamp)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


class _Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="event_action"):
    routing_key: Secret


class Trigger(_Event, frozen=True, kw_only=True, omit_defaults=True, tag="trigger"):
    """Opens an alert, or joins the open one that has the same `dedup_key`."""

    payload: Payload
    dedup_key: Annotated[str, Meta(max_length=MAX_DEDUP_KEY)] | None = None
    links: list[Link] | None = None
    images: list[Image] | None = None
    client: str | None = None
    client_url: str | None = None


class Acknowledge(_Event, frozen=True, kw_only=True, omit_defaults=True, tag="acknowledge"):
    """Says that somebody works on the open alert."""

    dedup_key: DedupKey


class Resolve(_Event, frozen=True, kw_only=True, omit_defaults=True, tag="resolve"):
    """Closes the open alert."""

    dedup_key: DedupKey


Event = Trigger | Acknowledge | Resolve


class _Keyed(msgspec.Struct):
    routing_key: Secret


def routing_key(body: bytes) -> Secret:
    """Say whose event a body is, whatever else is wrong with it.

    Raises: TooLarge over 512 KB; InvalidInput, whose `path` names the field.
    """
    _check_size(body)
    keyed: _Keyed = bodies.decode(body, _Keyed)
    return keyed.routing_key


def decode_event(body: bytes) -> Event:
    """Read an event that a sender meant for PagerDuty.

    Raises: TooLarge over 512 KB; InvalidInput, whose `path` names the field.
    """
    _check_size(body)
    event: Event = bodies.decode(body, Event)
    if isinstance(event, Trigger):
        _check_time(event.payload)
    return event


def _check_size(body: bytes) -> None:
    if len(body) > MAX_BODY_BYTES:
        raise TooLarge("The event is larger than 512 KB. Send fewer custom_details.")


def _check_time(payload: Payload) -> None:
    try:
        _ = payload.occurred_at
    except (ValueError, OverflowError):
        raise InvalidInput(
            "payload.timestamp must be an ISO 8601 time such as 2026-01-31T09:30:00Z.",
            path=("payload", "timestamp"),
        ) from None
