from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from app.errors import Conflict, Forbidden, InvalidInput, NotFound, OpsbookError, Unauthenticated
from app.security import passwords, people, sessions, tokens
from app.security.permissions import SYSTEM
from app.storage.unit_of_work import UnitOfWork
from tests.app.security.conftest import World

pytestmark = pytest.mark.anyio


async def test_a_person_is_found_by_address_whatever_its_capitals(world: World) -> None:
    async with world.database.unit_of_work() as work:
        found = await people.by_email(work.session, " OLIVE@example.COM ")

    assert found is not None
    assert (found.id, found.roles) == (world.olive.id, ["operator"])


async def test_an_address_has_one_account_whatever_its_capitals(world: World) -> None:
    async with world.database.unit_of_work() as work:
        with pytest.raises(Conflict) as refused:
            await people.add(work, world.paula, email="OLIVE@EXAMPLE.COM", name="Another", roles=[])

    assert refused.value.path == ("email",)


@pytest.mark.parametrize(
    "email", ["", "olive", "olive@", "@example.com", "a b@c", "a@b\r\nBcc: x@y", "o" * 250 + "@a.b"]
)
async def test_what_can_be_no_address_is_refused_by_name(world: World, email: str) -> None:
    async with world.database.unit_of_work() as work:
        with pytest.raises(InvalidInput) as refused:
            await people.add(work, world.paula, email=email, name="Olive", roles=[])

    assert refused.value.path == ("email",)


@pytest.mark.parametrize("name", ["", "  ", "a" * 201, "Olive\x00", "Oli\u202eve"])
async def test_a_name_that_cannot_be_shown_is_refused(world: World, name: str) -> None:
    async with world.database.unit_of_work() as work:
        with pytest.raises(InvalidInput) as refused:
            await people.add(work, world.paula, email="new@example.com", name=name, roles=[])

    assert refused.value.path == ("name",)


async def test_an_unknown_role_is_refused_with_the_list_of_roles(world: World) -> None:
    async with world.database.unit_of_work() as work:
        with pytest.raises(InvalidInput, match="policy_owner") as refused:
            await people.change_roles(work, world.paula, world.olive.id or 0, roles=["king"])

    assert refused.value.path == ("roles",)


@pytest.mark.parametrize("who", ["olive", "ivan", "nora"])
async def test_only_an_administrator_changes_accounts(world: World, who: str) -> None:
    actor = getattr(world, who)

    commands: list[Callable[[UnitOfWork], Awaitable[int]]] = [
        lambda work: people.add(work, actor, email="new@example.com", name="New", roles=[]),
        lambda work: people.change_roles(work, actor, actor.id, roles=["admin"]),
        lambda work: people.deactivate(work, actor, world.ivan.id or 0),
    ]

    for command in commands:
        with pytest.raises(Forbidden):
            async with world.database.unit_of_work() as work:
                await command(work)


async def test_the_last_administrator_keeps_the_role_and_the_account(world: World) -> None:
    assert world.paula.id

    with pytest.raises(Conflict, match="last administrator"):
        async with world.database.unit_of_work() as work:
            await people.change_roles(work, SYSTEM, world.paula.id, roles=["viewer"])
    with pytest.raises(Conflict, match="last administrator"):
        async with world.database.unit_of_work() as work:
            await people.deactivate(work, SYSTEM, world.paula.id)


async def test_two_administrators_who_depose_each_other_at_once_cannot_both_succeed(world: World) -> None:
    async with world.database.unit_of_work() as work:
        await people.change_roles(work, SYSTEM, world.ivan.id or 0, roles=["admin"])

    async def depose(person_id: int) -> None:
        async with world.database.unit_of_work() as work:
            await people.deactivate(work, SYSTEM, person_id)

    outcomes = await asyncio.gather(
        depose(world.ivan.id or 0), depose(world.paula.id or 0), return_exceptions=True
    )

    assert [type(one) for one in outcomes if one] == [Conflict]


