"""Opsbook whole, as processes of its own, and the means to hurt it. It is judged from outside only.

The web and the workers are what `opsbook web` and `opsbook worker` start; whoever dies is started again after
a second, as a supervisor would. PostgreSQL and Valkey are this test run's own; PagerDuty is the stand-in.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from app import supervisor
from app.embedded.lifeline import tie
from tests.fakes import pagerduty as fakes
from tests.fakes.pagerduty import PagerDuty

ROOT = Path(__file__).parents[2]
RESTART_AFTER = 1.0
READY_WITHIN = 20.0
MANY = 1_000_000


@dataclass
class Process:
    """One of Opsbook's processes, which can be killed and comes back."""

    name: str
    arguments: tuple[str, ...]
    environ: dict[str, str]
    log: Path
    fd: int | None = None
    popen: subprocess.Popen[bytes] | None = None
    wanted: bool = True

    def start(self) -> None:
        """Start it; what it writes goes to its log."""
        handed = () if self.fd is None else (self.fd,)
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(
                # Tied, so that nothing is left behind when the tests themselves are killed.
                tie([sys.executable, "-m", "app", *self.arguments], death_signal=signal.SIGKILL),
                cwd=ROOT,
                env=self.environ,
                pass_fds=handed,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def signal(self, number: int) -> None:
        """Send it a signal, if it lives."""
        if self.popen is not None and self.popen.poll() is None:
            os.kill(self.popen.pid, number)

    def kill(self) -> None:
        """Let it die without a word."""
        self.signal(signal.SIGKILL)


@dataclass
class Whole:
    """All of Opsbook for one test."""

    url: str
    database_url: str
    pagerduty: PagerDuty
    processes: dict[str, Process]
    http: aiohttp.ClientSession
    keys: dict[str, str] = field(default_factory=dict)

    async def ready(self) -> None:
        """Wait until the web answers and every worker has said that it is ready."""
        end = time.monotonic() + READY_WITHIN
        while not await self._answers():
            assert time.monotonic() < end, self.said()
            await asyncio.sleep(0.05)
        for process in self.processes.values():
            while process.name.startswith("worker") and b"worker is ready" not in process.log.read_bytes():
                assert time.monotonic() < end, self.said()
                await asyncio.sleep(0.05)

    async def send(self, key: str, dedup_key: str, **payload: str) -> int:
        """Post one trigger the way a sender of PagerDuty's events does; answers the status, 0 for none."""
        event = {
            "routing_key": key,
            "event_action": "trigger",
            "dedup_key": dedup_key,
            "payload": {"summary": f"{dedup_key} broke", "source": "test", "severity": "error", **payload},
        }
        try:
            async with self.http.post(f"{self.url}/v2/enqueue", json=event) as answer:
                await answer.read()
                return answer.status
        except (aiohttp.ClientError, OSError, TimeoutError):
            return 0

    def said(self) -> str:
        """What the processes wrote, for a test that fails."""
        return "\n".join(f"{one.name}: {one.log.read_text()[-3000:]}" for one in self.processes.values())

    async def _answers(self) -> bool:
        try:
            async with self.http.get(f"{self.url}/readyz") as answer:
                return answer.status == 200
        except (aiohttp.ClientError, OSError):
            return False


@asynccontextmanager
async def running(
    database_url: str, redis_url: str, folder: Path, *, web: int = 1, pagers: int = 1
) -> AsyncIterator[Whole]:
    """Start everything, keep it alive, and stop it at the end."""
    with supervisor.listen("127.0.0.1", 0) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with fakes.serving(f"{url}/hooks/pagerduty") as pagerduty, _client() as http:
            pagerduty.event_limit.calls = MANY  # the limit has tests of its own
            environ = {
                **{name: value for name, value in os.environ.items() if not name.startswith("OPSBOOK_")},
                **pagerduty.settings(pagerduty.url),
                "OPSBOOK_DATABASE_URL": database_url,
                "OPSBOOK_REDIS_URL": redis_url,
                "OPSBOOK_SECRET_KEY": "k" * 32,
                "OPSBOOK_BASE_URL": url,
            }
            processes = _processes(environ, listening.fileno(), folder, web, pagers)
            whole = Whole(url, database_url, pagerduty, processes, http)
            keeper = asyncio.create_task(_keep(processes))
            try:
                await whole.ready()
                yield whole
            finally:
                keeper.cancel()
                await asyncio.gather(keeper, return_exceptions=True)
                _stop(processes)


@asynccontextmanager
async def _client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15)) as http:
        yield http


def _processes(environ: dict[str, str], fd: int, folder: Path, web: int, pagers: int) -> dict[str, Process]:
    webs = [
        Process(f"web-{n}", ("web", "--fd", str(fd)), environ, folder / f"web-{n}.log", fd)
        for n in range(web)
    ]
    workers = [
        Process(f"worker-pager-{n}", ("worker", "pager"), environ, folder / f"pager-{n}.log")
        for n in range(pagers)
    ]
    processes = {one.name: one for one in (*webs, *workers)}
    for process in processes.values():
        process.start()
    return processes


async def _keep(processes: dict[str, Process]) -> None:
    while True:
        await asyncio.sleep(0.05)
        for process in processes.values():
            if process.wanted and process.popen is not None and process.popen.poll() is not None:
                await asyncio.sleep(RESTART_AFTER)
                process.start()


def _stop(processes: dict[str, Process]) -> None:
    for process in processes.values():
        process.signal(signal.SIGCONT)
        process.signal(signal.SIGTERM)
    for process in processes.values():
        try:
            if process.popen is not None:
                process.popen.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            assert process.popen is not None
            process.popen.wait()


def engine_pid(folder: Path) -> int:
    """The process that serves an engine: the one that works in its folder and whose parent does not."""
    inside = [pid for pid in _pids() if _cwd(pid) == folder]
    heads = [pid for pid in inside if _parent(pid) not in inside]
    assert len(heads) == 1, f"{heads} work in {folder}"
    return heads[0]


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _cwd(pid: int) -> Path | None:
    try:
        return Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        return None


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0
