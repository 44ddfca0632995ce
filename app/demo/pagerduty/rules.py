"""PagerDuty's published rules for an event body, written down a second time and apart from our client.

Source: PagerDuty's OpenAPI document of the Events API v2 and "Send an Alert Event".
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

MAX_BODY_BYTES = 512 * 1024
MAX_SUMMARY = 1024
MAX_DEDUP_KEY = 255
ROUTING_KEY_LENGTH = 32
ACTIONS = ("trigger", "acknowledge", "resolve")
SEVERITIES = ("critical", "warning", "error", "info")


def complaints(event: Any) -> list[str]:
    """List what is wrong with a decoded body; empty when PagerDuty would take it."""
    if not isinstance(event, dict):
        return ["The event must be an object"]
    return [
        *_envelope(event),
        *_context(event),
        *(_payload(event) if event.get("event_action") == "trigger" else ()),
    ]


def _envelope(event: dict[str, Any]) -> Iterator[str]:
    key, dedup_key = event.get("routing_key"), event.get("dedup_key")
    if not isinstance(key, str) or len(key) != ROUTING_KEY_LENGTH:
        yield f"'routing_key' must be a string of {ROUTING_KEY_LENGTH} characters"
    if event.get("event_action") not in ACTIONS:
        yield f"'event_action' must be one of {', '.join(ACTIONS)}"
    if dedup_key is None and event.get("event_action") != "trigger":
        yield "'dedup_key' is missing"
    if dedup_key is not None and not (isinstance(dedup_key, str) and len(dedup_key) <= MAX_DEDUP_KEY):
        yield f"'dedup_key' must be a string of at most {MAX_DEDUP_KEY} characters"


def _payload(event: dict[str, Any]) -> Iterator[str]:
    payload = event.get("payload")
    if not isinstance(payload, dict):
        yield "'payload' is missing"
        return
    for name in ("summary", "source"):
        if not isinstance(payload.get(name), str) or not payload[name].strip():
            yield f"'payload.{name}' is missing or blank"
    if len(str(payload.get("summary"))) > MAX_SUMMARY:
        yield f"'payload.summary' must have at most {MAX_SUMMARY} characters"
    if payload.get("severity") not in SEVERITIES:
        yield f"'payload.severity' must be one of {', '.join(SEVERITIES)}"
    yield from _optional(payload)


def _optional(payload: dict[str, Any]) -> Iterator[str]:
    for name in ("component", "group", "class"):
        if not isinstance(payload.get(name, ""), str):
            yield f"'payload.{name}' must be a string"
    if not isinstance(payload.get("custom_details", {}), dict):
        yield "'payload.custom_details' must be an object"
    if not _is_time(payload.get("timestamp", "2015-07-17T08:42:58.315+0000")):
        yield "'payload.timestamp' must be an ISO 8601 time"


def _context(event: dict[str, Any]) -> Iterator[str]:
    for name in ("client", "client_url"):
        if not isinstance(event.get(name, ""), str):
            yield f"'{name}' must be a string"
    for name, address, schemes in (("links", "href", ("http", "https")), ("images", "src", ("https",))):
        entries = event.get(name, [])
        if not isinstance(entries, list) or not all(
            _leads_somewhere(one, address, schemes) for one in entries
        ):
            yield f"'{name}' must be a list of objects with a valid '{address}'"


def _leads_somewhere(entry: Any, address: str, schemes: tuple[str, ...]) -> bool:
    value = entry.get(address) if isinstance(entry, dict) else None
    return isinstance(value, str) and urlsplit(value).scheme in schemes


def _is_time(value: Any) -> bool:
    try:
        return bool(datetime.fromisoformat(value))
    except (TypeError, ValueError):
        return False
