from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from app.errors import Forbidden, NotFound, Unauthenticated
from app.security import links, people, rules
from app.security.links import LinkState
from tests.app.security.conftest import World

pytestmark = pytest.mark.anyio


async def create(world: World, next_path: str = "/") -> str:
    async with world.database.unit_of_work() as work:
        return await links.create(
            work, world.olive.id or 0, next_path=next_path, lifetime=rules.LINK_LIFETIME
        )


async def use(world: World, key: str) -> tuple[int, str]:
    async with world.database.unit_of_work() as work:
        return await links.use(work, key)


async def test_a_link_names_its_person_and_where_they_wanted_to_go(world: World) -> None:
    key = await create(world, "/incidents/7?tab=timeline")

    person_id, next_path = await use(world, key)

    assert (person_id, next_path) == (world.olive.id, "/incidents/7?tab=timeline")


async def test_looking_at_a_link_any_number_of_times_uses_nothing_up(world: World) -> None:
    key = await create(world)

    states = [await links.look(world.database, key) for _ in range(3)]

    assert states == [LinkState.GOOD] * 3
    await use(world, key)


async def test_a_link_works_once_and_says_that_it_was_used(world: World) -> None:
    key = await create(world)
    await use(world, key)

    with pytest.raises(Unauthenticated, match="has been used"):
        await use(world, key)

    assert await links.look(world.database, key) is LinkState.USED


async def test_of_many_presses_at_once_one_gets_in(world: World) -> None:
    key = await create(world)

    outcomes = await asyncio.gather(*(use(world, key) for _ in range(8)), return_exceptions=True)

    assert sum(not isinstance(one, BaseException) for one in outcomes) == 1


async def test_a_link_expires_after_ten_minutes_and_says_so(world: World) -> None:
    key = await create(world)

    await world.advance(minutes=10)

    assert await links.look(world.database, key) is LinkState.EXPIRED
    with pytest.raises(Unauthenticated, match="has expired"):
        await use(world, key)


@pytest.mark.parametrize("key", ["", "x", "\udcff", "a" * 5000])
async def test_a_made_up_link_is_unknown(world: World, key: str) -> None:
    assert await links.look(world.database, key) is LinkState.UNKNOWN
    with pytest.raises(Unauthenticated, match="not ours"):
        await use(world, key)


async def test_a_link_of_somebody_who_left_has_expired(world: World) -> None:
    key = await create(world)
    async with world.database.unit_of_work() as work:
        await people.deactivate(work, world.paula, world.olive.id or 0)

    assert await links.look(world.database, key) is LinkState.EXPIRED
    with pytest.raises(Unauthenticated, match="has expired"):
        await use(world, key)


async def test_only_the_hash_of_a_link_is_stored(world: World) -> None:
    key = await create(world)

    stored = await world.one("select string_agg(sign_in_link::text, ' ') from sign_in_link")

    assert key not in stored


async def test_an_administrator_makes_a_link_of_a_day_and_it_is_audited(world: World) -> None:
    async with world.database.unit_of_work() as work:
        key = await links.create_by_hand(work, world.paula, email="olive@example.com")

    await world.advance(hours=23)

    assert await links.look(world.database, key) is LinkState.GOOD
    assert (await world.audited())[-1] == "sign_in_link.create"


async def test_a_link_by_hand_needs_an_administrator_and_somebody_to_sign_in(world: World) -> None:
    async with world.database.unit_of_work() as work:
        with pytest.raises(Forbidden):
            await links.create_by_hand(work, world.olive, email="olive@example.com")
        with pytest.raises(NotFound, match="opsbook user add"):
            await links.create_by_hand(work, world.paula, email="nobody@example.com")


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "evil",
        "",
        "/a\\b",
        "/a\nb",
        "/a b",
        "/" * 2001,
        None,
    ],
)
def test_a_path_that_leads_elsewhere_becomes_the_home_page(path: str | None) -> None:
    assert rules.own_path(path) == "/"


@pytest.mark.parametrize("path", ["/", "/incidents/7?tab=a&b=%2F#x", "/tasks"])
def test_a_path_of_this_site_is_kept(path: str) -> None:
    assert rules.own_path(path) == path


def test_the_key_of_a_link_is_in_its_query() -> None:
    assert links.url("https://ops.example/", "k-_1") == "https://ops.example/sign-in/link?key=k-_1"
    assert timedelta(minutes=10) == rules.LINK_LIFETIME
