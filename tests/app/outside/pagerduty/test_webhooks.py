from datetime import UTC, datetime

import pytest

from app.outside.pagerduty.webhooks import Reference, Unknown, WebhookEvent, parse


def test_acknowledgement_is_read_with_who_and_when() -> None:
    event = parse(
        b'{"event":{"id":"01","event_type":"incident.acknowledged","resource_type":"incident",'
        b'"occurred_at":"2026-01-31T10:00:00.250+01:00","agent":{"id":"PU1","type":"user_reference","summary":"Olive"},'
        b'"client":{"name":"PagerDuty"},"data":{"id":"Q1","type":"incident","status":"acknowledged",'
        b'"incident_key":"opsbook:7:0:1","title":"[OPS-7] Down","service":{"id":"PS1"}}}}'
    )

    assert isinstance(event, WebhookEvent)
    assert event.occurred_at == datetime(2026, 1, 31, 9, 0, 0, 250_000, UTC)
    assert event.agent == Reference("PU1", "Olive", "user_reference")
    assert (event.incident_id, event.incident_key, event.status) == ("Q1", "opsbook:7:0:1", "acknowledged")
    assert (event.title, event.service_id, event.client) == ("[OPS-7] Down", "PS1", "PagerDuty")


def test_incident_is_found_behind_a_note() -> None:
    event = parse(
        b'{"event":{"event_type":"incident.annotated",'
        b'"data":{"id":"N1","type":"incident_note","incident":{"id":"Q1","summary":"Down"}}}}'
    )

    assert isinstance(event, WebhookEvent)
    assert (event.incident_id, event.title, event.incident_key) == ("Q1", "Down", None)


@pytest.mark.parametrize(
    "body",
    [
        b'{"event":{"event_type":"pagey.ping"}}',
        b'{"event":{"event_type":"incident.moon_phase.changed","data":[1],"agent":"x","client":3,"id":4}}',
        b'{"event":{"event_type":"incident.triggered","occurred_at":"yesterday","data":{"type":"incident","id":{}}}}',
        b'{"event":{"event_type":"incident.triggered","occurred_at":7,"data":null}}',
    ],
)
def test_unknown_types_and_odd_fields_are_no_error(body: bytes) -> None:
    event = parse(body)

    assert isinstance(event, WebhookEvent)
    assert (event.occurred_at, event.agent, event.incident_id) == (None, None, None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"[]",
        b"null",
        b'{"event":[]}',
        b'{"event":{}}',
        b'{"event":{"event_type":7}}',
        b"[" * 99_999,
        b"\xff",
    ],
)
def test_authentic_body_without_an_event_is_kept_as_it_came(body: bytes) -> None:
    assert parse(body) == Unknown(body)


def test_character_that_no_database_text_holds_is_replaced() -> None:
    event = parse(
        rb'{"event":{"event_type":"incident.triggered","data":{"type":"incident","title":"a\u0000b"}}}'
    )

    assert isinstance(event, WebhookEvent)
    assert event.title == "a�b"
