"""The last net under the logs: what looks like a secret, or is one of ours, never reaches a line.

Nobody logs a secret on purpose; this catches the one inside an error's text or an outside system's answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from typing import Any, Final
from urllib.parse import urlsplit

from app.settings import Settings

MASK: Final = "(masked)"
SHORTEST_SECRET: Final = 8  # a shorter value, such as a database called `ops`, would mask ordinary words
# A trace's id is 32 hexadecimal digits like many a key, and the one thing that must stay readable.
PLAIN_NAMES: Final = frozenset({"time", "level", "process", "logger", "request_id", "trace_id"})
SECRET_NAMES: Final = re.compile(
    r"key|(?:.*_)?(?:authorization|cookies?|secrets?|tokens?|passwords?|(?:routing|api|secret|master)_keys?)",
    re.IGNORECASE,
)

_NAME: Final = (
    r"\b(?:authorization|cookie|[\w-]*(?:routing|api|secret)[_-]key|[\w-]*(?:secret|password|token))"
)
_SHAPES: Final = (
    (r"\bops_[0-9A-Za-z]{20,}", f"ops_{MASK}"),  # an API token; its first 8 signs alone may be shown
    (r"\beyJ[\w-]{10,}\.[\w.-]{20,}", MASK),  # what `app.security.signing` makes, and JSON web tokens
    (r"\b[0-9a-fA-F]{32}\b", MASK),  # keys of alert sources, PagerDuty's routing keys
    (r"(?<=://)([^\s/:@]*):[^\s/@]+@", rf"\1:{MASK}@"),
    (r"(?i)\b(bearer|basic|token token=)(\s*)[^\s\"',;]+", rf"\1\2{MASK}"),
    (r"(?i)(?<=[?&])(key|code|state)=[^&\s\"']+", rf"\1={MASK}"),
    (rf"(?i)({_NAME}\"?'?\s*[=:]\s*\"?'?)(?!\(masked|bearer|basic|token )[^\s\"',&;}}]+", rf"\1{MASK}"),
)
SHAPES: Final = tuple((re.compile(pattern), instead) for pattern, instead in _SHAPES)


def masker(secrets: frozenset[str] = frozenset()) -> Callable[[str, Any], Any]:
    """Make the function that takes secrets out of a named value, `secrets` among them wherever they stand."""
    longest_first = sorted(filter(None, secrets), key=len, reverse=True)
    own = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def text(value: str) -> str:
        value = own.sub(MASK, value) if own else value
        for shape, instead in SHAPES:
            value = shape.sub(instead, value)
        return value

    def masked(name: str, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {str(key): masked(str(key), one) for key, one in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [masked(name, one) for one in value]
        if value is None or isinstance(value, bool | int | float) or name in PLAIN_NAMES:
            return value
        return MASK if SECRET_NAMES.fullmatch(name) else text(str(value))

    return masked


def secrets_of(settings: Settings) -> frozenset[str]:
    """Every secret that the settings hold, and the passwords inside their URLs."""
    held = (getattr(settings, one.name) for one in fields(settings) if one.metadata.get("secret"))
    return frozenset(part for value in held for part in _parts(value) if len(part) >= SHORTEST_SECRET)


def _parts(value: str | tuple[str, ...] | None) -> Iterator[str]:
    for one in value if isinstance(value, tuple) else (value or "",):
        yield one
        yield urlsplit(one).password or ""
