"""How fast the activity page reads a long feed, and whether many writers at once are counted right.

The operations are the page's own, in process: what a viewer waits for, but for the template. Demands are on
the 95th of a hundred, on this machine as busy as it is.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from statistics import quantiles
from typing import Any

import asyncpg

from api.context import Context
from api.execute import execute
from app.activity import counting, reports, usual
from app.embedded import Engines
from app.security.permissions import Actor, Scope
from app.storage import migrate
from app.storage.engine import Database
from benchmarks.figures import judge

EVENTS = 200_000
AT_ONCE = 500_000
STREAMS = 20
ROUNDS = 40
DEMANDED = 0.050  # seconds, the 95th percentile
WRITERS, BODIES, EACH = 16, 20, 50

# Ninety days that end now; a kind in ten thousand is rare, as the one that somebody looks for is.
FILL = """
    insert into activity_event (stream, kind, summary, occurred_at, recorded_at, payload)
    select 'stream-' || n % $3, case when n % 9973 = 0 then 'rare' else 'kind-' || n % 7 end,
           'Event ' || n || ' of the benchmark', at, at, '{}'
      from generate_series($1::bigint, $2::bigint - 1) as n,
           lateral (select clock_timestamp() - interval '90 days' * ($4 - n) / $4 as at) as moment
"""
PAGE = {"first": 100}
ONE = {**PAGE, "stream": "stream-3"}


async def run(engines: Engines, *, events: int = EVENTS) -> bool:
    """Fill an empty database and measure on it; says whether every demand was met."""
    url = engines.database_url
    await migrate.upgrade(url)
    database = await Database.open(url, writers=WRITERS + 2, readers=4)
    try:
        await _fill(url, database, events)
        since = await _minute(url)
        reads: dict[str, tuple[str, dict[str, Any]]] = {
            "feed of all streams": ("activity_page", PAGE),
            "feed of one stream": ("activity_page", ONE),
            "a rare kind": ("activity_page", {**PAGE, "kind": "rare"}),
            "trend lines of all": ("activity_trends", {"minutes": 60}),
            "trend line of one": ("activity_trends", {"minutes": 120, "stream": "stream-3"}),
            "a minute": ("activity_page", {**ONE, **since}),
            "threshold looks back": (
                "stream_preview",
                {"name": "stream-3", "threshold": 1, "kind": "ACTIVITY"},
            ),
        }
        met = [await _read(database, name, *one) for name, one in reads.items()]
        return all([*met, await _write(database)])
    finally:
        await database.close()


async def _fill(url: str, database: Database, events: int) -> None:
    connection = await _connected(url)
    began = time.perf_counter()
    for first in range(0, events, AT_ONCE):
        await connection.execute(FILL, first, min(first + AT_ONCE, events), STREAMS, events)
        while await _fold(database):
            continue
    async with database.unit_of_work() as work:
        await usual.refresh(work)
    await connection.execute("vacuum analyze")
    size = await connection.fetchval("select pg_total_relation_size('activity_event')")
    hours = await connection.fetchval("select pg_total_relation_size('activity_hour')")
    await connection.close()
    seconds = time.perf_counter() - began
    print(  # noqa: T201 - a benchmark prints
        f"{events:,} events in {seconds:.0f} s, {size / events:.0f} B each; counts {hours / 2**20:.0f} MB"
    )


async def _fold(database: Database) -> int:
    async with database.unit_of_work() as work:
        return await counting.fold(work)


async def _minute(url: str) -> dict[str, str]:
    connection = await _connected(url)
    found = await connection.fetchval("select date_bin('1 minute', clock_timestamp(), 'epoch')")
    ends = await connection.fetchval("select $1::timestamptz + interval '1 minute'", found)
    await connection.close()
    return {"from": found.isoformat(), "to": ends.isoformat()}


async def _read(database: Database, name: str, operation: str, variables: Mapping[str, Any]) -> bool:
    """One after the other: how long one viewer waits."""
    context = Context(database, Actor("token", 1, "bench", frozenset({Scope.INCIDENTS_READ})))
    taken = []
    for _ in range(ROUNDS + 2):
        began = time.perf_counter()
        await execute(context, operation, variables)
        taken.append(time.perf_counter() - began)
    late = quantiles(taken[2:], n=20)[-1]  # the first two plan
    return judge(name, late * 1e3, "ms", late <= DEMANDED, "p95 <= 50 ms")


async def _write(database: Database) -> bool:
    """Sixteen senders and two folders at once; what the feed says is what was counted."""
    async with database.unit_of_work() as work:
        now = await work.now()
    event = reports.Report(stream="written", kind="written", occurred_at=now, value=2)
    told = [(event, ())] * EACH
    waits: list[float] = []

    async def send() -> None:
        for _ in range(BODIES):
            began = time.perf_counter()
            async with database.unit_of_work() as work:
                await reports.receive(work, 1, told)
            waits.append(time.perf_counter() - began)

    async def fold() -> None:
        while len(waits) < WRITERS * BODIES:
            await _fold(database)
            await asyncio.sleep(0.01)

    began = time.perf_counter()
    await asyncio.gather(*(send() for _ in range(WRITERS)), fold(), fold())
    seconds = time.perf_counter() - began
    while await _fold(database):
        continue
    async with database.unit_of_work() as work:
        found = await counting.drift(work)
    rate, late = WRITERS * BODIES * EACH / seconds, quantiles(waits, n=20)[-1]
    print(f"{WRITERS} writers at once      {rate:8.0f} events/s, p95 {late * 1e3:.0f} ms a body of {EACH}")  # noqa: T201
    return judge("minutes counted wrong", len(found), "", not found, "none")


async def _connected(url: str) -> asyncpg.Connection:
    return await asyncpg.connect(url.replace("postgresql+asyncpg:", "postgresql:"))
