"""Keys that open doors: 256 random bits, shown to their holder, of which only the SHA-256 is kept."""

from __future__ import annotations

import hashlib
import secrets


def new_key() -> str:
    """Make a key of 43 characters that are safe in a URL, a header and a cookie."""
    return secrets.token_urlsafe(32)


def digest(key: str) -> bytes:
    """What is stored of a key. It needs no salt and no stretching: nobody can guess 256 random bits."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
