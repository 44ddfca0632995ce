from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from app.errors import InvalidInput, LimitExceeded
from app.security import link_requests, links, people
from app.security.links import LinkState
from app.security.permissions import SYSTEM
from app.settings import Settings
from tests.app.security.conftest import World
from tests.fakes import mail
from tests.fakes.mail import Relay

pytestmark = pytest.mark.anyio

WAITING = "select count(*) from sign_in_request"


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    async with mail.serving() as relay:
        yield relay


async def ask(world: World, email: str = "olive@example.com", next_path: str | None = None) -> None:
    async with world.database.unit_of_work() as work:
        await link_requests.request_link(work, email=email, next_path=next_path, address="192.0.2.7")


async def send(world: World, relay: Relay) -> int:
    settings = Settings(smtp_url=relay.url, base_url="https://ops.example")
    return await link_requests.send_requested(world.database, settings)


def keys(relay: Relay) -> list[str]:
    text = "".join(letter.get_content() for letter in relay.letters)
    return re.findall(r"https://ops\.example/sign-in/link\?key=([\w-]{43})", text)


async def test_who_asks_gets_a_link_that_signs_them_in_where_they_wanted_to_go(
    world: World, relay: Relay
) -> None:
    await ask(world, " OLIVE@example.com", "/incidents/7")

    await send(world, relay)

    async with world.database.unit_of_work() as work:
        assert await links.use(work, keys(relay)[0]) == (world.olive.id, "/incidents/7")
    assert await world.one(WAITING) == 0


async def test_an_unknown_address_leaves_the_same_row_and_gets_no_mail(world: World, relay: Relay) -> None:
    await ask(world, "stranger@example.com")
    waiting = await world.one(WAITING)

    await send(world, relay)

    assert (waiting, await world.one(WAITING)) == (1, 0)
    assert relay.letters == []


async def test_the_mail_goes_to_the_address_on_record_not_to_the_one_that_was_typed(
    world: World, relay: Relay
) -> None:
    async with world.database.unit_of_work() as work:
        await people.add(work, SYSTEM, email="kim@example.com", name="Kim", roles=[])
    await ask(world, "\N{KELVIN SIGN}im@example.com")

    await send(world, relay)

    assert relay.recipients in ([], ["kim@example.com"])


async def test_sending_twice_sends_one_mail(world: World, relay: Relay) -> None:
    await ask(world)

    assert [await send(world, relay), await send(world, relay)] == [1, 0]

    assert len(relay.letters) == 1


async def test_a_relay_that_is_busy_gets_a_new_link_later(world: World, relay: Relay) -> None:
    await ask(world)
    relay.trouble = "4xx"
    assert await send(world, relay) == 0
    relay.trouble = "none"

    assert await send(world, relay) == 0
    await world.advance(seconds=31)
    assert await send(world, relay) == 1

    assert await links.look(world.database, keys(relay)[0]) is LinkState.GOOD


async def test_a_mail_that_can_never_arrive_is_given_up_at_once(world: World, relay: Relay) -> None:
    await ask(world)
    relay.trouble = "no_such_person"

    await send(world, relay)

    assert await world.one(WAITING) == 0


async def test_a_relay_that_stays_busy_is_given_up_after_five_tries(world: World, relay: Relay) -> None:
    await ask(world)
    relay.trouble = "4xx"

    for _ in range(5):
        await send(world, relay)
        await world.advance(seconds=31)

    assert await world.one(WAITING) == 0


async def test_without_a_relay_a_request_is_dropped_and_makes_no_link_a_secret_in_a_log(world: World) -> None:
    await ask(world)

    await link_requests.send_requested(world.database, Settings())

    assert await world.one(WAITING) == 0


async def test_what_can_be_no_address_is_said_before_anything_is_stored(world: World) -> None:
    with pytest.raises(InvalidInput) as refused:
        await ask(world, "olive")

    assert refused.value.path == ("email",)
    assert await world.one(WAITING) == 0


@pytest.mark.parametrize("email", ["olive@example.com", "stranger@example.com"])
async def test_asking_again_and_again_has_to_wait_account_or_not(world: World, email: str) -> None:
    for _ in range(5):
        await ask(world, email)

    with pytest.raises(LimitExceeded) as refused:
        await ask(world, email)

    assert refused.value.retry_after is not None
    assert timedelta() < refused.value.retry_after <= timedelta(seconds=1)
