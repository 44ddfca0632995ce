"""Throw-away PostgreSQL and Valkey for one test process, and databases cloned from a template in them."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import redis

from app.embedded import Engines, running
from app.embedded.locks import is_held
from app.embedded.place import Place, remove_scratch
from app.storage import migrate
from tests import clock

PREFIX = "opsbook-tests-"
# In memory where that is to be had: a suite writes some 20 GB, of which nothing is to be kept.
MEMORY = Path("/dev/shm")
PLACE = MEMORY if os.access(MEMORY, os.W_OK) else Path(tempfile.gettempdir())
TEMPLATE = "template_opsbook"
BEING_FURNISHED_SECONDS = 120


@contextmanager
def throw_away() -> Iterator[Engines]:
    """Run both engines in a folder of their own and remove it, and those of runs that were killed."""
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=PLACE))
    try:
        with running(folder, durable=False) as engines:
            yield engines
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # another worker's sweep may be at it too


def _sweep() -> None:
    for left in PLACE.glob(f"{PREFIX}*"):
        locks = [left / name for name in ("lock", "engines.lock")]
        if _is_old(left) and all(lock.exists() and not is_held(lock) for lock in locks):
            remove_scratch(Place(left))
            shutil.rmtree(left, ignore_errors=True)


def _is_old(folder: Path) -> bool:
    """Whether it is none that another run is furnishing this moment, its locks made and not yet held."""
    try:
        return time.time() - folder.stat().st_mtime > BEING_FURNISHED_SECONDS
    except FileNotFoundError:
        return False


class Databases:
    """Makes databases by cloning one template, 10 to 20 ms each."""

    def __init__(self, engines: Engines, build: Callable[[str], None]) -> None:
        self._maintenance_url = engines.database_url
        self._numbers = itertools.count(1)
        self._runner = asyncio.Runner()
        self._connection: Any = self._runner.run(asyncpg.connect(plain(engines.database_url)))
        self._execute(f"CREATE DATABASE {TEMPLATE}")
        build(self._url(TEMPLATE))

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """Clone the template and yield the clone's URL; drop it afterwards, whoever still uses it."""
        name = f"test_{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        try:
            yield self._url(name)
        finally:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        self._runner.run(self._connection.close())
        self._runner.close()

    def _url(self, name: str) -> str:
        return self._maintenance_url.replace("/opsbook?", f"/{name}?")

    def _execute(self, statement: str) -> None:
        try:
            self._runner.run(self._connection.execute(statement))
        except (asyncpg.InterfaceError, asyncpg.PostgresConnectionError):  # a test restarted PostgreSQL
            self._connection = self._runner.run(asyncpg.connect(plain(self._maintenance_url)))
            self._runner.run(self._connection.execute(statement))


def plain(database_url: str) -> str:
    """Spell the URL as asyncpg itself takes it."""
    return database_url.replace("postgresql+asyncpg:", "postgresql:")


def empty(redis_url: str) -> None:
    """Forget everything that Valkey holds."""
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()


def build_template(database_url: str) -> None:
    """Fill the database that every test's own is cloned from, and leave no connection to it."""
    asyncio.run(migrate.upgrade(database_url))
    asyncio.run(clock.install(database_url))
