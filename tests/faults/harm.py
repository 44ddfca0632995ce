"""What can be done to Opsbook while it works. A harm lasts as long as a block, and is mended at its end."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
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
NO_KEY = "x" * 32
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

    def refuse(whole: Whole) -> None:
        for line in whole.lines_to(what):
            line.refuse()

    async def listen(whole: Whole) -> None:
        for line in whole.lines_to(what):
            await line.listen()

    return _lasting(refuse, listen)


def silent(what: str, prefix: str = "") -> Harm:
    """An engine takes calls and says nothing."""

    def silence(whole: Whole) -> None:
        for line in whole.lines_to(what, prefix):
            line.silence()

    async def speak(whole: Whole) -> None:
        for line in whole.lines_to(what, prefix):
            line.speak()

    return _lasting(silence, speak)


def slow(what: str, least: float, most: float) -> Harm:
    """Every question to an engine takes so many seconds longer."""

    def slow_down(whole: Whole, by: tuple[float, float]) -> None:
        for line in whole.lines_to(what):
            line.slow_seconds = by

    async def as_before(whole: Whole) -> None:
        slow_down(whole, (0.0, 0.0))

    return _lasting(lambda whole: slow_down(whole, (least, most)), as_before)


def frozen(name: str) -> Harm:
    """A process stands still, and knows nothing of it afterwards."""

    async def go_on(whole: Whole) -> None:
        whole.processes[name].signal(signal.SIGCONT)

    return _lasting(lambda whole: whole.processes[name].signal(signal.SIGSTOP), go_on)


def pagerduty(**faults: Any) -> Harm:
    """Something is wrong with PagerDuty: fields of the stand-in's `Faults`."""
    return lambda whole: _replaced(whole.pagerduty.faults, faults)


def key_unknown(role: str) -> Harm:
    """PagerDuty does not know the routing key of a role."""
    return lambda whole: _replaced(whole.pagerduty.account.rotas[role], {"routing_key": NO_KEY})


@asynccontextmanager
async def _replaced(thing: object, values: Mapping[str, Any]) -> AsyncIterator[None]:
    before = {name: getattr(thing, name) for name in values}
    try:
        for name, value in values.items():
            setattr(thing, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(thing, name, value)


def _lasting(begin: Callable[[Whole], object], end: Act) -> Harm:
    @asynccontextmanager
    async def harm(whole: Whole) -> AsyncIterator[None]:
        begin(whole)
        try:
            yield
        finally:
            await end(whole)

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
