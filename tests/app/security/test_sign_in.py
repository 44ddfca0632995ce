from __future__ import annotations

import time
from statistics import median

import pytest
from argon2 import PasswordHasher

from app.errors import InvalidInput, LimitExceeded, OpsbookError, Unauthenticated
from app.security import links, passwords, people, rules, sessions, sign_in
from app.security.sign_in import Browser, SignedIn
from app.security.viewer import Viewer
from tests.app.security.conftest import World

pytestmark = pytest.mark.anyio

PASSWORD = "four words make one"
FIREFOX = Browser("Firefox", "192.0.2.7")


@pytest.fixture
async def world(world: World) -> World:
    async with world.database.unit_of_work() as work:
        await people.set_password(work, world.olive, password=PASSWORD)
    return world


async def enter(world: World, password: str = PASSWORD, email: str = "olive@example.com") -> SignedIn:
    return await sign_in.with_password(world.database, FIREFOX, email=email, password=password)


async def refusal(world: World, **tried: str) -> OpsbookError:
    with pytest.raises(OpsbookError) as refused:
        await enter(world, **tried)
    return refused.value


async def viewer(world: World, signed_in: SignedIn) -> Viewer:
    found = await sessions.who(world.database, signed_in.key)
    assert found is not None
    return found


async def test_the_right_password_begins_a_session_and_is_audited(world: World) -> None:
    signed_in = await enter(world)

    assert (await viewer(world, signed_in)).name == "Olive"
    assert (await world.audited())[-1] == "session.begin"


async def test_each_sign_in_has_a_key_of_its_own_and_replaces_the_browsers_last(world: World) -> None:
    first = await enter(world)
    browser = Browser("Firefox", "192.0.2.7", replaces=first.key)

    second = await sign_in.with_password(
        world.database, browser, email="olive@example.com", password=PASSWORD
    )

    assert second.key != first.key
    assert await sessions.who(world.database, first.key) is None


async def test_wrong_password_unknown_person_and_no_password_are_refused_alike(world: World) -> None:
    refusals = [
        await refusal(world, password="wrong words make none"),
        await refusal(world, email="stranger@example.com"),
        await refusal(world, email="nora@example.com"),
        await refusal(world, email=""),
    ]

    assert {(type(one), one.message) for one in refusals} == {(Unauthenticated, sign_in.WRONG)}


async def test_wrong_password_and_unknown_person_take_the_same_time(world: World) -> None:
    async def seconds(email: str) -> float:
        before = time.perf_counter()
        await refusal(world, email=email, password="wrong words make none")
        return time.perf_counter() - before

    await seconds("warmup@example.com")
    known, unknown = list[float](), list[float]()
    for number in range(4):
        known.append(await seconds("olive@example.com"))
        unknown.append(await seconds(f"stranger{number}@example.com"))

    assert 0.5 < median(known) / median(unknown) < 2


async def test_guessing_is_slowed_down_alike_for_unknown_people(world: World) -> None:
    messages = set()
    for email in ("olive@example.com", "stranger@example.com"):
        for _ in range(5):
            await refusal(world, email=email, password="wrong words make none")
        refused = await refusal(world, email=email)
        assert isinstance(refused, LimitExceeded)
        messages.add(refused.message)

    assert len(messages) == 1


async def test_getting_in_takes_earlier_mistakes_back(world: World) -> None:
    for _ in range(3):
        for _ in range(4):
            await refusal(world, password="wrong words make none")
        await enter(world)


async def test_an_older_hash_is_renewed_on_the_way_in(world: World) -> None:
    older = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    async with world.database.unit_of_work() as work:
        person = await people.by_email(work.session, "olive@example.com")
        assert person is not None
        person.password_hash = older

    await enter(world)

    stored = await world.one("select password_hash from person where name = 'Olive'")
    assert stored != older
    assert await passwords.matches(stored, PASSWORD)


async def test_a_link_signs_in_once(world: World) -> None:
    async with world.database.unit_of_work() as work:
        key = await links.create(work, world.nora.id or 0, next_path="/tasks", lifetime=rules.LINK_LIFETIME)

    signed_in = await sign_in.with_link(world.database, FIREFOX, key=key)

    assert (await viewer(world, signed_in)).name == "Nora"
    assert signed_in.next_path == "/tasks"
    with pytest.raises(Unauthenticated):
        await sign_in.with_link(world.database, FIREFOX, key=key)


async def test_signing_out_ends_the_session_for_good(world: World) -> None:
    signed_in = await enter(world)

    await sign_in.sign_out(world.database, await viewer(world, signed_in))

    assert await sessions.who(world.database, signed_in.key) is None


async def test_a_password_is_changed_by_who_knows_the_present_one(world: World) -> None:
    here, elsewhere = await enter(world), await enter(world)
    olive = await viewer(world, here)

    with pytest.raises(InvalidInput) as refused:
        await sign_in.change_password(
            world.database, olive, current="wrong", new="another good one", address="192.0.2.7"
        )
    await sign_in.change_password(
        world.database, olive, current=PASSWORD, new="another good one", address="192.0.2.7"
    )

    assert refused.value.path == ("current",)
    await enter(world, password="another good one")
    assert await sessions.who(world.database, here.key) is not None
    assert await sessions.who(world.database, elsewhere.key) is None


async def test_a_stolen_session_cannot_guess_the_password(world: World) -> None:
    olive = await viewer(world, await enter(world))

    async def guess() -> None:
        await sign_in.change_password(world.database, olive, current="x", new=PASSWORD, address="192.0.2.7")

    for _ in range(5):
        with pytest.raises(InvalidInput):
            await guess()
    with pytest.raises(LimitExceeded):
        await guess()


async def test_the_key_of_a_sign_in_is_not_in_its_repr(world: World) -> None:
    signed_in = await enter(world)

    assert signed_in.key not in repr(signed_in)
    assert "secret" not in repr(Browser("", "", replaces="secret"))
