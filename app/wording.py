"""What people write: trimmed, of a sensible length, and such that the database can hold it."""

from __future__ import annotations

from app.errors import InvalidInput

LONGEST = 10_000


def written(text: str, *, path: str, demand: str, longest: int = LONGEST) -> str:
    """Trim what a person wrote for the field `path`.

    Raises: InvalidInput with `demand` when nothing is left; when it is too long or holds what no text may.
    """
    text = text.strip()
    if not text:
        raise InvalidInput(demand, path=(path,))
    if len(text) > longest:
        raise InvalidInput(f"Write at most {longest:,} characters.", path=(path,))
    # PostgreSQL refuses U+0000, and half a surrogate pair is no character in any encoding.
    if "\0" in text or any("\ud800" <= one <= "\udfff" for one in text):
        raise InvalidInput("The text holds characters that cannot be stored. Remove them.", path=(path,))
    return text
