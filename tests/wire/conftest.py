"""Opsbook as the network sees it: the whole application behind a real socket, and a cast to sign in as."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlencode

import pytest
import uvicorn
from sqlalchemy import insert, update

from app import clock, serving
from app.activity.models import ActivityStream
from app.embedded import Engines
from app.incidents import opening, resolution, sources
from app.incidents.words import Severity
from app.security import passwords, people, sessions, tokens
from app.security.models import Person
from app.security.permissions import SYSTEM, Role
from app.settings import Settings
from app.storage.engine import Database
from tests.engines import Databases
from tests.wire import line
from tests.wire.line import Answer, Pairs

CAST: dict[str, list[Role]] = {
    "olive": [Role.OPERATOR],
    "ivan": [Role.COMMANDER],
    "paula": [Role.POLICY_OWNER],
    "ada": [Role.ADMIN],
    "nora": [],
}
PASSWORD = "four words make one"
SAME_ORIGIN = [("sec-fetch-site", "same-origin")]
HTML = [("accept", "text/html")]
FORM = [("content-type", "application/x-www-form-urlencoded")]
TABLES = "select tablename from pg_tables where schemaname = 'public' order by 1"
HASH = "md5(coalesce(string_agg(row::text, ',' order by row::text), ''))"


@dataclass
class Town:
    """A running Opsbook, its database, and who lives there."""

    port: int
    database: Database
    settings: Settings
    ids: dict[str, int] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    async def ask(
        self, method: str = "GET", target: str = "/", who: str | None = None, **more: Any
    ) -> Answer:
        """Ask as somebody who is signed in, or as nobody."""
        headers = [*more.pop("headers", ()), *(self.cookie(who) if who else ())]
        return await line.ask(self.port, method, target, headers=headers, **more)

    async def post(
        self, target: str, who: str | None = None, form: Mapping[str, str] | None = None, headers: Pairs = ()
    ) -> Answer:
        """Send a form, as our own page does."""
        sent = [*SAME_ORIGIN, *FORM, *HTML, *headers]
        return await self.ask("POST", target, who, headers=sent, body=urlencode(form or {}).encode())

    def cookie(self, who: str) -> list[tuple[str, str]]:
        return [("cookie", f"__Host-session={self.keys[who]}")]

    async def sign_in(self, who: str) -> str:
        """Begin a session; answers the key in its cookie."""
        async with self.database.unit_of_work() as work:
            key = await sessions.begin(work, self.ids[who], user_agent="Firefox", address="192.0.2.7")
        self.keys[who] = key
        return key

    async def token(self, *scopes: str) -> str:
        async with self.database.unit_of_work() as work:
            _, token = await tokens.create(work, SYSTEM, name="script", scopes=scopes)
        return token

    async def one(self, statement: str, *values: Any) -> Any:
        async with self.database.reading() as connection:
            return await connection.fetchval(statement, *values)


@asynccontextmanager
async def opened(
    database_url: str, redis_url: str, *, settled: bool = True, **more: Any
) -> AsyncIterator[Town]:
    """Serve the application as `opsbook web` does, on a free port. Without settling, nobody lives there."""
    settings = Settings(database_url=database_url, redis_url=redis_url, secret_key="k" * 32, **more)
    database = await Database.open(database_url, writers=2, readers=2)
    stopping = asyncio.Event()
    try:
        async with served(serving.configuration(settings, stopping)) as port:
            town = Town(port, database, settings)
            if settled:
                await settle(town)
            yield town
            stopping.set()
    finally:
        await database.close()


@asynccontextmanager
async def served(config: uvicorn.Config) -> AsyncIterator[int]:
    """Serve in this process; answers the port."""
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        await server.shutdown()


async def settle(town: Town) -> None:
    """Let the cast move in and sign in."""
    for name, roles in CAST.items():
        async with town.database.unit_of_work() as work:
            email = f"{name}@example.com"
            town.ids[name] = await people.add(work, SYSTEM, email=email, name=name.title(), roles=roles)
        await town.sign_in(name)


async def give_passwords(town: Town) -> None:
    """Give everybody but Nora the same password."""
    hashed = await passwords.hashed(PASSWORD)
    async with town.database.unit_of_work() as work:
        theirs = update(Person).where(Person.id != town.ids["nora"])
        await work.session.execute(theirs.values(password_hash=hashed))


async def furnish(town: Town) -> None:
    """Put one of everything into a town."""
    async with town.database.unit_of_work() as work:
        await opening.declare(work, SYSTEM, title="Checkout is down", severity=Severity.S1)
        await sources.add(work, SYSTEM, name="prometheus", sends="alertmanager")
        over = await opening.declare(work, SYSTEM, title="Avatars load slowly", severity=Severity.S3)
        await resolution.resolve(work, SYSTEM, over)
        await work.session.execute(insert(ActivityStream).values(name="checkout", first_at=clock.now()))
    await town.token("incidents:read")


async def fingerprint(town: Town) -> dict[str, str]:
    """What every table holds, as a hash of it."""
    async with town.database.reading() as connection:
        names = [row["tablename"] for row in await connection.fetch(TABLES)]
        return {name: await connection.fetchval(f'select {HASH} from "{name}" as row') for name in names}


@pytest.fixture(scope="session")
def town_url(databases: Databases) -> Iterator[str]:
    with databases.fresh() as url:
        yield url


@pytest.fixture(scope="session")
async def town(town_url: str, engines: Engines) -> AsyncIterator[Town]:
    """The one that all tests share which only look."""
    async with opened(town_url, engines.redis_url) as found:
        yield found


@pytest.fixture
async def own_town(database_url: str, redis_url: str) -> AsyncIterator[Town]:
    """One for a test that changes something."""
    async with opened(database_url, redis_url) as found:
        yield found


@pytest.fixture
async def gated_town(database_url: str, redis_url: str) -> AsyncIterator[Town]:
    """One behind a proxy of ours, where everybody but Nora has a password and comes from where they like."""
    proxies = (ip_network("127.0.0.0/8"),)
    async with opened(database_url, redis_url, trusted_proxies=proxies) as found:
        await give_passwords(found)
        yield found
