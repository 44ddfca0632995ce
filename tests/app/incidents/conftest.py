"""A database with the cast in it, and short words for what happens to an incident."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text

from app import clock as app_clock
from app.incidents import opening
from app.incidents.words import Severity
from app.security.models import Person
from app.security.permissions import Actor, Role, granted
from app.storage.engine import Database
from tests import clock


@dataclass
class World:
    """One database and the people in it."""

    database: Database
    url: str
    olive: Actor
    ivan: Actor
    paula: Actor
    nora: Actor

    async def advance(self, **by: float) -> None:
        await clock.advance(self.url, timedelta(**by))

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        async with self.database.engine.connect() as connection:
            return list((await connection.execute(text(statement), values)).all())

    async def one(self, statement: str, **values: Any) -> Any:
        return (await self.rows(statement, **values))[0][0]

    async def declare(self, title: str = "Checkout is down", severity: Severity = Severity.S1) -> int:
        async with self.database.unit_of_work() as work:
            return await opening.declare(work, self.olive, title=title, severity=severity)


async def person(database: Database, name: str, *roles: Role) -> Actor:
    values = {"email": f"{name.lower()}@example.com", "name": name, "roles": [role.value for role in roles]}
    async with database.unit_of_work() as work:
        statement = insert(Person).values(**values, created_at=app_clock.now()).returning(Person.id)
        key = await work.session.scalar(statement)
    return Actor("person", key, name, scopes=granted(roles), roles=frozenset(roles))


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    database = await Database.open(database_url)
    yield World(
        database,
        database_url,
        olive=await person(database, "Olive", Role.OPERATOR),
        ivan=await person(database, "Ivan", Role.COMMANDER),
        paula=await person(database, "Paula", Role.POLICY_OWNER),
        nora=await person(database, "Nora"),
    )
    await database.close()
