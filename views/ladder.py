"""The paging ladder: who was called when, and who will be, drawn to time.

A rung's share is its part of the whole time in per cent, so five minutes without an answer look five minutes
long. The policy owner is looped in beside the escalation and is no rung of it.
Source: handbook, "Paging sequence".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Literal

from views.steps import Step, current, escalation, step
from views.times import duration, moment

MOST_ACROSS = 6  # more labels than this do not fit side by side

State = Literal["done", "unanswered", "paged", "due", "ahead"]


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
    until: datetime | None = None

    @property
    def span(self) -> str:
        """The share as the stylesheet's classes: tens and units."""
        return f"t{self.share // 10} u{self.share % 10}"


@dataclass(frozen=True, slots=True)
class Ladder:
    """All rungs, first to last, and what waits. `gave_up_at` is when every administrator was paged."""

    rungs: tuple[Rung, ...]
    waiting: Step | None
    since: datetime | None
    gave_up_at: datetime | None = None

    @property
    def tall(self) -> bool:
        """Whether it stands instead of lying."""
        return len(self.rungs) > MOST_ACROSS

    @property
    def unanswered(self) -> bool:
        """Whether somebody has been paged in vain."""
        return any(rung.state == "unanswered" for rung in self.rungs)


def draw(declared: Stop, steps: Sequence[Step], stop: Stop | None, now: datetime) -> Ladder:
    """Draw the steps that fired, then what ended them or, while nobody answers, those that come."""
    fired = sorted((step for step in steps if step.fired_at), key=lambda step: step.at)
    ahead = sorted((s for s in steps if not s.fired_at and not s.cancelled_at), key=lambda step: step.due_at)
    waiting = None if stop or not ahead else ahead[0]
    rungs = [Rung("done", declared.title, declared.who, declared.at)]
    rungs += [_fired(step, after, stop) for step, after in zip(fired, [*fired[1:], None], strict=True)]
    if stop:
        rungs.append(Rung("done", stop.title, stop.who, stop.at))
    else:
        rungs += _coming(ahead)
    since = fired[-1].at if fired else declared.at
    gave_up_at = next((one.fired_at for one in fired if one.is_last and not stop), None)
    return Ladder(_measured(rungs, now), waiting, since if waiting else None, gave_up_at)


def of(incident: Mapping[str, Any], now: datetime) -> Ladder:
    """Draw the ladder of an incident as GraphQL answers it."""
    stop = _stop(incident)
    steps = [step(one, incident) for one in escalation(incident)]
    if stop is None:
        steps = current(steps)
    return draw(_declared(incident), steps, stop, now)


def _coming(ahead: Sequence[Step]) -> Iterator[Rung]:
    """Whom Opsbook pages if nobody answers: the timers that are set, and what follows the last of them."""
    for number, one in enumerate(ahead):
        yield Rung("ahead" if number else "due", one.title, one.who, one.at, until=one.until)
    last = ahead[-1] if ahead else None
    if last is None or last.administrators_at is None:
        return
    if times := last.repeats - last.repeat:
        every = (last.administrators_at - last.due_at) / (times + 1)
        often = "once more" if times == 1 else f"{times} times, {duration(every)} apart"
        yield Rung("ahead", "Commander again", often, last.due_at + every)
    yield Rung("ahead", "Administrators", "every one of them", last.administrators_at)


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


def _declared(incident: Mapping[str, Any]) -> Stop:
    first = incident["severityDecisions"][0] if incident["severityDecisions"] else None
    return Stop("Declared", f"by {first['decidedBy']}" if first else "", moment(incident["triggeredAt"]))


def _stop(incident: Mapping[str, Any]) -> Stop | None:
    if incident["status"] == "TRIGGERED":
        return None
    if incident["acknowledgedAt"]:
        who = f"by {incident['acknowledgedBy']}" if incident["acknowledgedBy"] else "escalation stopped"
        return Stop("Acknowledged", who, moment(incident["acknowledgedAt"]))
    cancelled = [one for one in escalation(incident) if one["cancelledAt"]]
    if not cancelled:
        return None
    return Stop("Escalation stopped", cancelled[0]["cancelReason"] or "", moment(cancelled[0]["cancelledAt"]))
