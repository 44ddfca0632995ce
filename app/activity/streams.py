"""Streams: they begin with their first event, and people say what they tell about and where they alarm."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from math import isfinite
from typing import Any, Final, Self

from sqlalchemy import func, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert

from app import wording
from app.activity import rules
from app.activity.models import ActivityKind, ActivityStream
from app.activity.words import StreamKind, StreamScope
from app.audit import trail
from app.errors import InvalidInput, LimitExceeded, NotFound, StaleVersion
from app.security.permissions import Actor, Scope
from app.storage.unit_of_work import UnitOfWork

# The trend of every stream is read and judged each minute, and each kind is a line beside the feed.
MOST_STREAMS: Final = 100
MOST_KINDS: Final = 100
# What a minute may hold, and so a threshold: sums of such numbers are still exact to the thousandth.
LARGEST: Final = 1e12
LOCK: Final = 7_216_006
# Whole hours and what waits beside them, in one statement's view; made into minutes here, since to join them
# with a series of 43,200 moments took PostgreSQL five times as long.
HISTORY: Final = text(
    """
    select hour as at, minutes from activity_hour where stream = :stream and hour >= :since and hour < :until
     union all
    select minute, array[sum(value)] from activity_delta
     where stream = :stream and minute >= :since and minute < :until group by minute
    """
)


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """What people say about a stream. `threshold` is a value a minute; `core` streams are what all need."""

    kind: StreamKind
    scope: StreamScope | None
    core: bool
    threshold: float | None

    @classmethod
    def of(cls, stream: ActivityStream) -> Self:
        """Those of a row."""
        return cls(stream.kind, stream.scope, stream.core, stream.threshold)


async def admit(work: UnitOfWork, wanted: Collection[tuple[str, str]], first_at: datetime) -> None:
    """Let reporters use streams and kinds, making those that are new.

    Raises: LimitExceeded when there would be too many of them.
    """
    fresh = await _unknown(work, wanted)
    if not fresh:
        return
    await work.session.execute(select(func.pg_advisory_xact_lock(LOCK)))
    streams = {stream for stream, _ in fresh}
    made = insert(ActivityStream).on_conflict_do_nothing()
    await work.session.execute(made, [{"name": one, "first_at": first_at} for one in sorted(streams)])
    kinds = insert(ActivityKind).on_conflict_do_nothing()
    await work.session.execute(kinds, [{"stream": one, "kind": kind} for one, kind in sorted(fresh)])
    await _demand_room(work, streams)


async def change(
    work: UnitOfWork,
    actor: Actor,
    name: str,
    settings: StreamSettings,
    *,
    reason: str,
    expected_version: int | None = None,
) -> int:
    """Say what a stream tells about and from where on it alarms; answers its id.

    The audit trail keeps before and after, why, and how often the threshold would have fired in 30 days.
    Raises: NotFound; InvalidInput; StaleVersion when it is no longer what the caller saw.
    """
    actor.demand(Scope.INCIDENTS_WRITE, sees=Scope.INCIDENTS_READ)
    reason = wording.written(reason, path="reason", demand="Say why.")
    check_threshold(settings.threshold)
    stream = await _locked(work, name, expected_version)
    before = StreamSettings.of(stream)
    for field, value in asdict(settings).items():
        setattr(stream, field, value)
    stream.version += 1
    stream.changed_at, stream.changed_by, stream.reason = await work.now(), actor.name, reason
    changes: dict[str, Any] = {"before": asdict(before), "after": asdict(settings), "reason": reason}
    if settings.threshold is not None:
        fired = await would_have_fired(work, name, settings.threshold, settings.kind)
        changes["would_have_fired"] = len(fired)
    await trail.record(work, actor, "stream.change", ("stream", stream.id), name=name, **changes)
    work.announce("activity")
    work.announce("trends")
    return stream.id


async def would_have_fired(work: UnitOfWork, name: str, threshold: float, kind: StreamKind) -> list[datetime]:
    """When in the last 30 days a threshold would have begun to fire: from the counts, not from the feed."""
    until = (await work.now() - rules.SETTLES_WITHIN).replace(second=0, microsecond=0)
    first_at = await work.session.scalar(select(ActivityStream.first_at).where(ActivityStream.name == name))
    # Not from before the stream began: that nothing was counted then is no drop.
    begins = max(until - rules.LOOKS_BACK, first_at or until)
    since = begins.replace(minute=0)  # hours are whole
    minutes = [0.0] * ((until - since) // rules.MINUTE)
    found = await work.session.execute(HISTORY, {"stream": name, "since": since, "until": until})
    for at, values in found:
        place = (at - since) // rules.MINUTE
        for offset, value in enumerate(values[: len(minutes) - place]):
            minutes[place + offset] += value
    judged = minutes[(begins - since) // rules.MINUTE :]
    return [begins + at * rules.MINUTE for at in rules.crossings(judged, threshold, kind)]


def check_threshold(threshold: float | None) -> None:
    """Refuse what no minute can be.

    Raises: InvalidInput.
    """
    if threshold is not None and not (isfinite(threshold) and 0 <= threshold <= LARGEST):
        raise InvalidInput(f"A threshold is a number from 0 to {LARGEST:,.0f}.", path=("threshold",))


async def _unknown(work: UnitOfWork, wanted: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    pair = tuple_(ActivityKind.stream, ActivityKind.kind)
    found = await work.session.execute(select(ActivityKind.stream, ActivityKind.kind).where(pair.in_(wanted)))
    return set(wanted) - {(stream, kind) for stream, kind in found}


async def _demand_room(work: UnitOfWork, streams: Collection[str]) -> None:
    count = await work.session.scalar(select(func.count()).select_from(ActivityStream)) or 0
    if count > MOST_STREAMS:
        raise LimitExceeded(f"There are {MOST_STREAMS} streams already. Report into one of them.")
    crowded = (
        select(ActivityKind.stream)
        .where(ActivityKind.stream.in_(streams))
        .group_by(ActivityKind.stream)
        .having(func.count() > MOST_KINDS)
    )
    if name := await work.session.scalar(crowded):
        text_ = f"{name} has {MOST_KINDS} kinds already. Use one of them; what differs goes into the summary."
        raise LimitExceeded(text_)


async def _locked(work: UnitOfWork, name: str, expected_version: int | None) -> ActivityStream:
    found = await work.session.scalar(
        select(ActivityStream).where(ActivityStream.name == name).with_for_update()
    )
    if found is None:
        raise NotFound(f"There is no stream {name!r}.", path=("stream",))
    if expected_version is not None and found.version != expected_version:
        raise StaleVersion(f"{name} has changed since you saw it. Look again, then decide.")
    return found
