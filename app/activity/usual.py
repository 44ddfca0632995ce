"""What is usual: for each stream and hour of the week, worked out ahead so that reading it is cheap."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text

from app.activity.rules import MAD_TO_DEVIATION, USUAL_WEEKS
from app.storage.unit_of_work import UnitOfWork

# Pages show the last two hours; a worker may be away for a day before anybody sees older figures.
BEHIND: Final = timedelta(hours=2)
AHEAD: Final = timedelta(hours=24)
WEEK: Final = timedelta(days=7)
# Events that come late change what is usual: the hours to come are worked out anew this often.
AGAIN_AFTER: Final = timedelta(hours=1)
MONDAY_FIRST: Final = 72  # the epoch began on a Thursday

HOUR_OF_WEEK: Final = f"((extract(epoch from {{hour}}) / 3600)::bigint + {MONDAY_FIRST}) % 168"
REFRESH: Final = text(
    f"""
    with wanted as (
        select name as stream, first_at, hour, {HOUR_OF_WEEK.format(hour="hour")} as hour_of_week
          from activity_stream
         cross join generate_series(cast(:first as timestamptz), :last, interval '1 hour') as hour
          left join activity_usual as known
                 on known.stream = name and known.hour_of_week = {HOUR_OF_WEEK.format(hour="hour")}
         where known.for_hour is distinct from hour or hour > :now and known.computed_at <= :stale
    ), samples as (
        select wanted.stream, wanted.hour, week,
               coalesce(minutes, array_fill(0::float8, array[60])) as minutes
          from wanted cross join generate_series(1, {USUAL_WEEKS}) as week
          left join activity_hour as past on past.stream = wanted.stream
                and past.hour = wanted.hour - week * interval '7 days'
         where wanted.hour - week * interval '7 days' >= date_bin('1 hour', first_at, 'epoch')
    ), middle as (
        select stream, hour, count(distinct week) as weeks,
               percentile_cont(0.5) within group (order by value) as expected
          from samples, unnest(minutes) as value group by stream, hour
    ), stray as (
        select stream, hour, percentile_cont(0.5) within group (order by abs(value - expected)) as deviation
          from samples join middle using (stream, hour), unnest(minutes) as value group by stream, hour
    ), written as (
        insert into activity_usual (stream, hour_of_week, expected, spread, weeks, for_hour, computed_at)
        select stream, hour_of_week, expected, greatest({MAD_TO_DEVIATION} * deviation, sqrt(expected)),
               weeks, hour, :now
          from wanted join middle using (stream, hour) join stray using (stream, hour)
        on conflict (stream, hour_of_week) do update
        set (expected, spread, weeks, for_hour, computed_at)
            = (excluded.expected, excluded.spread, excluded.weeks, excluded.for_hour, excluded.computed_at)
        returning 1
    )
    select count(*) from written
    """
)


async def refresh(work: UnitOfWork) -> int:
    """Work out the hours about now that are missing or old; answers how many.

    Each uses the same hour of the weeks before it, so that an hour is never measured against itself.
    """
    now = await work.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    values = {"first": hour - BEHIND, "last": hour + AHEAD, "now": now, "stale": now - AGAIN_AFTER}
    return int(await work.session.scalar(REFRESH, values) or 0)


def hour_of_week(at: datetime) -> int:
    """The hour of the week in UTC, 0 on Monday at midnight."""
    return (int(at.timestamp()) // 3600 + MONDAY_FIRST) % 168
