from __future__ import annotations

import json
from typing import Any

import pytest

from app.incidents import rules
from app.incidents.intake import pagerduty
from app.incidents.intake.signals import AlertSignal
from app.incidents.words import AlertScope
from app.outside.pagerduty.shapes import decode_event
from tests.app.incidents.world import trigger


def read(event: dict[str, Any]) -> AlertSignal:
    return pagerduty.signal(decode_event(json.dumps(event).encode()))


def test_a_trigger_says_what_its_payload_says() -> None:
    signal = read(trigger("disk", component="db-1", timestamp="2026-01-31T09:30:00Z"))

    assert (signal.action, signal.dedup_key, signal.group_key) == ("trigger", "disk", "disk")
    assert (signal.summary, signal.origin, signal.component) == ("disk is down", "probe", "db-1")
    assert signal.occurred_at is not None
    assert signal.occurred_at.isoformat() == "2026-01-31T09:30:00+00:00"


def test_a_trigger_without_a_key_gets_one() -> None:
    event = trigger()
    del event["dedup_key"]

    first, second = read(event), read(event)

    assert first.dedup_key != second.dedup_key
    assert first.group_key == first.dedup_key


@pytest.mark.parametrize("action", ["acknowledge", "resolve"])
def test_what_is_known_or_over_names_its_alert(action: str) -> None:
    signal = read({"routing_key": "k", "event_action": action, "dedup_key": "disk"})

    assert (signal.action, signal.dedup_key) == (action, "disk")


@pytest.mark.parametrize(
    "payload",
    [
        {"custom_details": {"scope": "payments"}},
        {"class": "Checkout"},
        {"class": "disk full", "group": "billing"},
        {"class": "platform", "custom_details": {"scope": "revenue"}},
    ],
)
def test_what_it_is_about_may_stand_in_several_places(payload: dict[str, Any]) -> None:
    signal = read(trigger(**{"class": None, **payload}))

    assert rules.scope_of(signal.labels) is AlertScope.MONETISATION


def test_details_that_are_no_words_are_no_labels() -> None:
    details = {"scope": {"of": "platform"}, "area": 7}
    event = trigger(custom_details=details)
    del event["payload"]["class"]

    signal = read(event)

    assert rules.scope_of(signal.labels) is None
