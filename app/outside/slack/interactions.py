"""What Slack tells us when somebody presses a button, once `app.outside.signatures` has found it authentic.

Slack shows people an error when it is not answered 200 within 3 seconds, so a body that is authentic is never
an error here: what we do not understand is `Unknown`.
Source: Slack documentation, "Handling user interaction", "block_actions payload".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from app.outside.reading import mapping, objects, parsed, text
from app.outside.secret import Secret

MAX_FIELDS = 10  # Slack sends one, `payload`


@dataclass(frozen=True, slots=True)
class Press:
    """Somebody pressed a button. Whoever has the `response_url` can write over the message."""

    action_id: str
    value: str
    user_id: str
    user_name: str
    pressed_at: datetime | None
    response_url: Secret | None
    team_id: str | None = None
    channel_id: str | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """An authentic body that holds no press of a button that we can read."""

    raw: bytes = field(repr=False)


def parse(body: bytes) -> Press | Unknown:
    """Read an authentic body: a form whose field `payload` is JSON. Never raises."""
    payload = mapping(parsed(_payload(body)))
    action = next(iter(objects(payload.get("actions"))), {})
    user = mapping(payload.get("user"))
    action_id, user_id = text(action.get("action_id")), text(user.get("id"))
    if payload.get("type") != "block_actions" or action_id is None or user_id is None:
        return Unknown(body)
    response_url = text(payload.get("response_url"))
    return Press(
        action_id=action_id,
        value=text(action.get("value")) or "",
        user_id=user_id,
        user_name=text(user.get("name")) or text(user.get("username")) or user_id,
        pressed_at=_moment(action.get("action_ts")),
        response_url=Secret(response_url) if response_url else None,
        team_id=text(mapping(payload.get("team")).get("id")),
        channel_id=text(mapping(payload.get("channel")).get("id")),
    )


def _payload(body: bytes) -> bytes:
    try:
        fields = parse_qs(body.decode(), max_num_fields=MAX_FIELDS)
    except ValueError:  # no UTF-8, or too many fields
        return b""
    return fields.get("payload", [""])[0].encode(errors="replace")


def _moment(value: Any) -> datetime | None:
    """Read seconds since 1970 as Slack writes them: `1548426417.840180`."""
    if not isinstance(value, str) or not value.replace(".", "", 1).isdecimal() or not value.isascii():
        return None
    try:
        return datetime.fromtimestamp(float(value), UTC)
    except (ValueError, OverflowError, OSError):
        return None
