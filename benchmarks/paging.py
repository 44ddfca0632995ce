"""From an alert to a ringing telephone: how long in calm, how many in a storm, and how punctual timers are.

Everything runs as in production, two web processes and two pagers, but on one machine with the sender and the
stand-in for PagerDuty. What these two reach without Opsbook is measured in the same run. A storm of 10,000 is
to be paged in a minute; a shorter one is measured here, at the same pace.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from functools import partial

import aiohttp

from app.demo.loopback.server import serving
from app.demo.pagerduty.app import create
from app.demo.pagerduty.stand_in import StandIn
from app.embedded import Engines
from benchmarks import whole
from benchmarks.figures import judge, percentile, show
from benchmarks.whole import NO_LIMIT, Whole

CALM_PER_SECOND, CALM_ALERTS, CALM_WAVES = 10, 200, 10
STORM_ALERTS, SENDERS, URGENT_EVERY = 2_000, 64, 100
TIMERS_APART_SECONDS = 0.1
BARE_POSTS = 1_000

# Demanded, in seconds or for each. Source: performance specification, "Jobs and timers".
CALM_P50, CALM_P99 = 0.1, 1.0
STORM_PER_SECOND = 10_000 / 60
URGENT_WITHIN = 5.0
LATE_P99 = 0.05
TIMERS_PER_SECOND = 10_000 / 10

REST = "update page_budget set tokens = 25, filled_at = clock_timestamp()"  # as after twenty seconds
NONE_WAITS = "select not exists (select from escalation_step where step = 2 and fired_at is null)"
NEWEST = "select coalesce(max(incident_id), 0) from escalation_step where step > 1 and fired_at is not null"
DUE = """
    with waiting as (select incident_id, generation, step, row_number() over (order by incident_id) as place
                       from escalation_step where step = 2 and fired_at is null)
    update escalation_step one set due_at = clock_timestamp() + (1 + place * $1::float) * interval '1 s'
      from waiting where (waiting.incident_id, waiting.generation, waiting.step)
                       = (one.incident_id, one.generation, one.step)
"""
LATE = """
    select extract(epoch from fired_at - due_at)::float from escalation_step
     where step = 2 and incident_id > $1
"""


async def run(engines: Engines) -> bool:
    """Measure on an empty database; says whether every demand was met."""
    show("posts to the stand-in itself", f"{await _bare():8.0f}/s")
    async with whole.running(engines) as opsbook:
        await _late(opsbook, apart_seconds=0)  # those of the warming up
        met = [
            *await _calm(opsbook),
            *_punctual(await _late(opsbook, apart_seconds=TIMERS_APART_SECONDS)),
            *await _storm(opsbook),
            *_together(await _late(opsbook, apart_seconds=0)),
        ]
        show("pages sent again", f"{opsbook.calls.repeats:8}")
    return all(met)


async def _bare() -> float:
    """What sender and stand-in reach together, a second, when nothing stands between them."""
    pagerduty = StandIn()
    pagerduty.event_limit.calls = NO_LIMIT
    key = next(iter(pagerduty.account.rotas.values())).routing_key
    names = iter([f"bare-{number}" for number in range(BARE_POSTS)])
    async with serving(create(pagerduty)) as url, aiohttp.ClientSession() as http:

        async def again() -> None:
            for name in names:
                await whole.post(http, url, key, name)

        began = time.perf_counter()
        await asyncio.gather(*(again() for _ in range(SENDERS)))
        return BARE_POSTS / (time.perf_counter() - began)


async def _calm(opsbook: Whole) -> list[bool]:
    """Ten alerts a second, whether or not others are through: while each has its own call, and longer."""
    short: list[float] = []
    for wave in range(CALM_WAVES):
        await opsbook.database.execute(REST)
        short += await _waits(
            opsbook, [f"calm-{wave}-{number}" for number in range(CALM_ALERTS // CALM_WAVES)]
        )
    long = await _waits(opsbook, [f"steady-{number}" for number in range(CALM_ALERTS)])
    p50, p99 = percentile(short, 0.5), percentile(short, 0.99)
    show("for 20 s, in calls that are shared, p50", f"{percentile(long, 0.5) * 1e3:8.2f} ms")
    shared = percentile(long, 0.99)
    return [
        judge("alert to page, p50", p50 * 1e3, "ms", p50 <= CALM_P50, "<= 100 ms"),
        judge("alert to page, p99", p99 * 1e3, "ms", p99 <= CALM_P99, "<= 1000 ms"),
        judge(
            "for 20 s, in calls that are shared, p99", shared * 1e3, "ms", shared <= CALM_P99, "<= 1000 ms"
        ),
    ]


async def _waits(opsbook: Whole, names: Sequence[str]) -> list[float]:
    sending = []
    for name in names:
        sending.append(asyncio.create_task(opsbook.send(name)))
        await asyncio.sleep(1 / CALM_PER_SECOND)
    await asyncio.gather(*sending)
    await opsbook.paged()
    return [opsbook.calls.paged_at[name] - opsbook.sent_at[name] for name in names]


async def _storm(opsbook: Whole) -> list[bool]:
    """As many alerts as so many senders get rid of, each an incident of its own, some of them S0."""
    names = iter([f"storm-{number}" for number in range(STORM_ALERTS)])
    urgent = {f"storm-{number}" for number in range(0, STORM_ALERTS, URGENT_EVERY)}

    async def again() -> None:
        for name in names:
            how = {"severity": "critical", "class": "platform"} if name in urgent else {}
            await opsbook.send(name, **how)

    began, cpu = time.perf_counter(), opsbook.cpu_seconds()
    await asyncio.gather(*(again() for _ in range(SENDERS)))
    await opsbook.paged()
    pace = STORM_ALERTS / (time.perf_counter() - began)
    show("CPU of web and pagers", f"{(opsbook.cpu_seconds() - cpu) / STORM_ALERTS * 1e3:8.2f} ms an alert")
    slowest = max(opsbook.calls.paged_at[name] - opsbook.taken_at[name] for name in urgent)
    return [
        judge("storm, paged", pace, "/s", pace >= STORM_PER_SECOND, f">= {STORM_PER_SECOND:.0f}/s"),
        judge("an S0 in it, the slowest", slowest * 1e3, "ms", slowest <= URGENT_WITHIN, "<= 5000 ms"),
    ]


async def _late(opsbook: Whole, *, apart_seconds: float) -> list[float]:
    """Let all timers that wait be due in a second, or one after the other from then on; answers how late."""
    newest = await opsbook.database.fetchval(NEWEST)
    await opsbook.database.execute(DUE, apart_seconds)
    await whole.until(partial(opsbook.database.fetchval, NONE_WAITS))
    return [late for (late,) in await opsbook.database.fetch(LATE, newest)]


def _punctual(late: list[float]) -> list[bool]:
    p99 = percentile(late, 0.99)
    show("timers late, p50", f"{percentile(late, 0.5) * 1e3:8.2f} ms")
    return [
        judge("timers late, p99", p99 * 1e3, "ms", p99 <= LATE_P99, "<= 50 ms"),
        judge("timers late, the earliest", min(late) * 1e3, "ms", min(late) >= 0, "never early"),
    ]


def _together(late: list[float]) -> list[bool]:
    pace = len(late) / max(late)
    show("timers due at once", f"{len(late):8}")
    return [judge("timers fired", pace, "/s", pace >= TIMERS_PER_SECOND, ">= 1000/s")]
