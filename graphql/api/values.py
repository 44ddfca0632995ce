"""What a request's values may hold: so many of them, and only text that PostgreSQL can store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import DocumentNode, TokenKind

from api.failures import INVALID_INPUT, Refused
from api.limits import refused

VALUES = 1_000  # 150,000 in a list took PostgreSQL 0.7 s, for the price of one
TEXTS = (TokenKind.STRING, TokenKind.BLOCK_STRING)
NEXT = "Remove U+0000 and half surrogate pairs: they cannot be stored."


def check_document(document: DocumentNode) -> None:
    """Refuse text in a document that cannot be stored.

    Raises: Refused.
    """
    if not all(_is_storable(text) for text in _texts(document)):
        raise Refused.because(INVALID_INPUT, NEXT)


def check(variables: Mapping[str, Any]) -> None:
    """Refuse variables that hold too much, or text that cannot be stored.

    Raises: Refused, naming the variable.
    """
    waiting = list(variables.items())
    seen = 0
    while waiting:
        name, value = waiting.pop()
        parts = _parts(value)
        seen += 1
        if seen + len(waiting) + len(parts) > VALUES:
            raise refused(f"The variables hold more than {VALUES:,} values. Ask in parts.")
        if isinstance(value, str) and not _is_storable(value):
            raise Refused.because(INVALID_INPUT, NEXT, path=[name])
        waiting += [(name, one) for one in parts]


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value, *value.values()]
    return value if isinstance(value, list) else []


def _texts(document: DocumentNode) -> Iterator[str]:
    token = document.loc.start_token if document.loc else None
    while token is not None:
        if token.kind in TEXTS:
            yield token.value or ""
        token = token.next


def _is_storable(text: str) -> bool:
    return "\0" not in text and (text.isascii() or not any("\ud800" <= one <= "\udfff" for one in text))
