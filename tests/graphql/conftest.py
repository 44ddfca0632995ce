"""A database with the cast and three incidents in it, and short words for asking."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import insert

from api import engine
from api.calls import Call
from api.context import Context
from api.documents import documents
from api.execute import query
from app import clock
from app.embedded import Engines
from app.incidents import acknowledgement, opening, timeline
from app.incidents.words import Severity
from app.security.models import Person
from app.security.permissions import NOBODY, Actor, Role, Scope, granted
from app.storage.engine import Database
from tests.engines import Databases
from tests.graphql.partners import Partners, joined


@dataclass
class House:
    """One database and the people in it. Incident 1 is acknowledged, 2 has a long timeline, 3 is new."""

    database: Database
    olive: Actor
    ivan: Actor
    paula: Actor
    nora: Actor
    ada: Actor
    token: Actor
    stranger: Actor
    nobody: Actor = NOBODY

    def context(self, actor: Actor | None = None) -> Context:
        return Context(self.database, actor or self.olive, base_url="https://ops.example")

    async def ask(self, document: str, actor: Actor | None = None, /, **variables: Any) -> Any:
        return await query(self.context(actor), document, variables)

    def call(self, document: str, actor: Actor | None = None, /, **variables: Any) -> Call:
        return engine.admit(self.context(actor), documents().find(document, trusted=True), variables)

    async def rows(self, statement: str, *values: Any) -> list[Any]:
        async with self.database.reading() as connection:
            return list(await connection.fetch(statement, *values))


async def person(database: Database, name: str, *roles: Role) -> Actor:
    values = {"email": f"{name.lower()}@example.com", "name": name, "roles": [role.value for role in roles]}
    async with database.unit_of_work() as work:
        statement = insert(Person).values(**values, created_at=clock.now()).returning(Person.id)
        key = await work.session.scalar(statement)
    return Actor("person", key, name, scopes=granted(roles), roles=frozenset(roles))


async def _incidents(house: House) -> None:
    titles = {'Checkout "down" \\ <b>': Severity.S1, "Feed läuft\nlangsam": Severity.S2, "A": Severity.S0}
    async with house.database.unit_of_work() as work:
        for title, severity in titles.items():
            await opening.declare(work, house.olive, title=title, severity=severity)
        for number in range(9):
            await timeline.note(work, house.olive, 2, text=f'Step {number}: "ok"\t☎')
        await acknowledgement.acknowledge(work, house.ivan, 1, via="console")


@asynccontextmanager
async def built(database_url: str) -> AsyncIterator[House]:
    database = await Database.open(database_url, readers=4)
    found = House(
        database,
        olive=await person(database, "Olive", Role.OPERATOR),
        ivan=await person(database, "Ivan", Role.COMMANDER),
        paula=await person(database, "Paula", Role.POLICY_OWNER),
        nora=await person(database, "Nora"),
        ada=await person(database, "Ada", Role.ADMIN, Role.OPERATOR, Role.COMMANDER),
        token=Actor("token", 1, "reader", frozenset({Scope.INCIDENTS_READ})),
        stranger=Actor("token", 2, "stranger", frozenset({Scope.REVENUE_READ})),
    )
    await _incidents(found)
    yield found
    await database.close()


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with built(database_url) as found:
        yield found


@pytest.fixture(scope="session")
def settled_url(databases: Databases) -> Iterator[str]:
    with databases.fresh() as url:
        yield url


# One house for all tests that only read.
@pytest.fixture(scope="session")
async def settled(settled_url: str) -> AsyncIterator[House]:
    async with built(settled_url) as found:
        yield found


@pytest.fixture(scope="session")
async def partners(settled: House, settled_url: str, engines: Engines) -> AsyncIterator[Partners]:
    async with joined(settled, settled_url, engines.redis_url) as found:
        yield found
