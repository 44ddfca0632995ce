from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from app.errors import LimitExceeded
from app.security import rules, throttle
from tests.app.security.conftest import World

pytestmark = pytest.mark.anyio


async def attempt(
    world: World, account: str = "olive@example.com", address: str = "192.0.2.7"
) -> Sequence[int]:
    async with world.database.unit_of_work() as work:
        return await throttle.admit(work, purpose="password", account=account, address=address)


async def fail(world: World, times: int, **where: str) -> None:
    for _ in range(times):
        await attempt(world, **where)


async def wait_of(world: World, **where: str) -> float:
    with pytest.raises(LimitExceeded) as refused:
        await attempt(world, **where)
    assert refused.value.retry_after is not None
    return refused.value.retry_after.total_seconds()


def test_the_wait_doubles_from_one_second_to_fifteen_minutes() -> None:
    waits = [rules.delay_after(failures, 5).total_seconds() for failures in (0, 4, 5, 6, 9, 14, 15, 10**9)]

    assert waits == [0, 0, 1, 2, 16, 512, 900, 900]


async def test_five_tries_are_free_and_the_sixth_waits(world: World) -> None:
    await fail(world, 5)

    assert 0 < await wait_of(world) <= 1


async def test_waiting_helps_and_the_next_wait_is_twice_as_long(world: World) -> None:
    await fail(world, 5)

    await world.advance(seconds=1)
    await fail(world, 1)

    assert 1 < await wait_of(world) <= 2


async def test_a_refused_try_makes_no_wait_longer(world: World) -> None:
    await fail(world, 5)

    waits = [await wait_of(world) for _ in range(10)]

    assert max(waits) <= 1


async def test_capitals_and_blanks_make_no_new_account_of_one(world: World) -> None:
    await fail(world, 5)

    assert await wait_of(world, account=" OLIVE@Example.com ") > 0


async def test_many_addresses_share_the_tries_of_one_account(world: World) -> None:
    for number in range(5):
        await fail(world, 1, address=f"192.0.2.{number}")

    assert await wait_of(world, address="192.0.2.99") > 0


async def test_one_address_cannot_try_one_password_on_everybody(world: World) -> None:
    for number in range(25):
        await fail(world, 1, account=f"somebody{number}@example.com")

    assert await wait_of(world, account="somebody99@example.com") > 0
    await attempt(world, account="somebody99@example.com", address="198.51.100.1")


async def test_the_addresses_of_one_ipv6_network_are_one_place(world: World) -> None:
    for number in range(25):
        await fail(world, 1, account=f"somebody{number}@example.com", address=f"2001:db8:0:7::{number:x}")

    assert await wait_of(world, account="a@example.com", address="2001:db8:0:7:ffff::1") > 0
    await attempt(world, account="a@example.com", address="2001:db8:0:8::1")


async def test_tries_at_once_gain_nothing(world: World) -> None:
    outcomes = await asyncio.gather(*(attempt(world) for _ in range(20)), return_exceptions=True)

    assert sum(not isinstance(one, LimitExceeded) for one in outcomes) == 5


async def test_success_forgives_the_account_but_not_the_address(world: World) -> None:
    for number in range(24):
        await fail(world, 1, account=f"somebody{number}@example.com")
    await fail(world, 4, address="198.51.100.1")
    ticket = await attempt(world)
    async with world.database.unit_of_work() as work:
        await throttle.succeeded(work, ticket)

    await fail(world, 5, address="198.51.100.1")

    await fail(world, 1, account="a@example.com")
    assert await wait_of(world, account="b@example.com") > 0


async def test_after_an_hour_all_is_forgiven_and_after_a_day_forgotten(world: World) -> None:
    await fail(world, 5)

    await world.advance(hours=1)
    await fail(world, 5)
    await world.advance(hours=24)
    async with world.database.unit_of_work() as work:
        forgotten = await throttle.forget(work)

    assert forgotten == 20


async def test_purposes_are_counted_apart(world: World) -> None:
    await fail(world, 5)

    async with world.database.unit_of_work() as work:
        await throttle.admit(work, purpose="link", account="olive@example.com", address="192.0.2.7")


async def test_no_address_of_a_person_is_stored_by_counting(world: World) -> None:
    await fail(world, 1)

    stored = await world.one("select string_agg(subject, ' ') from sign_in_attempt")

    assert "olive" not in stored


async def test_the_refusal_says_how_long_to_wait(world: World) -> None:
    await fail(world, 5)

    with pytest.raises(LimitExceeded, match="Wait 1 s,") as refused:
        await attempt(world)

    assert refused.value.retry_after is not None
    assert refused.value.retry_after <= timedelta(seconds=1)
