"""An escalation policy in sentences, and what each of its versions changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from views.steps import TITLES
from views.times import duration


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of a version; `change` is `new`, `gone` or `same` beside the version before."""

    change: str
    text: str


@dataclass(frozen=True, slots=True)
class Revision:
    """One version: what it says, or what it changed."""

    version: int
    reason: str
    written_at: str
    written_by: str
    lines: Sequence[Line]


def told(version: Mapping[str, Any]) -> list[str]:
    """What a version says, a sentence a line."""
    steps = [_step(one) for one in version["steps"]]
    return [*steps, _repeats(version["repeats"]), _lapse(version["lapsesAfterMinutes"])]


def history(versions: Sequence[Mapping[str, Any]]) -> list[Revision]:
    """All versions, the newest first, each with what it changed; the first with all that it said."""
    before: list[Mapping[str, Any] | None] = [*versions[1:], None]
    return [_revision(one, earlier) for one, earlier in zip(versions, before, strict=True)]


def _revision(one: Mapping[str, Any], earlier: Mapping[str, Any] | None) -> Revision:
    now, was = told(one), told(earlier) if earlier else []
    gone = [Line("gone", text) for text in was if text not in now]
    new = [Line("new" if was else "same", text) for text in now if text not in was]
    return Revision(one["version"], one["reason"], one["createdAt"], one["createdBy"], [*gone, *new])


def _step(one: Mapping[str, Any]) -> str:
    whom = one["person"]["name"] if one["person"] else TITLES.get(one["role"], one["role"])
    after = timedelta(seconds=one["afterSeconds"])
    return f"At once: {whom}" if not after else f"After {duration(after)}: {whom}"


def _repeats(times: int) -> str:
    if not times:
        return "Then, five minutes later, every administrator"
    often = "once more" if times == 1 else f"{times} more times"
    return f"Then the incident commander {often}, five minutes apart, and every administrator"


def _lapse(minutes: int) -> str:
    return f"An acknowledgement of S0 or S1 lapses after {minutes} minutes without an entry"
