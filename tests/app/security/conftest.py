"""A database with the cast in it. Paula is the administrator as well."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.security import people
from app.security.permissions import SYSTEM, Actor, Role, granted
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

    async def one(self, statement: str) -> Any:
        async with self.database.engine.connect() as connection:
            return await connection.scalar(text(statement))

    async def audited(self) -> list[str]:
        async with self.database.engine.connect() as connection:
            return list(await connection.scalars(text("select action from audit_event order by id")))


async def person(database: Database, name: str, *roles: Role) -> Actor:
    async with database.unit_of_work() as work:
        key = await people.add(work, SYSTEM, email=f"{name}@example.com", name=name, roles=roles)
    return Actor("person", key, name, scopes=granted(roles), roles=frozenset(roles))


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    database = await Database.open(database_url)
    yield World(
        database,
        database_url,
        olive=await person(database, "Olive", Role.OPERATOR),
        ivan=await person(database, "Ivan", Role.COMMANDER),
        paula=await person(database, "Paula", Role.POLICY_OWNER, Role.ADMIN),
        nora=await person(database, "Nora"),
    )
    await database.close()
