"""Senders that speak PagerDuty's Events API v2 and change one URL.

Source: PagerDuty developer documentation, "Send an Alert Event".
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import msgspec

from app.incidents import rules
from app.incidents.intake.signals import AlertSignal
from app.incidents.words import AlertSeverity
from app.outside.pagerduty.shapes import Acknowledge, Event, Trigger, decode_event


def read(body: bytes) -> list[AlertSignal]:
    """Read one event. Raises: TooLarge; InvalidInput, whose `path` names the field."""
    return [signal(decode_event(body))]


def signal(event: Event) -> AlertSignal:
    """Turn one event into a signal. A trigger without a key gets one, which the answer tells its sender."""
    if not isinstance(event, Trigger):
        return AlertSignal(
            action="acknowledge" if isinstance(event, Acknowledge) else "resolve",
            dedup_key=event.dedup_key,
            group_key=event.dedup_key,
        )
    key, payload = event.dedup_key or uuid.uuid4().hex, event.payload
    return AlertSignal(
        action="trigger",
        dedup_key=key,
        group_key=key,
        group_title=payload.summary,
        summary=payload.summary,
        origin=payload.source,
        severity=AlertSeverity(payload.severity),
        occurred_at=payload.occurred_at,
        component=payload.component,
        group=payload.group,
        class_=payload.class_,
        labels=labels_of(payload.custom_details, payload.class_, payload.group),
        custom_details=payload.custom_details or {},
        links=[msgspec.to_builtins(link) for link in event.links or []],
    )


def labels_of(details: Mapping[str, Any] | None, *words: str | None) -> dict[str, str]:
    """What rules look at: the scope may stand in `custom_details`, else `class` or `group` may name it."""
    told = details or {}
    named = {name: value for name in ("scope", "area") if isinstance(value := told.get(name), str)}
    for word in words:
        if word and word.lower() in rules.SCOPE_WORDS:
            named.setdefault("scope", word)
    return named
