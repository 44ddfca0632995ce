"""The queue is silent, PostgreSQL restarts, a clock is wrong: the commander is paged all the same."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests import clock
from tests.faults import kit
from tests.faults.conftest import source
from tests.faults.kit import Whole
from tests.faults.test_first_alert import EARLY, ask, send_until_taken

pytestmark = [pytest.mark.anyio, pytest.mark.faults]
WRONG_CLOCK = """
import time as _time
_true = _time.time
_time.time = lambda: _true() {ahead:+d}
"""


@contextmanager
def silent(redis_url: str) -> Iterator[None]:
    """Let Valkey answer nobody, without hanging up, for the length of the block."""
    pid = kit.engine_pid(Path(urlsplit(redis_url).path).parent.resolve())
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def restart_postgresql(database_url: str) -> None:
    """Stop PostgreSQL, with all connections; whoever keeps it starts it again."""
    folder = parse_qs(urlsplit(database_url).query)["host"][0]
    os.kill(kit.engine_pid(Path(folder).resolve()), signal.SIGINT)


async def commander_in_time(whole: Whole, within: timedelta) -> None:
    """Expect the commander's page, never early."""
    try:
        await whole.pagerduty.pages.expect(role="commander", within=within)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{whole.said()}") from None
    assert await ask(whole, EARLY) == 0


async def test_the_commander_is_paged_though_the_queue_is_silent_at_4_59(
    whole: Whole, redis_url: str
) -> None:
    await send_until_taken(whole, "alert")
    await whole.pagerduty.pages.expect(role="operator")
    await clock.advance(whole.database_url, timedelta(minutes=4, seconds=57))

    with silent(redis_url):
        await commander_in_time(whole, timedelta(seconds=8))


async def test_alerts_are_taken_and_paged_while_the_queue_is_silent(whole: Whole, redis_url: str) -> None:
    with silent(redis_url):
        answers = [await whole.send(whole.keys["pagerduty"], f"alert-{n}") for n in range(5)]
        for _ in answers:
            await whole.pagerduty.pages.expect(role="operator", within=timedelta(seconds=5))

    assert answers == [202] * 5


async def test_the_commander_is_paged_though_postgresql_restarts_at_4_58(whole: Whole) -> None:
    await send_until_taken(whole, "alert")
    await whole.pagerduty.pages.expect(role="operator")
    await clock.advance(whole.database_url, timedelta(minutes=4, seconds=56))

    restart_postgresql(whole.database_url)

    await commander_in_time(whole, timedelta(seconds=12))
    assert all(one.popen is not None and one.popen.poll() is None for one in whole.processes.values())


async def test_nothing_is_answered_2xx_while_postgresql_is_away(whole: Whole) -> None:
    await send_until_taken(whole, "before")
    await whole.pagerduty.pages.expect(role="operator")

    restart_postgresql(whole.database_url)
    answers = await asyncio.gather(*(whole.send(whole.keys["pagerduty"], f"alert-{n}") for n in range(20)))

    assert set(answers) <= {202, 503}, whole.said()
    for _ in range(answers.count(202)):
        await whole.pagerduty.pages.expect(role="operator", within=timedelta(seconds=15))


@pytest.mark.parametrize("ahead_seconds", [600, -600])
async def test_wrong_clocks_of_web_and_worker_change_nothing(
    database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ahead_seconds: int
) -> None:
    (tmp_path / "sitecustomize.py").write_text(WRONG_CLOCK.format(ahead=ahead_seconds))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    async with kit.running(database_url, redis_url, tmp_path) as whole:
        whole.keys["pagerduty"] = await source(database_url, "sender", "pagerduty")
        await send_until_taken(whole, "alert")
        await whole.pagerduty.pages.expect(role="operator")
        await clock.advance(database_url, timedelta(minutes=4, seconds=58))

        await commander_in_time(whole, timedelta(seconds=8))


async def test_health_is_red_when_no_pager_lives(whole: Whole) -> None:
    await send_until_taken(whole, "alert")
    await whole.pagerduty.pages.expect(role="operator")
    pager = whole.processes["worker-pager-0"]
    pager.wanted = False
    pager.kill()

    await clock.advance(whole.database_url, timedelta(minutes=5, seconds=16))

    async with whole.http.get(f"{whole.url}/healthz") as answer:
        assert answer.status == 503
        assert "no pager works" in await answer.text()
