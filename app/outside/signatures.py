"""Signatures over raw bodies: one core for every sender that signs with HMAC-SHA-256."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable


def hmac_sha256(secret: bytes, body: bytes) -> bytes:
    """Sign `body`. Source: RFC 2104 with SHA-256."""
    return hmac.digest(secret, body, hashlib.sha256)


def hmac_sha256_hex(secret: str, body: bytes) -> str:
    """Sign `body`, as lower-case hexadecimal."""
    return hmac_sha256(secret.encode(), body).hex()


def labelled(header: str, label: str) -> tuple[str, ...]:
    """Take the values of `label` from a header such as `t=12,v1=ab,v1=cd`."""
    pairs = (part.strip().partition("=") for part in header.split(","))
    return tuple(value for name, _, value in pairs if name == label and value)


def any_matches(candidates: Iterable[str], expected: Iterable[str]) -> bool:
    """Tell whether one candidate equals one expected signature; each pair is compared in constant time."""
    wanted = [one.encode() for one in expected]
    return any(hmac.compare_digest(one.encode(), other) for one in candidates for other in wanted)
