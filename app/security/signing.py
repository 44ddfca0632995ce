"""Signed texts that travel through other hands, such as a page's link: all may read them, none make them.

A token reads `payload.signature`, both in URL-safe base64. Each purpose signs with a key of its own, so that
a token for one opens nothing of another.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from app.errors import Unauthenticated

LONGEST: Final = 2000


class WrongSignature(Unauthenticated):
    """Not made by us, not for this purpose, or changed on the way."""


class ExpiredSignature(Unauthenticated):
    """Made by us, too long ago."""


def sign(secret_key: str, purpose: str, payload: Mapping[str, Any], expires_at: datetime) -> str:
    """Sign a JSON object that `verify` gives back until `expires_at`."""
    content = {"for": dict(payload), "until": expires_at.timestamp()}
    body = _encoded(json.dumps(content, separators=(",", ":"), sort_keys=True).encode())
    return f"{body}.{_signature(secret_key, purpose, body)}"


def verify(secret_key: str, purpose: str, token: str, *, now: datetime) -> dict[str, Any]:
    """Give back what was signed. `now` is the database's time.

    Raises: WrongSignature; ExpiredSignature.
    """
    body, _, signature = token.partition(".")
    genuine = _signature(secret_key, purpose, body)
    if len(token) > LONGEST or not _same(signature, genuine):
        raise WrongSignature("This link is not complete or not ours. Open the newest one you were sent.")
    content = json.loads(urlsafe_b64decode(_padded(body)))
    if now >= datetime.fromtimestamp(content["until"], UTC):
        raise ExpiredSignature("This link has expired. Open the newest one you were sent, or sign in.")
    signed: dict[str, Any] = content["for"]
    return signed


def _signature(secret_key: str, purpose: str, body: str) -> str:
    key = hmac.digest(secret_key.encode(), f"opsbook signing for {purpose}".encode(), hashlib.sha256)
    return _encoded(hmac.digest(key, body.encode("utf-8", "surrogatepass"), hashlib.sha256))


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode())


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _padded(text: str) -> str:
    return text + "=" * (-len(text) % 4)
