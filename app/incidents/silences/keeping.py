"""Make and end silences, and say beforehand what one would have held back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app import clock, wording
from app.audit import trail
from app.errors import Conflict, Forbidden, InvalidInput, NotFound
from app.incidents.models import Alert, AlertSource, Silence
from app.incidents.silences import matching
from app.security.permissions import Actor, Scope
from app.storage.unit_of_work import UnitOfWork

# Nobody remembers a silence for longer; whoever needs one makes it anew.
LONGEST = timedelta(days=30)
LOOKED_BACK = timedelta(days=7)
MOST_LOOKED_AT = 10_000
EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Preview:
    """What a silence would have held back: how many of the alerts that were looked at, and some of them."""

    matched: int
    looked_at: int
    examples: Sequence[str]


async def create(
    work: UnitOfWork,
    actor: Actor,
    *,
    matchers: Sequence[str],
    reason: str,
    lasts: timedelta,
    starts_at: datetime | None = None,
    includes_s0: bool = False,
) -> int:
    """Hold back alerts that all `matchers` fit; answers the silence's number.

    Nobody is paged for an S0 that a commander has silenced on purpose, and for no other.
    """
    actor.demand(Scope.INCIDENTS_WRITE, sees=Scope.INCIDENTS_READ)
    if includes_s0 and not actor.can(Scope.INCIDENTS_COMMAND):
        raise Forbidden("Only an incident commander may silence an S0. Leave it out: it pages nevertheless.")
    reason = wording.written(reason, path="reason", demand="Say why.")
    read = matching.read(matchers)
    now = await work.now()
    starts = max(starts_at or now, now)
    if not timedelta(0) < lasts <= LONGEST:
        raise InvalidInput(f"A silence lasts from 1 minute to {LONGEST.days} days.", path=("minutes",))
    silence = Silence(
        matchers=read,
        starts_at=starts,
        ends_at=starts + lasts,
        reason=reason,
        includes_s0=includes_s0,
        created_at=now,
        created_by=actor.name,
    )
    work.session.add(silence)
    await work.session.flush()
    said = {
        "matchers": read,
        "starts_at": str(starts),
        "ends_at": str(starts + lasts),
        "includes_s0": includes_s0,
    }
    await trail.record(work, actor, "silence.create", ("silence", silence.id), **said, reason=reason)
    work.announce("incidents")
    return silence.id


async def end(work: UnitOfWork, actor: Actor, silence_id: int) -> int:
    """End a silence now: what it holds back and still fires pages at once."""
    actor.demand(Scope.INCIDENTS_WRITE, sees=Scope.INCIDENTS_READ)
    found = select(Silence).where(Silence.id == silence_id).with_for_update(key_share=True)
    silence = await work.session.scalar(found)
    if silence is None:
        raise NotFound("There is no such silence.", path=("silenceId",))
    now = await work.now()
    if silence.ends_at <= now:
        raise Conflict("This silence is over already.")
    silence.starts_at, silence.ends_at = min(silence.starts_at, now), now
    silence.ended_by = actor.name
    await trail.record(work, actor, "silence.end", ("silence", silence.id), matchers=silence.matchers)
    work.announce("incidents")
    work.wake("pager")
    return silence.id


async def current(work: UnitOfWork, actor: Actor) -> Sequence[Silence]:
    """What is silenced now or will be, the next to end first."""
    actor.demand(Scope.INCIDENTS_READ)
    lasting = select(Silence).where(Silence.ends_at > clock.once()).order_by(Silence.ends_at, Silence.id)
    return (await work.session.scalars(lasting)).all()


async def preview(work: UnitOfWork, matchers: Sequence[str]) -> Preview:
    """Say which alerts of the last seven days a silence would have held back, an S0 not looked for.

    Raises: InvalidInput, whose `path` is `matchers`.
    """
    read = matching.read(matchers)
    rows = await work.session.execute(
        select(*COLUMNS)
        .join(AlertSource, AlertSource.id == Alert.source_id)
        .where(Alert.first_occurred_at >= clock.once() - LOOKED_BACK)
        .order_by(Alert.first_occurred_at.desc())
        .limit(MOST_LOOKED_AT)
    )
    alerts = [facts_of(row) for row in rows]
    matched = [one["summary"] for one in alerts if matching.fits(read, one)]
    return Preview(len(matched), len(alerts), list(dict.fromkeys(matched))[:EXAMPLES])


COLUMNS = (
    AlertSource.name.label("source"),
    Alert.severity,
    Alert.labels,
    Alert.component,
    Alert.group,
    Alert.class_.label("class"),
    Alert.origin,
    Alert.summary,
)


def facts_of(row: Any) -> dict[str, str]:
    """What conditions may name, of an alert that was read by `COLUMNS`."""
    said = row._mapping
    return matching.facts(
        source=said["source"], severity=said["severity"].value, labels=said["labels"], fields=said
    )
