"""Sends events to PagerDuty's Events API v2. Accepted does not mean that somebody was paged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Literal

import msgspec

from app.outside import http
from app.outside.clipping import clipped
from app.outside.pagerduty.shapes import MAX_SUMMARY, Event, Trigger
from app.outside.secret import Secret

# PagerDuty answers in tens of milliseconds, so 5 s means that it hangs. Waiting longer helps nobody: the
# same dedup_key is sent again, and the second channel is due 30 s after the first attempt.
TIMEOUT = timedelta(seconds=5)
MAX_SENT_BYTES = 512_000  # "512 KB" in its smaller reading
MAX_REASON = 300
SERVER_ERROR = 500
LEFT_OUT = {"opsbook": "The details were larger than PagerDuty takes. Read them on the incident's page."}

FailedKind = http.FailureKind | Literal["server_error", "unexpected_answer"]


@dataclass(frozen=True, slots=True)
class Accepted:
    """PagerDuty took the event (202)."""

    dedup_key: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """PagerDuty will not take this event, however often it is sent (400, 413)."""

    permanent: ClassVar[bool] = True
    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class Throttled:
    """Too many events for this routing key (429). The event was not taken in."""

    permanent: ClassVar[bool] = False
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """No usable answer. PagerDuty may have taken the event all the same: send it again, same dedup_key."""

    kind: FailedKind
    status: int | None = None
    retry_after: timedelta | None = None
    permanent: bool = False


Outcome = Accepted | Refused | Throttled | Failed


class _Reply(msgspec.Struct):
    status: str = ""
    message: str = ""
    dedup_key: str | None = None
    errors: list[str] = []


async def send(client: http.Client, base_url: str, event: Event, *, within: timedelta = TIMEOUT) -> Outcome:
    """Send one event once; the outcome says whether to send it again. What fails outside never raises.

    Source: PagerDuty developer documentation, "Response Codes & Retry Logic".
    """
    answer = await client.send(
        "POST",
        f"{base_url.rstrip('/')}/v2/enqueue",
        headers={"Content-Type": "application/json"},
        body=encoded(event),
        within=within,
    )
    if isinstance(answer, http.Failure):
        return Failed(answer.kind, permanent=answer.permanent)
    return _outcome(answer, event.routing_key)


def encoded(event: Event) -> bytes:
    """Write the event so that PagerDuty takes it: summary cut, details left out where they do not fit."""
    if not isinstance(event, Trigger):
        return _json(event)
    summary = clipped(event.payload.summary, MAX_SUMMARY)
    event = msgspec.structs.replace(event, payload=msgspec.structs.replace(event.payload, summary=summary))
    try:
        body = _json(event)
    except (RecursionError, UnicodeEncodeError):  # details that were just shallow enough to come in
        return _json(_without_details(event))
    return body if len(body) <= MAX_SENT_BYTES else _json(_without_details(event))


def _outcome(answer: http.Answer, key: Secret) -> Outcome:
    wait = http.retry_after(answer.headers)
    match answer.status:
        case 202:
            return Accepted(_reply(answer).dedup_key)
        case 400 | 413:
            return Refused(answer.status, _reason(answer, key))
        case 429:
            return Throttled(wait)
        case status:
            return Failed("server_error" if status >= SERVER_ERROR else "unexpected_answer", status, wait)


def _reason(answer: http.Answer, key: Secret) -> str:
    reply = _reply(answer)
    said = ": ".join(part for part in (reply.message or reply.status, "; ".join(reply.errors)) if part)
    return clipped(key.masked(said), MAX_REASON) or f"PagerDuty answered {answer.status} without a reason."


def _reply(answer: http.Answer) -> _Reply:
    try:
        return msgspec.json.decode(answer.body, type=_Reply)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return _Reply()


def _json(event: Event) -> bytes:
    return msgspec.json.encode(event, enc_hook=_revealed)


def _revealed(value: object) -> str:
    if isinstance(value, Secret):
        return value.reveal()
    return str(value)


def _without_details(event: Trigger) -> Trigger:
    payload = msgspec.structs.replace(event.payload, custom_details=LEFT_OUT)
    return msgspec.structs.replace(event, payload=payload, links=None, images=None)
