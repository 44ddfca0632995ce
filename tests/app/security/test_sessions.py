from __future__ import annotations

import pytest

from app.errors import NotFound
from app.security import sessions
from app.security.keys import digest
from app.security.permissions import Actor, Scope
from tests.app.security.conftest import World

pytestmark = pytest.mark.anyio


async def begin(world: World, actor: Actor, user_agent: str = "Firefox") -> str:
    async with world.database.unit_of_work() as work:
        return await sessions.begin(work, actor.id or 0, user_agent=user_agent, address="192.0.2.7")


async def session_id(world: World, key: str) -> int:
    viewer = await sessions.who(world.database, key)
    assert viewer is not None
    return viewer.session_id


async def test_the_key_of_a_session_says_who_looks(world: World) -> None:
    key = await begin(world, world.olive)

    viewer = await sessions.who(world.database, key)

    assert viewer is not None
    assert (viewer.person_id, viewer.name, viewer.email) == (world.olive.id, "Olive", "Olive@example.com")
    assert viewer.actor == world.olive
    assert viewer.actor.can(Scope.INCIDENTS_WRITE)


async def test_only_the_hash_of_a_key_is_stored_and_no_two_are_alike(world: World) -> None:
    one, other = await begin(world, world.olive), await begin(world, world.olive)

    stored = await world.one("select string_agg(session::text, ' ') from session")

    assert one != other
    assert len(one) == 43
    assert one not in stored
    assert digest(one).hex() in stored


@pytest.mark.parametrize("key", ["", "x", "\udcff", "a" * 5000, "é"])
async def test_a_made_up_key_is_nobody(world: World, key: str) -> None:
    assert await sessions.who(world.database, key) is None


async def test_a_session_that_is_not_used_for_twelve_hours_ends(world: World) -> None:
    key = await begin(world, world.olive)

    await world.advance(hours=11, minutes=59)
    assert await sessions.who(world.database, key) is not None
    await world.advance(hours=11, minutes=59)
    assert await sessions.who(world.database, key) is not None
    await world.advance(hours=12)
    assert await sessions.who(world.database, key) is None


async def test_a_session_ends_after_thirty_days_however_often_it_is_used(world: World) -> None:
    key = await begin(world, world.olive)

    for _ in range(71):
        await world.advance(hours=10)
        assert await sessions.who(world.database, key) is not None
    await world.advance(hours=10)

    assert await sessions.who(world.database, key) is None


async def test_a_use_is_written_down_at_most_once_a_minute(world: World) -> None:
    key = await begin(world, world.olive)
    seen = "select extract(epoch from last_seen_at - created_at)::int from session"

    await world.advance(seconds=50)
    await sessions.who(world.database, key)
    early = await world.one(seen)
    await world.advance(seconds=20)
    await sessions.who(world.database, key)

    assert early == 0
    assert await world.one(seen) == 70


async def test_one_lists_and_ends_ones_own_sessions(world: World) -> None:
    key, other = await begin(world, world.olive), await begin(world, world.olive, "Chrome\r\nX: 1")
    await begin(world, world.ivan)

    async with world.database.unit_of_work() as work:
        listed = await sessions.own(work, world.olive)
        await sessions.end(work, world.olive, await session_id(world, key))

    assert sorted(one.user_agent for one in listed) == ["Chrome  X: 1", "Firefox"]
    assert await sessions.who(world.database, key) is None
    assert await sessions.who(world.database, other) is not None


async def test_somebody_elses_session_is_not_found_but_an_administrator_ends_it(world: World) -> None:
    key = await begin(world, world.olive)
    number = await session_id(world, key)

    for outsider in (world.ivan, Actor("token", world.olive.id, "t", frozenset({Scope.INCIDENTS_READ}))):
        with pytest.raises(NotFound):
            async with world.database.unit_of_work() as work:
                await sessions.end(work, outsider, number)
    async with world.database.unit_of_work() as work:
        await sessions.end(work, world.paula, number)

    assert await sessions.who(world.database, key) is None


async def test_ending_a_session_twice_finds_nothing_the_second_time(world: World) -> None:
    number = await session_id(world, await begin(world, world.olive))

    async with world.database.unit_of_work() as work:
        await sessions.end(work, world.olive, number)
        with pytest.raises(NotFound):
            await sessions.end(work, world.olive, number)


async def test_all_other_sessions_end_at_once(world: World) -> None:
    keys = [await begin(world, world.olive) for _ in range(3)]
    ivans = await begin(world, world.ivan)

    async with world.database.unit_of_work() as work:
        ended = await sessions.end_others(work, world.olive, keep=await session_id(world, keys[0]))

    alive = [await sessions.who(world.database, key) is not None for key in [*keys, ivans]]
    assert (ended, alive) == (2, [True, False, False, True])
    assert (await world.audited())[-1] == "session.end_others"


async def test_a_token_has_no_sessions(world: World) -> None:
    await begin(world, world.olive)
    token = Actor("token", world.olive.id, "script", world.olive.scopes)

    async with world.database.unit_of_work() as work:
        assert await sessions.own(work, token) == []
        assert await sessions.end_others(work, token, keep=0) == 0
