"""Opsbook whole, for benchmarks: two web processes and two pagers, and PagerDuty's stand-in in this one."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg

from app import supervisor
from app.demo.loopback.server import serving
from app.demo.pagerduty.app import create
from app.demo.pagerduty.stand_in import Call, StandIn
from app.embedded import Engines
from app.embedded.lifeline import tie
from app.incidents import sources
from app.security.permissions import SYSTEM
from app.storage import migrate
from app.storage.engine import Database

READY_WITHIN_SECONDS = 30.0
TICKS = os.sysconf("SC_CLK_TCK")
NO_LIMIT = 1_000_000
WARM_ALERTS = 50
ASK_EVERY_SECONDS = 0.02


class Calls(list[Call]):
    """PagerDuty's list of calls, which notes when each alert's page for the operator came."""

    def __init__(self) -> None:
        super().__init__()
        self.paged_at: dict[str, float] = {}
        self.repeats = 0

    def append(self, call: Call) -> None:
        """Note a call. An alert's name follows our marker and the severity: `[OPS-1·1] S3: name`."""
        super().append(call)
        if call.action == "trigger" and call.role == "operator":
            payload = call.body["payload"]
            for line in (payload["summary"], *payload["custom_details"].get("stands_for", ())):
                name = line.partition(": ")[2].partition(" ")[0]
                self.repeats += name in self.paged_at
                self.paged_at.setdefault(name, time.perf_counter())


@dataclass
class Whole:
    """A running Opsbook, a sender's client and key, and a connection to look into the database."""

    url: str
    key: str
    http: aiohttp.ClientSession
    database: Any
    calls: Calls
    pids: list[int]
    sent_at: dict[str, float] = field(default_factory=dict)
    taken_at: dict[str, float] = field(default_factory=dict)

    async def send(self, name: str, **payload: str) -> None:
        """Post one alert until it is taken."""

        async def is_taken() -> bool:
            return await post(self.http, self.url, self.key, name, **payload) == HTTPStatus.ACCEPTED

        self.sent_at[name] = time.perf_counter()
        await until(is_taken)
        self.taken_at[name] = time.perf_counter()

    async def paged(self) -> None:
        """Wait until every alert that was sent has rung."""

        async def have_rung() -> bool:
            return len(self.calls.paged_at) >= len(self.sent_at)

        await until(have_rung)

    def cpu_seconds(self) -> float:
        """What web and pagers have used so far, where the system tells."""
        return sum(map(_cpu_seconds, self.pids))


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    """Ask again and again: what other processes do sets no event of ours."""
    while not await is_so():  # noqa: ASYNC110 - see above
        await asyncio.sleep(ASK_EVERY_SECONDS)


async def post(http: aiohttp.ClientSession, url: str, key: str, name: str, **payload: str) -> int:
    """Post one event the way a sender of PagerDuty's does; answers the status."""
    content = {"summary": name, "source": "bench", "severity": "warning", "class": "feature", **payload}
    event = {"routing_key": key, "event_action": "trigger", "dedup_key": name, "payload": content}
    async with http.post(f"{url}/v2/enqueue", json=event) as answer:
        await answer.read()
        return answer.status


@asynccontextmanager
async def running(engines: Engines) -> AsyncIterator[Whole]:
    """Start everything on an empty database, and stop it at the end."""
    await migrate.upgrade(engines.database_url)
    with supervisor.listen("127.0.0.1", 0) as listening, tempfile.TemporaryFile() as log:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        pagerduty = StandIn(webhook_url=f"{url}/hooks/pagerduty")
        pagerduty.event_limit.calls = NO_LIMIT  # PagerDuty's own limit is not what is measured
        pagerduty.calls = calls = Calls()
        connection = await asyncpg.connect(engines.database_url.replace("+asyncpg", ""))
        async with serving(create(pagerduty)) as pagerduty_url, aiohttp.ClientSession() as http:
            environ = _environ(engines, url, pagerduty.settings(pagerduty_url))
            with _processes(environ, listening.fileno(), log) as pids:
                whole = Whole(url, await _source(engines.database_url), http, connection, calls, pids)
                await _ready(whole)
                yield whole
        await connection.close()


def _environ(engines: Engines, url: str, pagerduty: dict[str, str]) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("OPSBOOK_")}
    return {
        **ours,
        **pagerduty,
        "OPSBOOK_DATABASE_URL": engines.database_url,
        "OPSBOOK_REDIS_URL": engines.redis_url,
        "OPSBOOK_SECRET_KEY": "k" * 32,
        "OPSBOOK_BASE_URL": url,
    }


@contextmanager
def _processes(environ: dict[str, str], fd: int, log: Any) -> Iterator[list[int]]:
    kinds = (("web", "--fd", str(fd)), ("web", "--fd", str(fd)), ("worker", "pager"), ("worker", "pager"))
    processes = [
        subprocess.Popen(  # noqa: S603 - our own command line
            tie([sys.executable, "-m", "app", *kind], death_signal=signal.SIGKILL),
            env=environ,
            pass_fds=(fd,),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        for kind in kinds
    ]
    try:
        yield [process.pid for process in processes]
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


async def _source(database_url: str) -> str:
    database = await Database.open(database_url)
    try:
        async with database.unit_of_work() as work:
            _, key = await sources.add(work, SYSTEM, name="bench", sends="pagerduty")
            return key
    finally:
        await database.close()


async def _ready(whole: Whole) -> None:
    """Send alerts until both pagers and both webs are warm."""
    async with asyncio.timeout(READY_WITHIN_SECONDS):
        await until(partial(_answers, whole))
        await asyncio.gather(*(whole.send(f"warm-{number}") for number in range(WARM_ALERTS)))
        await whole.paged()


async def _answers(whole: Whole) -> bool:
    try:
        async with whole.http.get(f"{whole.url}/readyz") as answer:
            return answer.ok
    except aiohttp.ClientError:
        return False


def _cpu_seconds(pid: int) -> float:
    try:
        used = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    except OSError:  # not Linux
        return 0.0
    return sum(map(int, used)) / TICKS
