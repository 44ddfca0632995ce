"""One process of Opsbook, as `opsbook web` or `opsbook worker` starts it: it can be hurt, and comes back."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from app.embedded.lifeline import tie

ROOT = Path(__file__).parents[2]
RESTART_AFTER = 1.0
STOPPED_WITHIN = 10.0
LOOK_EVERY = 0.02
READY = re.compile("worker is ready|Application startup complete")
COMPLAINT = re.compile(r"^\S+ (?:error|critical) .*(?:\n    \| .*)*", re.MULTILINE)


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
    died_alone: list[int] = field(default_factory=list)
    is_meant_to_die: bool = False

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

    @property
    def lives(self) -> bool:
        return self.popen is not None and self.popen.poll() is None

    def signal(self, number: int) -> None:
        """Send it a signal, if it lives."""
        if self.popen is not None and self.lives:
            os.kill(self.popen.pid, number)

    def kill(self) -> None:
        """Let it die without a word."""
        self.is_meant_to_die = self.lives
        self.signal(signal.SIGKILL)

    async def replace(self) -> float:
        """Ask it to end, and wait until it is back; answers how many seconds it took to end."""
        assert self.popen is not None
        ending, began, before = self.popen, time.monotonic(), self.times_ready()
        self.is_meant_to_die = self.lives
        self.signal(signal.SIGTERM)
        while ending.poll() is None:
            await asyncio.sleep(LOOK_EVERY)
        ended = time.monotonic()
        await self.ready_after(before)
        return ended - began

    async def ready_after(self, times: int) -> None:
        """Wait until it has said that it is ready more often than so many times."""
        while self.times_ready() <= times:
            await asyncio.sleep(LOOK_EVERY)

    def said(self) -> str:
        """What it wrote."""
        return self.log.read_text() if self.log.exists() else ""

    def times_ready(self) -> int:
        """How often it has said that it is ready."""
        return len(READY.findall(self.said()))

    def complaints(self) -> list[str]:
        """The lines of its log that are errors, with their tracebacks."""
        return COMPLAINT.findall(self.said())

    async def keep(self) -> None:
        """Start it again whenever it dies, as a supervisor would."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            if self.wanted and self.popen is not None and not self.lives:
                if not self.is_meant_to_die:
                    self.died_alone.append(self.popen.returncode)
                self.is_meant_to_die = False
                await asyncio.sleep(RESTART_AFTER)
                self.start()


async def stop(processes: Collection[Process]) -> None:
    """Stop all of them, and kill what does not end."""
    for process in processes:
        process.signal(signal.SIGCONT)
        process.signal(signal.SIGTERM)
    end = time.monotonic() + STOPPED_WITHIN
    while any(one.lives for one in processes) and time.monotonic() < end:
        await asyncio.sleep(LOOK_EVERY)
    for process in processes:
        process.kill()
        if process.popen is not None:
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
