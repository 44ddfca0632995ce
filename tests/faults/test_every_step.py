"""A process is killed before or after each of its writes, to PostgreSQL, Valkey and PagerDuty alike.

Between an alert and its two pages a pager writes some fifty times and the web some twenty. `make test` tries
a few of these moments, `make faults` all of them.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from app.incidents.paging.claiming import LEASE
from app.incidents.rules import ACKNOWLEDGE_WITHIN
from tests.fakes.lines import Fuse, Side
from tests.faults import kit
from tests.faults.conftest import source
from tests.faults.judge import COMMANDER, OPERATOR, Judge
from tests.faults.kit import Whole
from tests.faults.senders import Alert, send
from tests.faults.trial import FIGURES
from tests.patience import patience

pytestmark = [pytest.mark.anyio, pytest.mark.faults]
SOON = timedelta(seconds=1)
LEASES = 10
TRIES = 20
# A pager asks Valkey twenty times a second, so a moment of it comes by itself; these are all there are.
ENOUGH = {"postgresql": 200, "pagerduty": 50, "valkey": 8}


@pytest.fixture
async def single(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Whole]:
    """One web and one pager, with lines."""
    async with kit.running(database_url, redis_url, tmp_path, lined=True) as found:
        found.keys["pagerduty"] = await source(database_url, "sender", "pagerduty")
        found.pagerduty.pages.expect_anything()  # the judge counts what rings
        yield found


@pytest.mark.parametrize(
    ("name", "what", "side", "step"),
    [
        ("web-0", "postgresql", "after", 12),
        ("worker-pager-0", "pagerduty", "after", 1),
    ],
)
async def test_a_kill_at_one_step_loses_and_doubles_nothing(
    single: Whole, name: str, what: str, side: Side, step: int
) -> None:
    await survive(single, name, what, side, [step])


@pytest.mark.long
@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("web-0", "postgresql"),
        ("web-0", "valkey"),
        ("worker-pager-0", "postgresql"),
        ("worker-pager-0", "pagerduty"),
        ("worker-pager-0", "valkey"),
    ],
)
async def test_a_kill_at_any_step_loses_and_doubles_nothing(
    single: Whole, name: str, what: str, side: Side, request: pytest.FixtureRequest
) -> None:
    kills = await survive(single, name, what, side, range(1, ENOUGH[what] + 1))

    assert kills > 0
    request.node.user_properties.append((FIGURES, f"{kills} kills"))


async def survive(whole: Whole, name: str, what: str, side: Side, steps: Iterable[int]) -> int:
    """Kill at one step after the other until an alert has gone all its way before; answers how often."""
    kills = 0
    for step in steps:
        if not await _survived_one(whole, name, what, side, step):
            break
        kills += 1
    return kills


async def _survived_one(whole: Whole, name: str, what: str, side: Side, step: int) -> bool:
    process, line = whole.processes[name], getattr(whole.lines[name], what)
    judge, alert, before = Judge(whole), Alert(f"alert-{name}-{what}-{side}-{step}"), process.times_ready()
    line.fuse = fuse = Fuse(step, side, process.kill)
    await send(whole, alert, tries=TRIES)
    await _rung(whole, judge, alert, OPERATOR)
    await whole.advance(ACKNOWLEDGE_WITHIN)
    await _rung(whole, judge, alert, COMMANDER)
    line.fuse = None
    verdict = judge.verdict([alert], is_escalated=True)
    assert verdict.untaken == [], f"{fuse.last!r}"
    verdict.hold(refused=1)
    if fuse.has_blown:
        await process.ready_after(before)
    return fuse.has_blown


async def _rung(whole: Whole, judge: Judge, alert: Alert, role: str) -> None:
    """Wait for a page; what was claimed by the dead waits for its lease, which runs out at once."""
    for _ in itertools.repeat(None, LEASES):
        if await judge.rung([alert], role, within=SOON * patience()):
            return
        await whole.advance(LEASE)
