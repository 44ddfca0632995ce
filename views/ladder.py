"""The paging ladder: who was called when, drawn to time.

A rung's share is its part of the whole time in per cent, so five minutes without an answer look five minutes
long. The policy owner is looped in beside the escalation and is no rung of it.
Source: handbook, "Paging sequence".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Literal

from views.times import duration, moment

TITLES = {"OPERATOR": "On-call operator", "INCIDENT_COMMANDER": "Incident commander"}
MOST_ACROSS = 6  # more labels than this do not fit side by side

State = Literal["done", "unanswered", "paged", "due"]


@dataclass(frozen=True, slots=True)
class Step:
    """One rung of the escalation, as the incident knows it."""

    title: str
    who: str
    due_at: datetime
    fired_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None

    @property
    def at(self) -> datetime:
        """When it happened, or will."""
        return self.fired_at or self.due_at


@dataclass(frozen=True, slots=True)
class Stop:
    """What ended the escalation."""

    title: str
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Rung:
    """One label and the line to the next. `elapsed` of `length` is how far a running line has come."""

    state: State
    title: str
    who: str
    at: datetime
    gap: str = ""
    share: int = 0
    elapsed: timedelta | None = None
    length: timedelta = timedelta()

    @property
    def span(self) -> str:
        """The share as the stylesheet's classes: tens and units."""
        return f"t{self.share // 10} u{self.share % 10}"


@dataclass(frozen=True, slots=True)
class Ladder:
    """All rungs, first to last, and what waits."""

    rungs: tuple[Rung, ...]
    waiting: Step | None
    since: datetime | None

    @property
    def tall(self) -> bool:
        """Whether it stands instead of lying."""
        return len(self.rungs) > MOST_ACROSS


def draw(declared: Stop, steps: Sequence[Step], stop: Stop | None, now: datetime) -> Ladder:
    """Draw the steps that fired, then what ended them or, while nobody answers, the next one due."""
    fired = sorted((step for step in steps if step.fired_at), key=lambda step: step.at)
    ahead = sorted((s for s in steps if not s.fired_at and not s.cancelled_at), key=lambda step: step.due_at)
    waiting = None if stop or not ahead else ahead[0]
    rungs = [Rung("done", declared.title, declared.who, declared.at)]
    rungs += [_fired(step, after, stop) for step, after in zip(fired, [*fired[1:], None], strict=True)]
    if stop:
        rungs.append(Rung("done", stop.title, stop.who, stop.at))
    elif waiting:
        rungs.append(Rung("due", waiting.title, waiting.who, waiting.at))
    since = fired[-1].at if fired else declared.at
    return Ladder(_measured(rungs, now), waiting, since if waiting else None)


def of(incident: Mapping[str, Any], now: datetime) -> Ladder:
    """Draw the ladder of an incident as GraphQL answers it."""
    stop = _stop(incident)
    steps = [_step(one, incident) for one in _escalation(incident)]
    if stop is None:
        steps = _current(steps)
    return draw(_declared(incident), steps, stop, now)


def _fired(step: Step, after: Step | None, stop: Stop | None) -> Rung:
    if after is not None:
        return Rung(
            "unanswered", step.title, step.who, step.at, f"no answer for {duration(after.at - step.at)}"
        )
    if stop is not None:
        gap = f"answered in {duration(stop.at - step.at)}" if stop.title == "Acknowledged" else ""
        return Rung("done", step.title, step.who, step.at, gap)
    return Rung("paged", step.title, step.who, step.at)


def _measured(rungs: list[Rung], now: datetime) -> tuple[Rung, ...]:
    whole = max(rungs[-1].at - rungs[0].at, timedelta(seconds=1))
    measured = [_to_time(rung, after.at, whole, now) for rung, after in pairwise(rungs)]
    return (*measured, rungs[-1])


def _to_time(rung: Rung, end: datetime, whole: timedelta, now: datetime) -> Rung:
    length = max(end - rung.at, timedelta())
    elapsed = min(max(now - rung.at, timedelta()), length) if rung.state == "paged" else None
    return replace(rung, share=round(100 * (length / whole)), length=length, elapsed=elapsed)


def _current(steps: list[Step]) -> list[Step]:
    """Drop the rounds before the last hand-back: their answers are history, the timeline tells it."""
    ended = max((step.cancelled_at for step in steps if step.cancelled_at), default=None)
    return steps if ended is None else [step for step in steps if step.due_at >= ended]


def _declared(incident: Mapping[str, Any]) -> Stop:
    first = incident["severityDecisions"][0] if incident["severityDecisions"] else None
    return Stop("Declared", f"by {first['decidedBy']}" if first else "", moment(incident["triggeredAt"]))


def _escalation(incident: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The steps since it was last opened: those of earlier generations are history."""
    now = incident["generation"]
    return [o for o in incident["escalation"] if o["generation"] == now and o["role"] != "POLICY_OWNER"]


def _step(one: Mapping[str, Any], incident: Mapping[str, Any]) -> Step:
    return Step(
        title=TITLES.get(one["role"], one["role"].replace("_", " ").capitalize()),
        who=_holder(incident, one["role"]),
        due_at=moment(one["dueAt"]),
        fired_at=moment(one["firedAt"]) if one["firedAt"] else None,
        cancelled_at=moment(one["cancelledAt"]) if one["cancelledAt"] else None,
        cancel_reason=one["cancelReason"],
    )


def _holder(incident: Mapping[str, Any], role: str) -> str:
    held = (one for one in incident["participants"] if one["role"] == role and not one["renouncedAt"])
    return next((one["person"]["name"] for one in held), "on call at PagerDuty")


def _stop(incident: Mapping[str, Any]) -> Stop | None:
    if incident["status"] == "TRIGGERED":
        return None
    if incident["acknowledgedAt"]:
        who = f"by {incident['acknowledgedBy']}" if incident["acknowledgedBy"] else "escalation stopped"
        return Stop("Acknowledged", who, moment(incident["acknowledgedAt"]))
    cancelled = [one for one in _escalation(incident) if one["cancelledAt"]]
    if not cancelled:
        return None
    return Stop("Escalation stopped", cancelled[0]["cancelReason"] or "", moment(cancelled[0]["cancelledAt"]))
