"""Keep the minutes of each stream: what a trigger noted is folded into hours, and the feed is never scanned.

A minute is what the hours and the deltas hold together, in one statement's view: see `MINUTES`.
Why so: ADR 0018.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text

from app.storage.unit_of_work import UnitOfWork

LOCK: Final = 7_216_005
AT_ONCE: Final = 20_000
# Sums of the same numbers in another order differ by less than this part of them.
ROUNDING: Final = 1e-9

# One folder at a time; whoever comes second has nothing to do, rather than to wait.
ALONE: Final = text("select pg_try_advisory_xact_lock(:lock)")
FOLD: Final = text(
    """
    with taken as (
        delete from activity_delta where id in (select id from activity_delta order by id limit :most)
        returning stream, kind, minute, events, value
    ), minutes as (
        select stream, date_bin('1 hour', minute, 'epoch') as hour, minute, sum(value) as value
          from taken group by stream, minute
    ), streams as (
        insert into activity_stream (name, first_at) select stream, min(minute) from taken group by stream
        on conflict (name) do update set first_at = excluded.first_at
         where excluded.first_at < activity_stream.first_at
    ), kinds as (
        insert into activity_kind (stream, kind) select distinct stream, kind from taken
        on conflict do nothing
    ), kind_hours as (
        insert into activity_kind_hour (hour, stream, kind, events)
        select date_bin('1 hour', minute, 'epoch'), stream, kind, sum(events) from taken group by 1, 2, 3
        on conflict (hour, stream, kind) do update set events = activity_kind_hour.events + excluded.events
    ), hours as (
        insert into activity_hour (stream, hour, minutes)
        select touched.stream, touched.hour, array_agg(coalesce(value, 0) order by place)
          from (select distinct stream, hour from minutes) as touched
         cross join generate_series(0, 59) as place
          left join minutes on minutes.stream = touched.stream
                and minutes.minute = touched.hour + place * interval '1 minute'
         group by touched.stream, touched.hour
        on conflict (stream, hour) do update set minutes = (
            select array_agg(kept + added order by place)
              from unnest(activity_hour.minutes, excluded.minutes) with ordinality
                   as sums(kept, added, place))
    )
    select count(*) from taken
    """
)
# Every minute with anything in it, from :since to before :until, of the streams named (null: of all).
MINUTES: Final = """
    select stream, minute, sum(value) as value from (
        select stream, hour + (place - 1) * interval '1 minute' as minute, value
          from activity_hour, unnest(minutes) with ordinality as those(value, place)
         where hour >= date_bin('1 hour', {since}, 'epoch') and hour < {until} and {chosen}
         union all
        select stream, minute, value from activity_delta where {chosen}
    ) as counted
     where minute >= {since} and minute < {until} and value <> 0
     group by stream, minute
"""
DRIFT: Final = text(
    f"""
    with counted as ({MINUTES.format(since=":since", until=":until", chosen="true")}),
    told as (
        select stream, date_bin('1 minute', occurred_at, 'epoch') as minute, sum(value) as value
          from activity_event where occurred_at >= :since and occurred_at < :until group by 1, 2
    )
    select stream, minute, coalesce(told.value, 0), coalesce(counted.value, 0)
      from told full join counted using (stream, minute)
      left join activity_stream on name = stream
     where minute >= coalesce(kept_from, '-infinity')
       and abs(coalesce(told.value, 0) - coalesce(counted.value, 0))
           > {ROUNDING} * greatest(abs(coalesce(told.value, 0)), 1)
     order by minute, stream limit :most
    """
)


@dataclass(frozen=True, slots=True)
class Drift:
    """A minute whose count is not what the feed says."""

    stream: str
    minute: datetime
    told: float
    counted: float


async def fold(work: UnitOfWork) -> int:
    """Fold what was noted into the hours, oldest first; answers how many notes, 0 when another is at it."""
    if not await work.session.scalar(ALONE, {"lock": LOCK}):
        return 0
    return int(await work.session.scalar(FOLD, {"most": AT_ONCE}) or 0)


async def drift(work: UnitOfWork, *, back: timedelta | None = None, most: int = 100) -> list[Drift]:
    """Recompute the minutes of the last `back` (all that are kept if None) from the feed itself, and compare.

    It reads that part of the feed: it is a check, and nothing that a page waits for.
    """
    until = await work.now() + timedelta(hours=1)
    since = until - back if back is not None else datetime.min.replace(year=1970, tzinfo=until.tzinfo)
    found = await work.session.execute(DRIFT, {"since": since, "until": until, "most": most})
    return [Drift(*row) for row in found]
