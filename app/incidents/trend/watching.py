"""Follow the streams minute by minute: note how each stands, open or raise an incident, say that one is back.

What a minute comes to is written first and acted on after, so that a worker that dies in between loses
nothing: the next one finds a stream that is worse than any incident has been told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select

from app.activity import rules as activity
from app.activity import trends
from app.incidents.models import TrendStanding
from app.incidents.trend import acting, evidence, rules
from app.incidents.trend.rules import Held, Sight
from app.storage.engine import Database
from app.storage.unit_of_work import UnitOfWork

LOCK = 7_216_007


async def follow(database: Database) -> int:
    """Judge every stream's last complete minute and do what follows; answers for how many something did.

    Any number of workers may do the same minute: it counts once.
    """
    async with database.reading() as connection:
        lines = await trends.read(connection, minutes=activity.SLOPED)
    async with database.unit_of_work() as work:
        due = await _note(work, list(evidence.sights(lines)))
    done = 0
    for stream in due:  # a transaction each: one that fails holds up no other
        async with database.unit_of_work() as work:
            done += await acting.act(work, stream)
    return done


async def _note(work: UnitOfWork, seen: Sequence[Sight]) -> list[str]:
    """Write how the streams stand; answers those that something follows from, the worst first."""
    await work.session.execute(select(func.pg_advisory_xact_lock(LOCK)))
    known = {one.stream: one for one in await work.session.scalars(select(TrendStanding))}
    standings = [_stand(work, sight, known.get(sight.stream)) for sight in seen]
    due = [one for one in standings if acting.is_due(one)]
    return [one.stream for one in sorted(due, key=lambda one: (one.held.rank, one.stream))]


def _stand(work: UnitOfWork, sight: Sight, known: TrendStanding | None) -> TrendStanding:
    minute: datetime = sight.points[-1].at
    if known is not None and known.minute >= minute:
        return known
    standing = known or TrendStanding(stream=sight.stream)
    held = Held(known.held, known.inside_since) if known else Held()
    sight = replace(sight, is_heard=_is_heard(standing, known, minute))
    found = rules.find(sight)
    held = rules.hold(held, found.severity, minute)
    standing.minute, standing.about, standing.state = minute, found.about, found.state
    standing.severity, standing.held, standing.inside_since = found.severity, held.severity, held.inside_since
    standing.evidence = evidence.written(sight, found)
    if known is None:
        work.session.add(standing)
    return standing


def _is_heard(standing: TrendStanding, known: TrendStanding | None, minute: datetime) -> bool:
    """Whether Opsbook was there for the minutes that are judged: reports of what it missed come late."""
    if known is not None and minute - known.minute > rules.FRESH:
        standing.resumed_at = minute
    if not rules.is_heard(minute, standing.resumed_at):
        return False
    standing.resumed_at = None
    return True
