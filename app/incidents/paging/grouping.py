"""Which pages leave now, and which share a call, when there are more than PagerDuty takes. Pure.

What is urgent leaves first, each by itself as long as there are calls for it. What is left over shares one
call. A page that was tried by itself stays by itself: PagerDuty may have it under its own key already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Generic, TypeVar

from app.incidents import rules

Item = TypeVar("Item")
SOONEST = timedelta(milliseconds=50)
ENDS_EVERY = 4  # of so many calls one tells an answer or an end, even while others wait to ring


@dataclass(frozen=True, slots=True)
class Waiting(Generic[Item]):
    """Pages that are due through one key, in their order. `fresh` ones may share a call; others leave alone.

    `ends` tell PagerDuty of an answer or an end.
    """

    urgent_fresh: Sequence[Item] = ()
    urgent_alone: Sequence[Item] = ()
    mild_fresh: Sequence[Item] = ()
    mild_alone: Sequence[Item] = ()
    ends: Sequence[Item] = ()


@dataclass(slots=True)
class Plan(Generic[Item]):
    """What leaves now, a list for each call, and what is put back for a while."""

    calls: list[list[Item]] = field(default_factory=list)
    later: list[Item] = field(default_factory=list)


def plan(waiting: Waiting[Item], tokens: float, *, made: int) -> Plan[Item]:
    """Decide for one key that has `tokens` left and has `made` so many calls."""
    found: Plan[Item] = Plan()
    room = int(tokens)
    urgent = len(waiting.urgent_fresh) + len(waiting.urgent_alone)
    mild = waiting.mild_fresh
    if waiting.urgent_fresh and 0 < room < urgent:
        # Not even these have a call each: then nobody else waits, but leaves with them.
        _fill(found, waiting.urgent_fresh, waiting.urgent_alone, room, joining=mild)
        mild = ()
    else:
        _fill(found, waiting.urgent_fresh, waiting.urgent_alone, room)
    spare = max(0, int(tokens - len(found.calls) - rules.CALLS_KEPT_BACK))
    for_ends = _share(spare, len(mild) + len(waiting.mild_alone), len(waiting.ends), made)
    _fill(found, mild, waiting.mild_alone, spare - for_ends)
    _fill(found, (), waiting.ends, for_ends)
    return found


def wait(tokens: float, *, urgent: bool) -> timedelta:
    """How long until there is a call again for what was put back."""
    needed = 1.0 if urgent else 1.0 + rules.CALLS_KEPT_BACK
    return max(SOONEST, timedelta(seconds=(needed - tokens) / rules.CALLS_PER_SECOND))


def _fill(
    found: Plan[Item],
    fresh: Sequence[Item],
    alone: Sequence[Item],
    room: int,
    *,
    joining: Sequence[Item] = (),
) -> None:
    """Let pages leave in `room` calls: each its own while that is enough, then the fresh ones share."""
    if room <= 0:
        found.later += [*fresh, *alone, *joining]
        return
    for_alone = min(len(alone), room - 1 if fresh else room)
    fits = len(fresh) <= room - for_alone and not joining
    singles = len(fresh) if fits else min(len(fresh), room - for_alone - 1)
    found.calls += [[one] for one in fresh[:singles]]
    if shared := [*fresh[singles:], *joining]:
        found.calls.append(shared)
    found.calls += [[one] for one in alone[:for_alone]]
    found.later += alone[for_alone:]


def _share(spare: int, ringing: int, ends: int, made: int) -> int:
    """How many of the spare calls go to what is over: what the others leave, and one of four in any case."""
    least = int(made % ENDS_EVERY == 0) if spare == 1 else -(-spare // ENDS_EVERY)
    return min(ends, max(spare - ringing, least))
