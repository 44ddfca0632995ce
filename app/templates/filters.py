"""What can be done to a value on its way into the text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.templates import escaping
from app.templates.rules import LARGEST_OUTPUT, LONGEST_VALUE
from app.templates.values import day_of, text_of, time_of, unfit


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter and the type of its one argument, if it takes one. It raises ValueError with what it needs."""

    apply: Callable[..., str]
    takes: type[str] | type[int] | None = None


def _truncated(value: object, length: int) -> str:
    if not 1 <= length <= LONGEST_VALUE:
        raise ValueError(f"is to be cut to between 1 and {LONGEST_VALUE:,} characters")
    text = text_of(value)
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


def _joined(value: object, separator: str) -> str:
    if not isinstance(value, list | tuple):
        raise ValueError("is no list: `join` has nothing to join")
    if complaint := next(filter(None, map(unfit, value)), None):
        raise ValueError(f"has an entry that {complaint}")
    texts = [text_of(one) for one in value]
    if sum(map(len, texts)) + len(separator) * len(texts) > LARGEST_OUTPUT:
        raise ValueError(f"is joined to more than {LARGEST_OUTPUT:,} characters")
    return separator.join(texts)


def _link(value: object) -> str:
    if not isinstance(value, str) or not escaping.is_address(value):
        raise ValueError("is no address that begins with https://, http:// or mailto:")
    return escaping.link(value)


FILTERS = {
    "capitalize": Filter(lambda value: text_of(value).capitalize()),
    "date": Filter(day_of),
    "join": Filter(_joined, takes=str),
    "link": Filter(_link),
    "lower": Filter(lambda value: text_of(value).lower()),
    "time": Filter(time_of),
    "truncate": Filter(_truncated, takes=int),
    "upper": Filter(lambda value: text_of(value).upper()),
}
# Handled where names are looked up: it is the one filter that takes a variable without a value.
DEFAULT = "default"
