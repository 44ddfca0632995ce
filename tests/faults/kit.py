"""Opsbook whole, as processes of its own, and the means to hurt it. It is judged from outside only.

The web and the workers are what `opsbook web` and `opsbook worker` start; whoever dies is started again after
a second, as a supervisor would. PostgreSQL and Valkey are this test run's own; PagerDuty is the stand-in.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp
import asyncpg

from app import supervisor
from tests import clock
from tests.engines import plain
from tests.fakes import lines
from tests.fakes import pagerduty as fakes
from tests.fakes.lines import Line, Lines
from tests.fakes.pagerduty import PagerDuty
from tests.faults import processes
from tests.faults.processes import Process, engine_pid
from tests.patience import patience

__all__ = ["Process", "Whole", "engine_pid", "give_plenty", "running"]
READY_WITHIN = 20.0
MANY = 1_000_000
CALLS_AT_ONCE = 1000
PLENTY = """
create function plenty() returns trigger language plpgsql as
    $$ begin new.tokens := 1e6; return new; end $$;
create trigger plenty before insert or update on page_budget for each row execute function plenty();
"""


@dataclass
class Whole:
    """All of Opsbook for one test."""

    url: str
    database_url: str
    redis_url: str
    pagerduty: PagerDuty
    processes: dict[str, Process]
    http: aiohttp.ClientSession
    lines: dict[str, Lines] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    async def ready(self) -> None:
        """Wait until the web answers and every worker has said that it is ready."""
        end = time.monotonic() + READY_WITHIN * patience()
        while not await self._answers() or not all(one.times_ready() for one in self.processes.values()):
            assert time.monotonic() < end, self.said()
            await asyncio.sleep(0.05)

    def named(self, prefix: str) -> list[Process]:
        """The processes of a kind: `web`, `worker`, `worker-pager`."""
        return [one for name, one in self.processes.items() if name.startswith(prefix)]

    def lines_to(self, what: str, prefix: str = "") -> Iterator[Line]:
        """The lines to `postgresql`, `valkey` or `pagerduty`, of all processes or of a kind."""
        return (getattr(mine, what) for name, mine in self.lines.items() if name.startswith(prefix))

    def now(self) -> datetime:
        """The database's time, which PagerDuty's stand-in shares."""
        return self.pagerduty.account.now()

    async def advance(self, by: timedelta) -> None:
        """Let time pass, for the database and for PagerDuty; no process of Opsbook notices."""
        self.pagerduty.account.ahead += by
        await clock.advance(self.database_url, by)

    async def send(self, key: str, dedup_key: str, **payload: str) -> int:
        """Post one trigger the way a sender of PagerDuty's events does; answers the status, 0 for none."""
        return await self.post(
            {
                "routing_key": key,
                "event_action": "trigger",
                "dedup_key": dedup_key,
                "payload": {
                    "summary": f"{dedup_key} broke",
                    "source": "test",
                    "severity": "error",
                    **payload,
                },
            }
        )

    async def post(self, event: Mapping[str, object]) -> int:
        """Post one event of PagerDuty's; answers the status, 0 for none."""
        try:
            async with self.http.post(f"{self.url}/v2/enqueue", json=event) as answer:
                await answer.read()
                return answer.status
        except (aiohttp.ClientError, OSError, TimeoutError):
            return 0

    async def pagerduty_gets(self, count: int, *, role: str | None) -> None:
        """Wait until so many more pages were tried for a role; None is for keys that are nobody's."""
        before = len(self.pagerduty.calls)
        while sum(one.role == role for one in self.pagerduty.calls[before:]) < count:
            await asyncio.sleep(0.02)

    async def metric(self, name: str, *, at_least: float) -> None:
        """Wait until Prometheus would read such a value."""
        async with asyncio.timeout(30 * patience()):
            while await self._metric(name) < at_least:
                await asyncio.sleep(0.1)

    def said(self) -> str:
        """What the processes wrote, for a test that fails."""
        return "\n".join(f"{one.name}: {one.said()[-3000:]}" for one in self.processes.values())

    async def _metric(self, name: str) -> float:
        async with self.http.get(f"{self.url}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        return next((float(one.rpartition(" ")[2]) for one in lines if one.startswith(name)), 0.0)

    async def _answers(self) -> bool:
        try:
            async with self.http.get(f"{self.url}/readyz") as answer:
                return answer.status == 200
        except (aiohttp.ClientError, OSError):
            return False


@asynccontextmanager
async def running(
    database_url: str,
    redis_url: str,
    folder: Path,
    *,
    web: int = 1,
    pagers: int = 1,
    others: Sequence[str] = (),
    lined: bool = False,
    environs: Mapping[str, Mapping[str, str]] | None = None,
) -> AsyncIterator[Whole]:
    """Start everything, keep it alive, and stop it at the end.

    `others` are further queues, a process for each time they are named; `lined` puts a line before whatever a
    process dials; `environs` gives single processes variables of their own.
    """
    await _keep_commits(database_url)
    with supervisor.listen("127.0.0.1", 0) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with AsyncExitStack() as stack:
            pagerduty = await stack.enter_async_context(fakes.serving(f"{url}/hooks/pagerduty"))
            pagerduty.event_limit.calls = MANY  # the limit has tests of its own
            environ = {
                **{name: value for name, value in os.environ.items() if not name.startswith("OPSBOOK_")},
                **pagerduty.settings(pagerduty.url),
                "OPSBOOK_DATABASE_URL": database_url,
                "OPSBOOK_REDIS_URL": redis_url,
                "OPSBOOK_SECRET_KEY": "k" * 32,
                "OPSBOOK_BASE_URL": url,
            }
            started = _processes(environ, listening.fileno(), folder, web, pagers, others)
            whole = Whole(
                url, database_url, redis_url, pagerduty, started, await stack.enter_async_context(_client())
            )
            for name, process in started.items():
                process.environ.update((environs or {}).get(name, {}))
                if lined:
                    mine = await stack.enter_async_context(lines.laid_to(process.environ))
                    whole.lines[name] = mine
                    process.environ.update(mine.settings(process.environ))
            async with _kept(started):
                await whole.ready()
                yield whole


async def give_plenty(database_url: str) -> None:
    """Let no budget of calls ever run low here: where harm is judged, thrift would be in the way."""
    async with _connected(database_url) as connection:
        await connection.execute(PLENTY)


async def _keep_commits(database_url: str) -> None:
    """Let this database keep what it has committed when PostgreSQL is killed; other tests need not."""
    async with _connected(database_url) as connection:
        name = await connection.fetchval("select current_database()")
        await connection.execute(f"alter database {name} set synchronous_commit = on")


@asynccontextmanager
async def _connected(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(plain(database_url))
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def _client() -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(limit=CALLS_AT_ONCE)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=15)) as http:
        yield http


def _processes(
    environ: dict[str, str], fd: int, folder: Path, web: int, pagers: int, others: Sequence[str]
) -> dict[str, Process]:
    webs = [
        Process(f"web-{n}", ("web", "--fd", str(fd)), dict(environ), folder / f"web-{n}.log", fd)
        for n in range(web)
    ]
    workers = [
        Process(f"worker-pager-{n}", ("worker", "pager"), dict(environ), folder / f"pager-{n}.log")
        for n in range(pagers)
    ]
    rest = [
        Process(f"worker-{queue}-{n}", ("worker", queue), dict(environ), folder / f"{queue}-{n}.log")
        for n, queue in enumerate(others)
    ]
    return {one.name: one for one in (*webs, *workers, *rest)}


@asynccontextmanager
async def _kept(kept: Mapping[str, Process]) -> AsyncIterator[None]:
    for process in kept.values():
        process.start()
    keepers = [asyncio.create_task(process.keep()) for process in kept.values()]
    try:
        yield
    finally:
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)
        await processes.stop(kept.values())
