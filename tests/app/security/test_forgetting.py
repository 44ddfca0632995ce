from __future__ import annotations

import pytest

from app.security import link_requests, links, rules, sessions, throttle
from app.security.forgetting import forget_expired
from tests.app.security.conftest import World

pytestmark = pytest.mark.anyio

LEFT = """
    select (select count(*) from session), (select count(*) from sign_in_link),
           (select count(*) from sign_in_request), (select count(*) from sign_in_attempt)
"""


async def fill(world: World) -> str:
    async with world.database.unit_of_work() as work:
        key = await sessions.begin(work, world.olive.id or 0, user_agent="", address="")
        await links.create(work, world.olive.id or 0, lifetime=rules.LINK_LIFETIME)
        await link_requests.request_link(work, email="olive@example.com", next_path="/", address="a")
        await throttle.admit(work, purpose="password", account="olive@example.com", address="a")
    return key


async def forget(world: World) -> int:
    async with world.database.unit_of_work() as work:
        return await forget_expired(work)


async def left(world: World) -> tuple[int, ...]:
    async with world.database.reading() as connection:
        return tuple(await connection.fetchrow(LEFT))


async def test_what_still_counts_is_kept(world: World) -> None:
    await fill(world)

    assert await forget(world) == 0
    assert await left(world) == (1, 1, 1, 4)


async def test_what_ended_a_month_ago_is_forgotten_and_twice_is_harmless(world: World) -> None:
    await fill(world)

    await world.advance(days=30, hours=13)

    assert await forget(world) == 7
    assert await forget(world) == 0
    assert await left(world) == (0, 0, 0, 0)


async def test_a_session_in_use_is_never_forgotten(world: World) -> None:
    key = await fill(world)

    for _ in range(65):
        await world.advance(hours=11)
        await sessions.who(world.database, key)
    await forget(world)

    assert await sessions.who(world.database, key) is not None
