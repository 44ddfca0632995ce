"""Time-based one-time passwords, as every authenticator app reckons them. Source: RFC 6238, RFC 4226."""

from __future__ import annotations

import hmac
import secrets
import struct
from base64 import b32decode, b32encode
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote, urlencode

STEP: Final = timedelta(seconds=30)
DIGITS: Final = 6
SECRET_BYTES: Final = 20  # Source: RFC 4226, section 4, R6
# A clock that is half a minute off, or a slow thumb, is forgiven. Source: RFC 6238, section 5.2
STEPS_OFF: Final = 1
ISSUER: Final = "Opsbook"


def new_secret() -> str:
    """Make a secret of 160 bits, in the letters that people can type into an app."""
    return b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def uri(secret: str, account: str) -> str:
    """What an authenticator app reads: `otpauth://totp/…`."""
    label = quote(f"{ISSUER}:{account}", safe="")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': ISSUER})}"


def step_at(moment: datetime) -> int:
    """The number of the half-minute that a moment is in."""
    return int(moment.timestamp() // STEP.total_seconds())


def code(secret: str, step: int) -> str:
    """The code of one step. HMAC with SHA-1, since that is all that many apps know; as a HMAC it is sound."""
    digest = hmac.digest(b32decode(secret), struct.pack(">Q", step), "sha1")
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def step_of(secret: str, typed: str, moment: datetime) -> int | None:
    """The step whose code was typed, among those that count at a moment; None when it is none of them."""
    now, found = step_at(moment), None
    for step in range(now - STEPS_OFF, now + STEPS_OFF + 1):
        if hmac.compare_digest(code(secret, step).encode(), typed.encode("utf-8", "surrogatepass")):
            found = step
    return found
