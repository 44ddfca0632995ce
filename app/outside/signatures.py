"""Signatures of webhooks, coming in and going out: one core for every scheme.

Headers are the sender's to choose, so whatever is wrong with them is a `Refusal`, never an exception.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from app.errors import InvalidInput
from app.outside.schemes import Scheme

ID = re.compile(r"[!-\-/-~]{1,255}")  # no full stop: in what is signed one ends the id
SECONDS = re.compile(r"[0-9]{1,11}")


class Refusal(Enum):
    """Why a webhook is not taken, in words that its sender may read."""

    NO_KEY = "No secret is set for it here."
    MISSING = "A header that its signature needs is missing."
    REPEATED = "A header or a part that its signature needs came twice."
    GARBLED = "Its id or its time cannot be read."
    WRONG = "None of its signatures is right."
    TOO_OLD = "It was signed too long ago."
    TOO_NEW = "It was signed in the future."


@dataclass(frozen=True, slots=True)
class Verified:
    """An authentic webhook.

    `message_id` is the same however often the sender sends it; it is signed only where `Scheme.signed` says
    so. Who must not act twice keeps it for twice the tolerance at least, in the transaction that acts.
    """

    message_id: str | None
    signed_at: datetime | None


def verify(
    scheme: Scheme,
    headers: Iterable[tuple[str, str]],
    body: bytes,
    secrets: Iterable[str],
    *,
    now: datetime | None,
) -> Verified | Refusal:
    """Tell whether one of `secrets` signed exactly these bytes, at about `now`, the database's time.

    `now` may be None where the scheme signs no time. Several secrets are right while one is rotated.
    """
    try:
        claim = _read(scheme, headers)
        _check_signatures(scheme, claim, body, _keys(scheme, secrets))
        return Verified(claim.message_id, _checked_time(scheme, claim, now))
    except _Refused as refused:
        return refused.why


def sign(
    scheme: Scheme, body: bytes, secrets: Iterable[str], *, message_id: str | None, now: datetime | None
) -> dict[str, str]:
    """Write the headers that `body` needs, with a signature for each of `secrets`.

    Raises: InvalidInput for an id or a secret with which no receiver could verify it.
    """
    if "{id}" in scheme.signed and not ID.fullmatch(message_id or ""):
        raise InvalidInput("A webhook's id is 1 to 255 visible characters of ASCII without a full stop.")
    keys = [scheme.key(secret) for secret in secrets]
    if not keys or not all(keys):
        raise InvalidInput("A webhook is signed with a secret. Set one that is not empty.")
    time = str(int(_needed(now).timestamp())) if scheme.time_header or scheme.time_label else ""
    parts = [scheme.time_label + time] if scheme.time_label else []
    parts += _signatures(scheme, _Claim(message_id, time), body, keys)
    more = {scheme.id_header: message_id, scheme.time_header: time}
    headers = {name: value for name, value in more.items() if name and value}
    return {scheme.header: scheme.between.join(parts), **headers}


@dataclass(frozen=True, slots=True)
class _Claim:
    """What headers say, believed or not. `time` is empty where the scheme signs none."""

    message_id: str | None
    time: str
    signatures: Sequence[str] = ()


class _Refused(Exception):
    def __init__(self, why: Refusal) -> None:
        super().__init__(why)
        self.why = why


def _read(scheme: Scheme, headers: Iterable[tuple[str, str]]) -> _Claim:
    found: dict[str, list[str]] = {}
    for name, value in headers:
        if value.strip():
            found.setdefault(name.lower(), []).append(value.strip())
    parts = [part.strip() for part in _one(_named(found, scheme.header)).split(scheme.between)]
    return _Claim(_id(scheme, found), _time(scheme, found, parts), parts)


def _named(found: Mapping[str, list[str]], name: str | None) -> list[str]:
    return found.get(name.lower(), []) if name else []


def _one(values: Sequence[str]) -> str:
    if len(values) != 1:
        raise _Refused(Refusal.REPEATED if values else Refusal.MISSING)
    return values[0]


def _id(scheme: Scheme, found: Mapping[str, list[str]]) -> str | None:
    values = _named(found, scheme.id_header)
    if "{id}" in scheme.signed and not ID.fullmatch(_one(values)):
        raise _Refused(Refusal.GARBLED)
    return _one(values) if values else None


def _time(scheme: Scheme, found: Mapping[str, list[str]], parts: Iterable[str]) -> str:
    label = scheme.time_label
    if label is None and scheme.time_header is None:
        return ""
    among = [part.removeprefix(label) for part in parts if part.startswith(label)] if label else []
    time = _one(among or _named(found, scheme.time_header))
    if not SECONDS.fullmatch(time):
        raise _Refused(Refusal.GARBLED)
    return time


def _keys(scheme: Scheme, secrets: Iterable[str]) -> list[bytes]:
    keys = []
    for secret in secrets:
        with suppress(InvalidInput):
            keys.append(scheme.key(secret))
    return [key for key in keys if key]


def _signatures(scheme: Scheme, claim: _Claim, body: bytes, keys: Iterable[bytes]) -> list[str]:
    head = scheme.signed.removesuffix("{body}").format(id=claim.message_id, time=claim.time)
    return [scheme.label + scheme.encode(hmac.digest(key, head.encode() + body, "sha256")) for key in keys]


def _check_signatures(scheme: Scheme, claim: _Claim, body: bytes, keys: Sequence[bytes]) -> None:
    if not keys:
        raise _Refused(Refusal.NO_KEY)
    wanted = [one.encode() for one in _signatures(scheme, claim, body, keys)]
    given = [one.encode(errors="replace") for one in claim.signatures]
    if not any(hmac.compare_digest(one, other) for one in given for other in wanted):
        raise _Refused(Refusal.WRONG)


def _checked_time(scheme: Scheme, claim: _Claim, now: datetime | None) -> datetime | None:
    """Judge the time last: what is too old is at least theirs, which tells of a clock or a long queue."""
    if not claim.time:
        return None
    signed_at, now = datetime.fromtimestamp(int(claim.time), UTC), _needed(now)
    if abs(signed_at - now) > scheme.tolerance:
        raise _Refused(Refusal.TOO_OLD if signed_at < now else Refusal.TOO_NEW)
    return signed_at


def _needed(now: datetime | None) -> datetime:
    if now is None:
        raise ValueError("This scheme signs a time: pass the database's.")
    return now
