"""What can be done to Opsbook while it works. A harm lasts as long as a block, and is mended at its end."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg

from tests.engines import empty, plain
from tests.faults.kit import Whole
from tests.faults.processes import engine_pid
from tests.patience import patience

Act = Callable[[Whole], Coroutine[Any, Any, None]]
Harm = Callable[[Whole], AbstractAsyncContextManager[None]]
TERMINATE = """
select pg_terminate_backend(pid) from pg_stat_activity
 where datname = current_database() and pid <> pg_backend_pid()
"""


def every(seconds: float, act: Act) -> Harm:
    """Do it again and again, less often on a machine that is busy."""
    return _in_background(lambda whole: _again(whole, seconds, act))


def once(after: float, act: Act) -> Harm:
    """Do it one time, `after` so many seconds."""
    return _in_background(lambda whole: _later(whole, after, act))


@asynccontextmanager
async def nothing(_whole: Whole) -> AsyncIterator[None]:
    """Do no harm."""
    yield


def kill(prefix: str) -> Act:
    """Kill one of the processes of a kind, whichever."""

    async def act(whole: Whole) -> None:
        random.choice(whole.named(prefix)).kill()

    return act


def cut(what: str) -> Act:
    """Break all connections to an engine."""

    async def act(whole: Whole) -> None:
        for line in whole.lines_to(what):
            line.cut()

    return act


async def empty_queue(whole: Whole) -> None:
    """Let Valkey forget everything."""
    await asyncio.to_thread(empty, whole.redis_url)


async def restart_queue(whole: Whole) -> None:
    """Kill Valkey, which keeps nothing; it is started again at once."""
    os.kill(engine_pid(Path(urlsplit(whole.redis_url).path).parent.resolve()), signal.SIGKILL)


async def drop_connections(whole: Whole) -> None:
    """Let PostgreSQL terminate every connection to this database."""
    connection = await asyncpg.connect(plain(whole.database_url))
    try:
        await connection.execute(TERMINATE)
    finally:
        await connection.close()


async def restart_postgresql(whole: Whole) -> None:
    """Shut PostgreSQL down without a word to anybody ("immediate"); wait until it is back."""
    folder = parse_qs(urlsplit(whole.database_url).query)["host"][0]
    os.kill(engine_pid(Path(folder).resolve()), signal.SIGQUIT)
    await postgresql_back(whole)


async def postgresql_back(whole: Whole) -> None:
    """Wait until PostgreSQL answers."""
    while True:
        with suppress(OSError, asyncpg.PostgresError):
            await (await asyncpg.connect(plain(whole.database_url))).close()
            return
        await asyncio.sleep(0.02)


def refused(what: str) -> Harm:
    """Nobody answers at an engine's address."""

    @asynccontextmanager
    async def harm(whole: Whole) -> AsyncIterator[None]:
        for line in whole.lines_to(what):
            line.refuse()
        yield
        for line in whole.lines_to(what):
            await line.listen()

    return harm


def silent(what: str, prefix: str = "") -> Harm:
    """An engine takes calls and says nothing."""

    @asynccontextmanager
    async def harm(whole: Whole) -> AsyncIterator[None]:
        for line in whole.lines_to(what, prefix):
            line.silence()
        yield
        for line in whole.lines_to(what, prefix):
            line.speak()

    return harm


def slow(what: str, least: float, most: float) -> Harm:
    """Every question to an engine takes so many seconds longer."""

    @asynccontextmanager
    async def harm(whole: Whole) -> AsyncIterator[None]:
        for line in whole.lines_to(what):
            line.slow_seconds = (least, most)
        yield
        for line in whole.lines_to(what):
            line.slow_seconds = (0.0, 0.0)

    return harm


def pagerduty(**faults: Any) -> Harm:
    """Something is wrong with PagerDuty: fields of the stand-in's `Faults`."""

    @asynccontextmanager
    async def harm(whole: Whole) -> AsyncIterator[None]:
        before = {name: getattr(whole.pagerduty.faults, name) for name in faults}
        for name, value in faults.items():
            setattr(whole.pagerduty.faults, name, value)
        yield
        for name, value in before.items():
            setattr(whole.pagerduty.faults, name, value)

    return harm


def frozen(name: str) -> Harm:
    """A process stands still, and knows nothing of it afterwards."""

    @asynccontextmanager
    async def harm(whole: Whole) -> AsyncIterator[None]:
        whole.processes[name].signal(signal.SIGSTOP)
        yield
        whole.processes[name].signal(signal.SIGCONT)

    return harm


def _in_background(doing: Callable[[Whole], Coroutine[Any, Any, None]]) -> Harm:
    @asynccontextmanager
    async def harm(whole: Whole) -> AsyncIterator[None]:
        task = asyncio.create_task(doing(whole))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    return harm


async def _again(whole: Whole, seconds: float, act: Act) -> None:
    while True:
        await asyncio.sleep(seconds * patience())
        await act(whole)


async def _later(whole: Whole, after: float, act: Act) -> None:
    await asyncio.sleep(after)
    await act(whole)
