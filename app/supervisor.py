"""Runs programs as children of this process, starts again what ends, and stops all of them together."""

from __future__ import annotations

import logging
import os
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from types import FrameType

from app.embedded.lifeline import tie
from app.errors import Misconfigured

LOGGER = logging.getLogger("opsbook.supervisor")
FIRST_DELAY = timedelta(seconds=0.1)
LONGEST_DELAY = timedelta(seconds=5)
HEALTHY_AFTER = timedelta(seconds=30)
GRACE = timedelta(seconds=20)
SAME_WISH_WITHIN = timedelta(seconds=1)  # a terminal, make and a wrapper may each pass one Ctrl-C on
BACKLOG = 2048
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Program:
    """One child: `argv` starts with a path, `environ` is all of its environment.

    `after` lets the more urgent ones have the processors first.
    """

    name: str
    argv: tuple[str, ...]
    environ: Mapping[str, str]
    pass_fds: tuple[int, ...] = ()
    after: timedelta = timedelta()


def run(programs: Sequence[Program], *, ready: Callable[[], None] | None = None) -> int:
    """Run the programs until SIGTERM, SIGINT or SIGHUP; return 1 if one had to be killed, else 0.

    Call it in the main thread. `ready` is called once all are started, in a thread of its own, so that it
    may wait until they answer.
    """
    with _signals() as inbox:
        children = [_Child(program) for program in programs]
        for child in children:
            child.tend()
        if ready is not None:
            threading.Thread(target=ready, name="ready", daemon=True).start()
        _keep(children, inbox)
        return _stop(children, inbox)


def listen(host: str, port: int) -> socket.socket:
    """Open a socket for the web processes to share. While it is open, nobody who connects is refused.

    Raises: Misconfigured, when the address is taken or not ours.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except socket.gaierror as error:
        raise Misconfigured(f"{host} is no address: {error.strerror}. Choose another --host.") from error
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise Misconfigured(
            f"Nothing can listen on {host}, port {port}: {reason}. Choose another --host or --port."
        ) from error
    listener.set_inheritable(True)
    return listener


class _Inbox:
    """The signals that came in. Its file descriptor wakes the wait when one does."""

    def __init__(self, wakes: int) -> None:
        self._wakes = wakes
        self.stop_wanted_at: list[float] = []

    def wait(self, until: float | None) -> None:
        """Sleep until a signal comes or the moment does."""
        timeout = None if until is None else max(0.0, until - time.monotonic())
        if select.select([self._wakes], [], [], timeout)[0]:
            os.read(self._wakes, 4096)

    def put(self, number: int, _frame: FrameType | None) -> None:
        if number in STOP_SIGNALS:
            self.stop_wanted_at.append(time.monotonic())

    @property
    def is_stop_urgent(self) -> bool:
        wishes = self.stop_wanted_at
        return bool(wishes) and wishes[-1] - wishes[0] > SAME_WISH_WITHIN.total_seconds()


@contextmanager
def _signals() -> Iterator[_Inbox]:
    """Collect signals instead of dying of them. One that is ignored, as SIGHUP under nohup, stays so."""
    wakes, written = os.pipe()
    os.set_blocking(wakes, False)
    os.set_blocking(written, False)
    inbox = _Inbox(wakes)
    heeded = [number for number in STOP_SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    former = {number: signal.signal(number, inbox.put) for number in (*heeded, signal.SIGCHLD)}
    former_wakeup = signal.set_wakeup_fd(written, warn_on_full_buffer=False)
    try:
        yield inbox
    finally:
        signal.set_wakeup_fd(former_wakeup)
        for number, handler in former.items():
            signal.signal(number, handler)
        os.close(wakes)
        os.close(written)


class _Child:
    """One program, whether it runs or waits to be started again."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.start_at: float | None = time.monotonic() + program.after.total_seconds()
        self._delay = FIRST_DELAY
        self._started_at = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.start_at = None
        self._started_at = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603 - our own command line
            # Killed at once, for an orphan that drains would keep the port from the next supervisor.
            tie(self.program.argv, death_signal=signal.SIGKILL),
            env=dict(self.program.environ),
            pass_fds=self.program.pass_fds,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # a terminal's Ctrl-C reaches the supervisor alone
        )
        LOGGER.info("%s started as process %d", self.program.name, self._process.pid)

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def tend(self) -> None:
        """Notice that it ended and plan its next start, or start it when that is due."""
        now = time.monotonic()
        if self.start_at is None and not self.is_running():
            self._plan(now)
        elif self.start_at is not None and self.start_at <= now:
            self.start()

    def ask_to_end(self) -> None:
        if self._process is not None:
            self._process.terminate()

    def kill(self) -> None:
        """Kill it with whatever it started."""
        if self._process is not None and self.is_running():
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _plan(self, now: float) -> None:
        if now - self._started_at >= HEALTHY_AFTER.total_seconds():
            self._delay = FIRST_DELAY
        delay = self._delay.total_seconds()
        self.start_at = now + delay
        self._delay = min(self._delay * 2, LONGEST_DELAY)
        status = self._process.returncode if self._process else None
        LOGGER.error("%s ended with status %s and starts again in %.1f s", self.program.name, status, delay)


def _keep(children: Sequence[_Child], inbox: _Inbox) -> None:
    while not inbox.stop_wanted_at:
        for child in children:
            child.tend()
        planned = [child.start_at for child in children if child.start_at is not None]
        inbox.wait(min(planned, default=None))


def _stop(children: Sequence[_Child], inbox: _Inbox) -> int:
    """Ask all to end, and kill those that have not within the grace or by a second wish."""
    LOGGER.info("stopping")
    for child in children:
        child.ask_to_end()
    deadline = time.monotonic() + GRACE.total_seconds()
    while (left := [child for child in children if child.is_running()]) and time.monotonic() < deadline:
        if inbox.is_stop_urgent:
            break
        inbox.wait(deadline)
    for child in left:
        LOGGER.warning("%s does not end and is killed", child.program.name)
        child.kill()
    LOGGER.info("stopped")
    return 1 if left else 0
