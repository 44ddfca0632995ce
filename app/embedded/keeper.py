"""Keeps one engine running: starts it again when it ends unasked, and stops it when told to."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO

from app.embedded.account import Account
from app.embedded.lifeline import tie
from app.errors import Unavailable

LOGGER = logging.getLogger("opsbook.embedded")
ENVIRONMENT: Mapping[str, str] = {"LC_ALL": "C", "PATH": os.defpath}  # none of our secrets
READY_WITHIN = timedelta(minutes=2)  # a crash recovery may have to replay a gigabyte of log
STOPPED_WITHIN = timedelta(seconds=20)
RESTART_AFTER = timedelta(seconds=0.2)
LOG_LIMIT_BYTES = 10_000_000
POLL_SECONDS = 0.004


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """How to run one engine. `folder` is its working directory, which holds its files and its socket."""

    name: str
    program: tuple[str, ...]
    folder: Path
    log: Path
    account: Account | None
    stop_signal: signal.Signals
    prepare: Callable[[], None]
    is_ready: Callable[[], bool]


class Keeper:
    """A thread that starts the engine and waits for it. The engine lives no longer than this thread does."""

    def __init__(self, engine: Engine, lock: int) -> None:
        self._engine = engine
        self._lock = lock
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = 0
        self._thread = threading.Thread(target=self._keep, name=engine.name, daemon=True)

    def start(self) -> None:
        """Start the engine without waiting for it to be ready."""
        self._thread.start()

    def wait(self) -> None:
        """Wait until the engine answers.

        Raises: Unavailable, with the last line that the engine wrote.
        """
        deadline = time.monotonic() + READY_WITHIN.total_seconds()
        while not (self._process and self._engine.is_ready()):
            if self._ended or not self._thread.is_alive() or time.monotonic() > deadline:
                raise Unavailable(f"{self._engine.name} did not start: {last_line(self._engine.log)}")
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """Ask the engine to end and wait for it; kill it if it will not. Its files survive that."""
        self._stopping.set()
        if not self._thread.is_alive():
            return
        self._signal(self._engine.stop_signal)
        self._thread.join(STOPPED_WITHIN.total_seconds())
        if self._thread.is_alive():
            LOGGER.warning("%s does not end and is killed", self._engine.name)
            self._signal(signal.SIGKILL)
            self._thread.join()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def _keep(self) -> None:
        while not self._stopping.is_set():
            self._engine.prepare()
            self._process = self._start()
            pid_file(self._engine.log).write_text(str(self._process.pid), encoding="ascii")
            if self._stopping.is_set():  # told to stop before there was a process to signal
                self._signal(self._engine.stop_signal)
            self._process.wait()
            self._ended += 1
            if not self._stopping.wait(RESTART_AFTER.total_seconds()):
                LOGGER.error("%s ended by itself and is started again", self._engine.name)

    def _start(self) -> subprocess.Popen[bytes]:
        engine = self._engine
        with _opened(engine.log) as log:
            return subprocess.Popen(  # noqa: S603 - our own command line
                tie(engine.program, death_signal=engine.stop_signal, account=engine.account),
                cwd=engine.folder,
                env=dict(ENVIRONMENT),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(self._lock,),
                start_new_session=True,  # a terminal's Ctrl-C is for the process that stops us in order
            )


def pid_file(log: Path) -> Path:
    """Name the file beside the log that holds the engine's process number."""
    return log.with_suffix(".pid")


def stop_orphan(log: Path) -> None:
    """Ask the engine of a killed owner to end, where no death signal did. The caller knows that one lives."""
    with suppress(FileNotFoundError, ProcessLookupError):
        os.kill(int(pid_file(log).read_text(encoding="ascii")), signal.SIGINT)


def _opened(log: Path) -> IO[bytes]:
    """Open the log to append; a long one becomes the one before first."""
    if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(".old.log"))
    return os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def last_line(log: Path) -> str:
    """Read the last line of an engine's log."""
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n") if log.exists() else []
    return next((line for line in reversed(lines) if line.strip()), "it wrote nothing")
