"""No secret sings: keys, tokens, passwords and settings are used everywhere, and show up nowhere.

Real processes write their logs, as text and as JSON. All features are run through, then once more over broken
tables. What was heard: logs, answers and their headers, metrics, and the list of processes.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, fields
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app import supervisor
from app.settings import Settings
from app.storage.engine import Database
from tests.faults.kit import Process
from tests.wire import conftest, routes
from tests.wire.conftest import HTML, PASSWORD, Town
from tests.wire.door import enter, key_in
from tests.wire.line import Answer
from tests.wire.routes import COMMANDS, OUTSIDE, PAGES, address

pytestmark = [pytest.mark.anyio, pytest.mark.faults]

WRONG = "five words make none"
URLS = {
    "smtp_url": "smtp://ops:{}@127.0.0.1:1",
    "slack_webhook_url": "http://127.0.0.1:1/{}",
    "heartbeat_url": "http://127.0.0.1:1/{}",
}
ELSEWHERE = {"pagerduty_events_url": "http://127.0.0.1:1", "pagerduty_api_url": "http://127.0.0.1:1"}
SHOWN_ONCE = re.compile(r"ops_\w{57}|(?<=/sign-in/link\?key=)[\w-]{43}|(?<=id=\"key\">)\w{32}")
BROKEN = ("session", "api_token", "sign_in_link", "sign_in_attempt", "alert_source", "incident", "person")


@dataclass
class Cage:
    """What is secret, and everything that was heard."""

    towns: list[Town]
    logs: list[Path]
    secrets: set[str] = field(default_factory=set)
    heard: list[str] = field(default_factory=list)

    def hear(self, answer: Answer) -> Answer:
        self.heard += [answer.body.decode(errors="replace"), *(": ".join(pair) for pair in answer.headers)]
        return answer

    def learn(self, answer: Answer) -> None:
        """Note what an answer is meant to show this once."""
        self.secrets |= set(SHOWN_ONCE.findall(answer.text))

    def sung(self) -> set[str]:
        everything = "\n".join([*self.heard, *(log.read_text() for log in self.logs)])
        return {one for one in self.secrets if one in everything}


def canaries() -> dict[str, str]:
    """A value for every setting that is secret."""
    names = [one.name for one in fields(Settings) if one.metadata.get("secret")]
    own = [name for name in names if name not in ("database_url", "redis_url")]
    return {name: f"canary-{name.replace('_', '-')}-{'x' * 24}" for name in own}


def environment(
    secrets: dict[str, str], database_url: str, redis_url: str, log_format: str
) -> dict[str, str]:
    values = {name: URLS.get(name, "{}").format(value) for name, value in secrets.items()} | ELSEWHERE
    values |= {"database_url": database_url, "redis_url": redis_url, "log_format": log_format}
    outer = {name: value for name, value in os.environ.items() if not name.startswith("OPSBOOK_")}
    return outer | {f"OPSBOOK_{name.upper()}": value for name, value in values.items()}


@pytest.fixture
async def cage(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Cage]:
    """Two web processes and two workers, of which one each writes text and the other JSON."""
    secrets = canaries()
    urls = {"database_url": database_url, "redis_url": redis_url}
    database = await Database.open(database_url, writers=2, readers=2)
    processes, towns = [], []
    with ExitStack() as sockets:
        for log_format, worker in (("text", "general"), ("json", "pager")):
            environ = environment(secrets, **urls, log_format=log_format)
            listening = sockets.enter_context(supervisor.listen("127.0.0.1", 0))
            web = ("web", "--fd", str(listening.fileno()))
            log = tmp_path / f"{log_format}.log"
            processes.append(Process("web", web, environ, log, listening.fileno()))
            processes.append(Process("worker", ("worker", worker), environ, tmp_path / f"{worker}.log"))
            towns.append(Town(listening.getsockname()[1], database, Settings()))
        async with running(processes, towns):
            yield Cage(towns, [one.log for one in processes], set(secrets.values()))
    await database.close()


@asynccontextmanager
async def running(processes: list[Process], towns: list[Town]) -> AsyncIterator[None]:
    for one in processes:
        one.start()
    try:
        await asyncio.gather(*map(answering, towns))
        first, second = towns
        await conftest.settle(first)
        await conftest.give_passwords(first)
        await conftest.furnish(first)
        second.ids, second.keys = first.ids, first.keys
        yield
    finally:
        for one in processes:
            one.kill()
            assert one.popen is not None
            one.popen.wait()


async def answering(town: Town) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                await town.ask("GET", "/livez")
                return
            except (OSError, asyncio.IncompleteReadError):
                await asyncio.sleep(0.05)


async def use(cage: Cage, town: Town, *, meant_to_show: bool) -> None:
    """Use every feature, with everything that is secret in every place where it could be."""
    listen: Any = cage.learn if meant_to_show else cage.hear
    for path, command in COMMANDS.items():
        listen(await town.post(address(path), max(command.may), command.form))
    for path in (*PAGES, *routes.PARTS):
        cage.hear(await town.ask("GET", address(path), "ada", headers=HTML))
    for path, form in OUTSIDE.items():
        cage.hear(await town.post(address(path), None, form))
    for secret in sorted(cage.secrets - set(canaries().values())):
        await misplace(cage, town, secret)


async def misplace(cage: Cage, town: Town, secret: str) -> None:
    """Send a secret where it belongs and where it does not."""
    bearer, cookie = [("authorization", f"Bearer {secret}")], [("cookie", f"__Host-session={secret}")]
    bodies = [b"{", secret.encode(), json.dumps({"routing_key": secret, "query": f"{{ {secret} }}"}).encode()]
    headers = [*bearer, ("content-type", "application/json"), ("x-pagerduty-signature", f"v1={secret}")]
    for path, body in product(routes.MACHINES, bodies):
        answer = await town.ask("POST", address(path), headers=headers, body=body)
        if path != "/graphql":  # what clients write into a document they may read in their own error
            cage.hear(answer)
    for target in (f"/acknowledge/{secret}", f"/sign-in?key={secret}", "/metrics", "/incidents"):
        for carried in (bearer, cookie):
            await town.ask("GET", target.replace(" ", "+"), headers=[*HTML, *carried])
    await town.post("/sign-in/link", None, {"key": secret})


async def break_tables(town: Town) -> None:
    async with town.database.engine.begin() as connection:
        for table in BROKEN:
            await connection.execute(text(f"alter table {table} rename to lost_{table}"))


def processes_seen() -> str:
    """What `ps` shows to everybody on this machine."""
    seen = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it ended meanwhile
            seen.append(path.read_bytes().decode(errors="replace"))
    return "\n".join(seen)


async def test_no_secret_is_heard_anywhere(cage: Cage) -> None:
    town = cage.towns[0]
    cage.secrets |= {PASSWORD, WRONG, *town.keys.values(), key_in(await enter(town))}
    cage.hear(await enter(town, password=WRONG))

    for one in cage.towns:
        await use(cage, one, meant_to_show=True)
        cage.heard.append((await one.ask("GET", "/metrics")).text)
    cage.heard.append(processes_seen())
    learned = len(cage.secrets)
    await break_tables(town)
    for one in cage.towns:
        await use(cage, one, meant_to_show=False)

    logged = [log.read_text() for log in cage.logs]
    assert learned > len(canaries()) + 8  # keys of a source, a token and a link among them
    assert sum("request_failed" in one for one in logged) == len(cage.towns)
    assert "?" not in "".join(re.findall(r"path\"?[=:] ?\"?(\S+)", "".join(logged)))
    assert cage.sung() == set()
