"""Locks on files that the kernel gives up when their last holder is gone, however it went."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

PAUSE_SECONDS = 0.02


@contextmanager
def lock_folder(path: Path) -> Iterator[None]:
    """Hold a lock on a folder that nobody else locks, as a sign that it is in use."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        acquire(descriptor)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def lock(path: Path, *, shared: bool = False, patience: timedelta = timedelta()) -> Iterator[int]:
    """Hold the lock and yield its file descriptor; processes that inherit it hold the lock as well.

    Raises: BlockingIOError, when others still hold it after `patience`.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        acquire(descriptor, shared=shared, patience=patience)
        yield descriptor
    finally:
        os.close(descriptor)  # and not LOCK_UN, which would take it from those who inherited it


def acquire(descriptor: int, *, shared: bool = False, patience: timedelta = timedelta()) -> None:
    """Take the lock of an open file, or change it between shared and exclusive."""
    deadline = time.monotonic() + patience.total_seconds()
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(PAUSE_SECONDS)
        else:
            return


def release(descriptor: int) -> None:
    """Give the lock of an open file up, for everybody who inherited it too."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)


def is_held(path: Path) -> bool:
    """Tell whether anybody holds the lock now."""
    try:
        with lock(path):
            return False
    except BlockingIOError:
        return True
