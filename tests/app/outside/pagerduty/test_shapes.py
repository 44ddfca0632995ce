from datetime import UTC, datetime

import msgspec
import pytest

from app.errors import InvalidInput, TooLarge
from app.outside.pagerduty.shapes import Acknowledge, Resolve, Trigger, decode_event
from app.outside.secret import Secret

EXAMPLE = {
    "routing_key": "the-source-key",
    "dedup_key": "db-7/disk",
    "event_action": "trigger",
    "client": "Nagios",
    "client_url": "https://nagios.example",
    "payload": {
        "summary": "Disk full on db-7",
        "source": "db-7.example",
        "severity": "critical",
        "timestamp": "2026-01-31T10:00:00.315+0100",
        "component": "postgres",
        "group": "prod",
        "class": "disk",
        "custom_details": {"free": "1 %", "load": 0.75},
    },
    "links": [{"href": "https://example.com/", "text": "Graph"}],
    "images": [{"src": "https://example.com/graph.png", "alt": "Graph"}],
    "a field of tomorrow": True,
}


def written(**changes: object) -> bytes:
    return msgspec.json.encode({**EXAMPLE, **changes})


def with_payload(**changes: object) -> bytes:
    payload = {**EXAMPLE["payload"], **changes}  # type: ignore[dict-item]
    return written(payload={name: value for name, value in payload.items() if value is not msgspec.UNSET})


def test_trigger_is_read_whole() -> None:
    event = decode_event(written())

    assert isinstance(event, Trigger)
    assert event.routing_key == Secret("the-source-key")
    assert (event.payload.class_, event.payload.custom_details) == ("disk", {"free": "1 %", "load": 0.75})
    assert event.payload.occurred_at == datetime(2026, 1, 31, 9, 0, 0, 315_000, UTC)
    assert event.links is not None
    assert event.links[0].text == "Graph"


@pytest.mark.parametrize(("action", "kind"), [("acknowledge", Acknowledge), ("resolve", Resolve)])
def test_answer_to_an_alert_needs_only_its_key(action: str, kind: type) -> None:
    event = decode_event(msgspec.json.encode({"routing_key": "k", "dedup_key": "d", "event_action": action}))

    assert isinstance(event, kind)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (with_payload(severity=msgspec.UNSET), "payload.severity"),
        (with_payload(severity="fatal"), "payload.severity"),
        (with_payload(summary=msgspec.UNSET), "payload.summary"),
        (with_payload(summary=""), "payload.summary"),
        (with_payload(summary="x" * 1025), "payload.summary"),
        (with_payload(source=msgspec.UNSET), "payload.source"),
        (with_payload(custom_details=["a"]), "payload.custom_details"),
        (with_payload(timestamp="yesterday"), "payload.timestamp"),
        (with_payload(timestamp="0001-01-01T00:00:00+23:00"), "payload.timestamp"),
        (written(payload=None), "payload"),
        (written(dedup_key="x" * 256), "dedup_key"),
        (written(event_action="close"), "event_action"),
        (written(event_action="resolve", dedup_key=None), "dedup_key"),
        (written(event_action="acknowledge", dedup_key=""), "dedup_key"),
        (written(routing_key=""), "routing_key"),
        (written(routing_key=7), "routing_key"),
        (written(links=[{"text": "no href"}]), "links.0.href"),
    ],
)
def test_wrong_field_of_an_event_is_named(body: bytes, path: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        decode_event(body)

    assert ".".join(raised.value.path) == path


@pytest.mark.parametrize("length", [1, 1024])
def test_summary_may_be_as_long_as_pagerduty_takes(length: int) -> None:
    assert isinstance(decode_event(with_payload(summary="é" * length)), Trigger)


def test_time_without_a_zone_is_utc() -> None:
    event = decode_event(with_payload(timestamp="2026-01-31T09:00:00"))

    assert isinstance(event, Trigger)
    assert event.payload.occurred_at == datetime(2026, 1, 31, 9, tzinfo=UTC)


def test_event_over_512_kilobytes_is_too_large() -> None:
    with pytest.raises(TooLarge):
        decode_event(with_payload(custom_details={"log": "x" * 512 * 1024}))


def test_routing_key_is_never_shown() -> None:
    assert "the-source-key" not in repr(decode_event(written()))