async def test_a_deactivated_person_has_no_session_no_token_and_no_account_to_find(world: World) -> None:
    async with world.database.unit_of_work() as work:
        key = await sessions.begin(work, world.olive.id or 0, user_agent="", address="")
        _, token = await tokens.create(work, world.olive, name="mine", scopes=["incidents:read"])

    async with world.database.unit_of_work() as work:
        await people.deactivate(work, world.paula, world.olive.id or 0)

    assert await sessions.who(world.database, key) is None
    assert await tokens.authenticate(world.database, token) is None
    async with world.database.unit_of_work() as work:
        assert await people.by_email(work.session, "olive@example.com") is None
        with pytest.raises(NotFound):
            await people.deactivate(work, world.paula, world.olive.id or 0)


async def test_a_new_role_holds_from_the_next_request_on(world: World) -> None:
    async with world.database.unit_of_work() as work:
        key = await sessions.begin(work, world.nora.id or 0, user_agent="", address="")

    async with world.database.unit_of_work() as work:
        await people.change_roles(work, world.paula, world.nora.id or 0, roles=["auditor"])

    viewer = await sessions.who(world.database, key)
    assert viewer is not None
    assert [*viewer.actor.roles] == ["auditor"]


async def test_a_new_password_is_hashed_and_ends_the_other_sessions(world: World) -> None:
    async with world.database.unit_of_work() as work:
        keys = [await sessions.begin(work, world.olive.id or 0, user_agent="", address="") for _ in "ab"]
    here = await sessions.who(world.database, keys[0])
    assert here is not None

    async with world.database.unit_of_work() as work:
        await people.set_password(
            work, here.actor, password="four words make one", keep_session=here.session_id
        )

    assert await sessions.who(world.database, keys[0]) is not None
    assert await sessions.who(world.database, keys[1]) is None
    stored = await world.one("select password_hash from person where name = 'Olive'")
    assert await passwords.matches(stored, "four words make one")


async def test_nobody_but_a_person_sets_a_password(world: World) -> None:
    with pytest.raises(Unauthenticated):
        async with world.database.unit_of_work() as work:
            await people.set_password(work, SYSTEM, password="four words make one")


async def test_a_time_zone_is_one_that_exists(world: World) -> None:
    async with world.database.unit_of_work() as work:
        await people.set_time_zone(work, world.olive, time_zone="Asia/Tokyo")
        with pytest.raises(InvalidInput) as refused:
            await people.set_time_zone(work, world.olive, time_zone="../../etc/passwd")

    assert refused.value.path == ("timeZone",)
    assert await world.one("select time_zone from person where name = 'Olive'") == "Asia/Tokyo"


async def test_each_command_leaves_its_line_in_the_audit_trail(world: World) -> None:
    async with world.database.unit_of_work() as work:
        await people.change_roles(work, world.paula, world.olive.id or 0, roles=["viewer"])
        await people.set_time_zone(work, world.olive, time_zone=None)
        await people.set_password(work, world.olive, password="four words make one")
        await people.deactivate(work, world.paula, world.olive.id or 0)

    assert (await world.audited())[-4:] == [
        "person.change_roles",
        "person.set_time_zone",
        "person.set_password",
        "person.deactivate",
    ]


async def test_only_administrators_list_people(world: World) -> None:
    async with world.database.unit_of_work() as work:
        names = [one.name for one in await people.everybody(work.session, world.paula)]
        with pytest.raises(OpsbookError):
            await people.everybody(work.session, world.nora)

    assert names == ["Ivan", "Nora", "Olive", "Paula"]


@pytest.mark.parametrize("slack_id", ["olive", "U1", "C0CHANNEL", "U0 OLIVE", "U" + "0" * 40])
async def test_what_can_be_no_member_id_is_refused_by_name(world: World, slack_id: str) -> None:
    async with world.database.unit_of_work() as work:
        with pytest.raises(InvalidInput) as refused:
            await people.set_slack_id(work, world.paula, world.olive.id or 0, slack_id=slack_id)

    assert refused.value.path == ("slackId",)


async def test_nobody_can_claim_another_ones_member_id(world: World) -> None:
    async with world.database.unit_of_work() as work:
        await people.set_slack_id(work, world.paula, world.olive.id or 0, slack_id="U0OLIVE")
        with pytest.raises(Conflict):
            await people.set_slack_id(work, world.paula, world.paula.id or 0, slack_id="U0OLIVE")
        with pytest.raises(Forbidden):
            await people.set_slack_id(work, world.olive, world.olive.id or 0, slack_id="U0OTHER")
