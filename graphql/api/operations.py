"""The documents that our pages run: known to the server by name and by SHA-256."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from app.errors import NotFound

FOLDER = Path(__file__).parents[1] / "operations"


@cache
def by_name() -> dict[str, str]:
    """Each document by the name of its file."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.graphql"))}


@cache
def by_sha256() -> dict[str, str]:
    """Each document by its hash, in hexadecimal."""
    return {hashlib.sha256(text.encode()).hexdigest(): text for text in by_name().values()}


def named(name: str) -> str:
    """The text of one document.

    Raises: NotFound.
    """
    text = by_name().get(name)
    if text is None:
        raise NotFound(f"There is no operation called {name}.")
    return text


def persisted(identifier: str) -> str | None:
    """The text that a client names by hash (with or without `sha256:`) or by name."""
    return by_sha256().get(identifier.removeprefix("sha256:").lower()) or by_name().get(identifier)
