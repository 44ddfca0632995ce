"""Metrics that are read from their rows at each scrape: queues, timers, pages, open incidents.

A row outlives the process that wrote it, so these are right after a kill, the same whichever process is
asked, and need no counting in the code that pages. Queues are read through partial indexes in a tenth of a
millisecond; counting all pages and timers ever made took 0.15 s for 100,000 of each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, product
from typing import Any, Final

import asyncpg
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from app.storage.engine import Database

_UNTOLD: Final = (
    "kind in ('first_public_update', 'next_update', 'next_enterprise_update')"
    " and nudged_at is null and met_at is null and waived_by is null"
)
# Each kind of durable work: the queue that does it, its table, when it is due, and what else it waits for.
WORK: Final = (
    ("pager", "escalation_step", "due_at", "fired_at is null and cancelled_at is null"),
    ("pager", "page", "due_at", "due_at is not null"),
    ("pager", "page", "check_at", "check_at is not null"),
    ("pager", "slack_press", "due_at", "due_at is not null"),
    ("pager", "incident", "lapses_at", "status = 'acknowledged' and severity in ('S0', 'S1')"),
    ("pager", "heartbeat", "due_at", "due_at is not null"),
    ("pager", "obligation", "due_at", _UNTOLD),
    ("general", "sign_in_request", "due_at", "due_at is not null"),
    ("general", "followup", "due_at", "due_at is not null"),
    ("general", "notice", "due_at", "due_at is not null"),
    ("general", "on_call_cover", "due_at", "due_at is not null"),
)
SEVERITIES: Final = ("S0", "S1", "S2", "S3")
OPEN: Final = ("triggered", "acknowledged", "mitigated")
ROLES: Final = ("operator", "incident_commander", "policy_owner")
RESULTS: Final = ("accepted", "failed")
PAGE_BUCKETS: Final = (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300)
ESCALATION_BUCKETS: Final = (0.1, 0.25, 0.5, 1, 2, 5, 15, 60)

_WAITING: Final = " union all ".join(
    f"select '{queue}' as queue, {column} as due_at from {table} where {condition}"
    for queue, table, column, condition in WORK
)
QUEUES: Final = f"""
    select queue, count(*) filter (where due_at <= moment) as due,
           greatest(extract(epoch from moment - min(due_at)), 0) as oldest_seconds
      from (select clock_timestamp() as moment) as this, ({_WAITING}) as waiting
     group by queue, moment
"""
OVERDUE: Final = """
    select greatest(extract(epoch from clock_timestamp() - min(due_at)), 0)
      from escalation_step where fired_at is null and cancelled_at is null
"""
INCIDENTS: Final = """
    select severity, status, count(*) from incident
     where status in ('triggered', 'acknowledged', 'mitigated') group by severity, status
"""
PAGES: Final = """
    select role, count(accepted_at) as accepted, count(*) filter (where status = 'failed') as failed
      from page group by role
"""


async def read(database: Database) -> list[Metric]:
    """Read them all.

    Raises: Unavailable when the database does not answer.
    """
    async with database.reading() as connection:
        return [
            *_queues({row["queue"]: row for row in await connection.fetch(QUEUES)}),
            await _overdue(connection),
            await _incidents(connection),
            await _pages(connection),
            await _page_lateness(connection),
            await _escalation_lateness(connection),
        ]


def database_up(*, up: bool) -> Metric:
    """Whether the database answered just now."""
    return GaugeMetricFamily(
        "opsbook_database_up", "1 when the database gave its figures within two seconds.", value=int(up)
    )


def _queues(found: Mapping[str, Any]) -> Iterator[Metric]:
    due = GaugeMetricFamily("opsbook_tasks_due", "Rows of durable work that are due.", labels=("queue",))
    oldest = GaugeMetricFamily(
        "opsbook_oldest_due_task_seconds",
        "For how long the oldest of them has been due; the one alarm that matters.",
        labels=("queue",),
    )
    for queue in sorted({queue for queue, *_ in WORK}):
        row = found.get(queue, {"due": 0, "oldest_seconds": 0})
        due.add_metric((queue,), row["due"])
        oldest.add_metric((queue,), float(row["oldest_seconds"]))
    yield due
    yield oldest


async def _overdue(connection: asyncpg.Connection) -> Metric:
    seconds = float(await connection.fetchval(OVERDUE) or 0)
    name = "opsbook_escalation_overdue_seconds"
    return GaugeMetricFamily(name, "How late the oldest escalation is that has not fired.", value=seconds)


async def _incidents(connection: asyncpg.Connection) -> Metric:
    counted = {(row[0], row[1]): row[2] for row in await connection.fetch(INCIDENTS)}
    family = GaugeMetricFamily("opsbook_incidents_open", "Open incidents.", labels=("severity", "status"))
    for labels in product(SEVERITIES, OPEN):
        family.add_metric(labels, counted.get(labels, 0))
    return family


async def _pages(connection: asyncpg.Connection) -> Metric:
    counted = {row["role"]: row for row in await connection.fetch(PAGES)}
    family = CounterMetricFamily(
        "opsbook_pages", "Pages that a provider took or refused.", labels=("role", "result")
    )
    for role, result in product(ROLES, RESULTS):
        family.add_metric((role, result), counted[role][result] if role in counted else 0)
    return family


async def _page_lateness(connection: asyncpg.Connection) -> Metric:
    return await _histogram(
        connection,
        HistogramMetricFamily(
            "opsbook_page_lateness_seconds", "From the decision to page until a provider took it."
        ),
        "select extract(epoch from accepted_at - queued_at)::float8 as late from page"
        " where accepted_at is not null",
        PAGE_BUCKETS,
    )


async def _escalation_lateness(connection: asyncpg.Connection) -> Metric:
    return await _histogram(
        connection,
        HistogramMetricFamily(
            "opsbook_escalation_lateness_seconds", "From when an escalation was due until it fired."
        ),
        "select extract(epoch from fired_at - due_at)::float8 as late from escalation_step"
        " where fired_at is not null",
        ESCALATION_BUCKETS,
    )


async def _histogram(
    connection: asyncpg.Connection, family: HistogramMetricFamily, late: str, bounds: Sequence[float]
) -> Metric:
    # A bound includes what lies on it; `width_bucket` excludes it, unless all is negated.
    negated = sorted(-bound for bound in bounds)
    found = await connection.fetch(
        f"select width_bucket(-late, $1::float8[]), count(*), sum(late) from ({late}) as measured group by 1",
        negated,
    )
    counts = {reached: count for reached, count, _ in found}
    running = list(accumulate(counts.get(reached, 0) for reached in range(len(bounds), -1, -1)))
    named = [str(float(bound)) for bound in bounds]
    buckets = list(zip([*named, "+Inf"], map(float, running), strict=True))
    family.add_metric((), buckets, sum(seconds for *_, seconds in found))
    return family
