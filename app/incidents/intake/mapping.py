"""Bodies of any shape, read by what their source declares: paths, constants and tables of words, no code."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec

from app.errors import InvalidInput
from app.incidents import rules
from app.incidents.declared import DEFAULT, OPTIONAL, Action, Declared, constant
from app.incidents.intake.receiving import Delivery
from app.incidents.intake.signals import AlertSignal
from app.incidents.models import AlertSource
from app.outside import bodies
from app.outside.complaints import named
from app.outside.pagerduty.shapes import MAX_DEDUP_KEY, MAX_SUMMARY

MOST_ALERTS = 500

Path = tuple[str, ...]

# Words that need no table. Any other status is an alert: a wrong page is cheaper than a missed one.
STATUS_WORDS: Mapping[str, Action] = {
    **dict.fromkeys(("resolve", "resolved", "ok", "closed", "recovered", "recovery", "up"), "resolve"),
    **dict.fromkeys(("acknowledge", "acknowledged", "acked"), "acknowledge"),
}


def of(source: AlertSource) -> Declared | None:
    """What a source declares."""
    return None if source.mapping is None else msgspec.convert(source.mapping, Declared)


def parts(source: AlertSource, delivery: Delivery) -> list[Delivery]:
    """Let a body be read as its source declares."""
    how = of(source) or DEFAULT
    return [replace(delivery, read=partial(read, how))]


def read(how: Declared, body: bytes) -> list[AlertSignal]:
    """Read a body by itself. Raises: InvalidInput."""
    return signals(how, bodies.decode(body, Any))


def signals(how: Declared, body: Any, at: Path = ()) -> list[AlertSignal]:
    """Read a body, which stands at `at` in what came.

    Raises: InvalidInput, whose `path` is where the mapping looks.
    """
    return [_Reading(how, item, place).signal() for place, item in _items(how, body, at)]


def _items(how: Declared, body: Any, at: Path) -> Iterator[tuple[Path, Any]]:
    if how.items:
        names = tuple(how.items.removesuffix(OPTIONAL).split("."))
        body, at = _follow(body, names, at), (*at, *names)
        if not isinstance(body, list):
            raise InvalidInput(f"{named(at)} must be a list: the mapping reads its alerts there.", path=at)
    if not isinstance(body, list):
        return iter([(at, body)])
    if len(body) > MOST_ALERTS:
        raise InvalidInput(f"{named(at)} must have at most {MOST_ALERTS} entries.", path=at)
    return (((*at, str(number)), item) for number, item in enumerate(body))


class _Reading:
    """One alert of a body, read place by place."""

    def __init__(self, how: Declared, item: Any, at: Path) -> None:
        self._how, self._item, self._at = how, item, at

    def signal(self) -> AlertSignal:
        how = self._how
        key = _short(self._text(how.dedup_key) or "", MAX_DEDUP_KEY)
        group = _short(self._text(how.group_key) or key, MAX_DEDUP_KEY)
        action = self._action()
        if action != "trigger":
            return AlertSignal(action=action, dedup_key=key, group_key=group)
        summary = " ".join((self._text(how.summary) or "").split())[:MAX_SUMMARY]
        labels = dict(self._labels())
        link = self._text(how.link)
        return AlertSignal(
            action="trigger",
            dedup_key=key,
            group_key=group,
            group_title=summary,
            summary=summary,
            origin=self._text(how.source) or "json",
            severity=rules.severity_of(labels),
            occurred_at=self._moment(),
            component=self._text(how.component),
            group=self._text(how.group),
            class_=self._text(how.class_),
            labels=labels,
            links=[{"href": link}] if link else [],
        )

    def _action(self) -> Action:
        said = (self._text(self._how.status) or "").lower()
        own: Mapping[str, Action] = {word.lower(): action for word, action in self._how.status_words.items()}
        return own.get(said) or STATUS_WORDS.get(said, "trigger")

    def _labels(self) -> Iterator[tuple[str, str]]:
        """What rules look at. A word for the severity that nobody knows counts as an error, as elsewhere."""
        own = {word.lower(): level for word, level in self._how.severity_words.items()}
        if said := self._text(self._how.severity):
            yield "severity", own.get(said.lower(), said)
        if scope := self._text(self._how.scope):
            yield "scope", scope

    def _moment(self) -> datetime | None:
        said = self._text(self._how.timestamp)
        if said is None:
            return None
        try:
            moment = datetime.fromisoformat(said)
            return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
        except (ValueError, OverflowError):
            path = (*self._at, *self._how.timestamp.removesuffix(OPTIONAL).split("."))
            reason = f"{named(path)} must be an ISO 8601 time such as 2026-01-31T09:30:00Z."
            raise InvalidInput(reason, path=path) from None

    def _text(self, place: str) -> str | None:
        """What stands at a place: text that is not empty, or None where the mapping allows that."""
        if not place or constant(place) is not None:
            return constant(place) or None
        names = tuple(place.removesuffix(OPTIONAL).split("."))
        found = _follow(self._item, names, self._at, may_end=place.endswith(OPTIONAL))
        if found is None:
            return None
        if isinstance(found, dict | list):
            path = (*self._at, *names)
            raise InvalidInput(f"{named(path)} must be text or a number: the mapping reads it.", path=path)
        return msgspec.json.encode(found).decode() if not isinstance(found, str) else found.strip()


def _follow(value: Any, names: Sequence[str], at: Path, *, may_end: bool = False) -> Any:
    """Go down a path; null and empty text count as nothing."""
    for name in names:
        value = _step(value, name)
    if value is not None and value != "":
        return value
    if may_end:
        return None
    path = (*at, *names)
    raise InvalidInput(
        f"The mapping reads {named(path)}, and there is nothing. Change one of them.", path=path
    )


def _step(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return value.get(name)
    if isinstance(value, list) and name.isascii() and name.isdigit() and int(name[:9]) < len(value):
        return value[int(name[:9])]
    return None


def _short(key: str, longest: int) -> str:
    return key if len(key) <= longest else hashlib.sha256(key.encode()).hexdigest()
