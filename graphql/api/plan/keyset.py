"""Pages by keyset: a cursor is the position of a row, and belongs to one field with one filter."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, DateTime, Text, cast, extract, func, literal_column, tuple_

from api.plan.declare import Condition, Connection
from api.plan.inputs import Hole, Inputs, Site
from app.errors import InvalidInput

LARGEST_PAGE = 100
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PAGING = frozenset({"first", "after", "last", "before"})


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows a call asks for. `after` and `before` are key values."""

    size: int
    backward: bool
    after: tuple[Any, ...] | None
    before: tuple[Any, ...] | None
    digest: str


def page(plan: Connection, site: Site, inputs: Inputs) -> Page:
    """Read and check the paging arguments of a call, once in a run.

    Raises: InvalidInput, naming the argument.
    """
    return inputs.once((site, "page"), lambda: _read(plan, site, inputs.arguments(site)))


def is_backward(arguments: Mapping[str, Any]) -> bool:
    """Whether a page is counted from the end."""
    return arguments.get("last") is not None


def size(plan: Connection, arguments: Mapping[str, Any]) -> int:
    """How many rows a call asks for, unchecked."""
    given = (arguments.get("first"), arguments.get("last"))
    return next((one for one in given if one is not None), plan.page_size)


def _read(plan: Connection, site: Site, arguments: Mapping[str, Any]) -> Page:
    if arguments.get("first") is not None and arguments.get("last") is not None:
        raise InvalidInput("Give `first` or `last`, not both.", path=(*site.path, "last"))
    for name in ("first", "last"):
        if not 0 <= (arguments.get(name) or 0) <= LARGEST_PAGE:
            raise InvalidInput(f"`{name}` must be from 0 to {LARGEST_PAGE}.", path=(*site.path, name))
    digest = _digest(site, arguments)
    after, before = (_cursor(plan, site, name, arguments.get(name), digest) for name in ("after", "before"))
    return Page(size(plan, arguments), is_backward(arguments), after, before, digest)


def _digest(site: Site, arguments: Mapping[str, Any]) -> str:
    kept = {name: value for name, value in arguments.items() if name not in PAGING}
    text = json.dumps([site.node.name.value, kept], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _cursor(plan: Connection, site: Site, name: str, text: str | None, digest: str) -> tuple[Any, ...] | None:
    if text is None:
        return None
    try:
        made_for, *values = base64.urlsafe_b64decode(text.encode("ascii") + b"===").decode("ascii").split(":")
        keys = tuple(_value(key, value) for key, value in zip(plan.keys, values, strict=True))
    except (ValueError, OverflowError, binascii.Error):
        made_for, keys = "", ()
    if made_for != digest:
        message = f"`{name}` is no cursor of this field with this filter. Take one from its last answer."
        raise InvalidInput(message, path=(*site.path, name))
    return keys


def _value(key: ColumnElement[Any], text: str) -> Any:
    number = int(text)
    if isinstance(key.type, DateTime):
        return EPOCH + timedelta(microseconds=number)
    if not -(2**63) <= number < 2**63:
        raise OverflowError
    return number


def cursor(digest: ColumnElement[str], keys: Sequence[ColumnElement[Any]]) -> ColumnElement[str]:
    """A row's cursor, made in SQL."""
    text: ColumnElement[Any] = digest
    for key in keys:
        text = text.op("||")(literal_column("':'")).op("||")(cast(_number(key), Text))
    encoded = func.encode(func.convert_to(text, literal_column("'UTF8'")), literal_column("'base64'"))
    return func.translate(encoded, literal_column("'+/=' || chr(10)"), literal_column("'-_'"), type_=Text())


def _number(key: ColumnElement[Any]) -> ColumnElement[Any]:
    if isinstance(key.type, DateTime):
        return cast(extract("epoch", key) * literal_column("1000000"), BigInteger)
    return key


def beyond(plan: Connection, site: Site, keys: Sequence[ColumnElement[Any]], name: str) -> Condition:
    """The condition that a row lies after `after`, or before `before`."""

    def hole(position: int) -> Hole:
        return Hole(keys[position].type, lambda inputs: getattr(page(plan, site, inputs), name)[position])

    row, mark = tuple_(*keys), tuple_(*(hole(position) for position in range(len(keys))))
    larger = (name == "after") != plan.descending
    return row > mark if larger else row < mark
