"""CloudEvents 1.0: structured JSON, batches, and binary mode, whose attributes are headers.

Source: CloudEvents specification 1.0.2, "JSON Event Format" and "HTTP Protocol Binding".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal
from urllib.parse import unquote

import msgspec
from msgspec import Meta

from app.errors import InvalidInput
from app.incidents.declared import Declared
from app.incidents.intake import mapping
from app.incidents.intake.pagerduty import labels_of
from app.incidents.intake.receiving import Delivery
from app.incidents.intake.signals import AlertSignal
from app.incidents.models import AlertSource
from app.incidents.words import AlertSeverity
from app.outside import bodies
from app.outside.complaints import named
from app.outside.pagerduty.shapes import MAX_DEDUP_KEY, DedupKey, Link, Severity, Summary, Text

EVENT = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
HEADER = "ce-"
# Each event may open an incident of its own, and all of them share one transaction.
MOST_EVENTS = 500

Path = tuple[str, ...]
Moment = Annotated[datetime, Meta(tz=True)]
Headers = Sequence[tuple[str, str]]


class Event(msgspec.Struct, kw_only=True):
    """One event. Attributes that are null count as absent, and extensions are left alone."""

    specversion: Literal["1.0"]
    id: Text
    source: Text
    type: Text
    subject: Text | None = None
    time: Moment | None = None
    data: msgspec.Raw = msgspec.Raw(b"null")


class Told(msgspec.Struct, kw_only=True, rename={"class_": "class"}):
    """What is wrong, in the words of PagerDuty's Events API; the event's attributes say the rest."""

    summary: Summary | None = None
    severity: Severity | None = None
    source: Text | None = None
    timestamp: Moment | None = None
    component: str | None = None
    group: str | None = None
    class_: str | None = None
    custom_details: dict[str, Any] | None = None


class Data(Told, kw_only=True):
    """An event of the Events API without its key; what is wrong may also stand beside, not in, `payload`."""

    event_action: Literal["trigger", "acknowledge", "resolve"] = "trigger"
    dedup_key: DedupKey | None = None
    payload: Told | None = None
    links: list[Link] = []


def parts(source: AlertSource, delivery: Delivery) -> list[Delivery]:
    """Take a body apart into its events, each of which is stored by itself, whichever way it came.

    Raises: InvalidInput, whose `path` names the attribute or the header.
    """
    how = mapping.of(source)
    kind = delivery.content_type.partition(";")[0].strip().lower()
    if kind == BATCH:
        return _batch(how, delivery)
    if kind.startswith("application/cloudevents") and kind != EVENT:
        raise InvalidInput(f"Send {EVENT} or {BATCH}: {kind} is not read here.", path=("content-type",))
    body = delivery.body if kind == EVENT else _as_structured(delivery.headers, kind, delivery.body)
    return [_part(how, delivery, body, bodies.decode(body, Event), ())]


def read(how: Declared | None, at: Path, body: bytes) -> list[AlertSignal]:
    """Read one event in its structured form, which stands at `at` in the body that came.

    Its data speaks PagerDuty's words, unless its source declares `how` it is read.
    Raises: InvalidInput, whose `path` names the field.
    """
    event = bodies.decode(body, Event, at=at)
    if how is not None:
        return mapping.signals(how, bodies.decode(bytes(event.data), Any), (*at, "data"))
    data = bodies.decode(bytes(event.data), Data, at=(*at, "data"))
    key = data.dedup_key or _key(event)
    if data.event_action != "trigger":
        return [AlertSignal(action=data.event_action, dedup_key=key, group_key=key)]
    return [_trigger(event, data, key, (*at, "data"))]


def _batch(how: Declared | None, delivery: Delivery) -> list[Delivery]:
    events = bodies.decode(delivery.body, Annotated[list[Event], Meta(max_length=MOST_EVENTS)])
    raw = msgspec.json.decode(delivery.body, type=list[msgspec.Raw])
    return [
        _part(how, delivery, bytes(body), event, (str(place),))
        for place, (body, event) in enumerate(zip(raw, events, strict=True))
    ]


def _part(how: Declared | None, delivery: Delivery, body: bytes, event: Event, at: Path) -> Delivery:
    # `source` and `id` together name an event for ever. Hashed, for an index takes no key of any length.
    name = msgspec.json.encode((event.source, event.id))
    key = f"cloudevents:{hashlib.sha256(name).hexdigest()}"
    return replace(delivery, body=body, content_type=EVENT, idempotency_key=key, read=partial(read, how, at))


def _trigger(event: Event, data: Data, key: str, at: Path) -> AlertSignal:
    told, at = (data.payload, (*at, "payload")) if data.payload else (data, at)
    summary = _demanded(told.summary, (*at, "summary"))
    return AlertSignal(
        action="trigger",
        dedup_key=key,
        group_key=key,
        group_title=summary,
        summary=summary,
        origin=told.source or event.source,
        severity=AlertSeverity(_demanded(told.severity, (*at, "severity"))),
        occurred_at=told.timestamp or event.time,
        component=told.component or event.subject,
        group=told.group,
        class_=told.class_ or event.type,
        labels=labels_of(told.custom_details, told.class_, told.group),
        custom_details=told.custom_details or {},
        links=[msgspec.to_builtins(link) for link in data.links],
    )


def _demanded(value: str | None, path: Path) -> str:
    if value is None:
        raise InvalidInput(f"{named(path)} is required when an alert is triggered.", path=path)
    return value


def _key(event: Event) -> str:
    """Name the alert when the data does not: by what the event is about, else by the event itself."""
    key = f"{event.source}#{event.subject or event.id}"
    return key if len(key) <= MAX_DEDUP_KEY else hashlib.sha256(key.encode()).hexdigest()


def _as_structured(headers: Headers, kind: str, body: bytes) -> bytes:
    """Write an event that came in binary mode as it would have come in structured mode."""
    attributes = _attributes(headers)
    if not attributes:
        reason = f"Send {EVENT}, {BATCH}, or the event's attributes as headers: ce-id, ce-source and so on."
        raise InvalidInput(reason, path=("content-type",))
    for name in ("specversion", "id", "source", "type"):
        if not attributes.get(name):
            raise InvalidInput(f"The header {HEADER}{name} is required.", path=(HEADER + name,))
    if body and kind and not (kind == "application/json" or kind.endswith("+json")):
        raise InvalidInput("The data must be JSON. Send it as application/json.", path=("content-type",))
    bodies.decode(body or b"null", Any)  # refuses what is no JSON
    data = msgspec.Raw(body or b"null")
    return msgspec.json.encode({**attributes, "datacontenttype": kind or None, "data": data})


def _attributes(headers: Headers) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for name, value in headers:
        attribute = name.lower().removeprefix(HEADER)
        if attribute == name.lower() or attribute == "data":
            continue
        if attribute in found:
            raise InvalidInput(f"The header {name} came twice. Send it once.", path=(name,))
        found[attribute] = _unescaped(name, value)
    return found


def _unescaped(name: str, value: str) -> str:
    """Read a header's value: first its quotes and their backslashes, then its percent signs, each once."""
    value = value.strip()
    if len(value) > 1 and value.startswith('"') and value.endswith('"'):
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError:
        raise InvalidInput(
            f"The header {name} is not UTF-8 behind its percent signs.", path=(name,)
        ) from None
