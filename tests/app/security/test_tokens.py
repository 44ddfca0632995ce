from __future__ import annotations

from datetime import timedelta

import pytest

from app.errors import Forbidden, InvalidInput, NotFound
from app.security import people, token_format, tokens
from app.security.permissions import NOBODY, SYSTEM, Actor, Scope
from tests.app.security.conftest import World

pytestmark = pytest.mark.anyio

READ = frozenset({Scope.INCIDENTS_READ})
ADMIN_TOKEN = Actor("token", 1, "script", frozenset({Scope.ADMIN}))


async def create(
    world: World,
    actor: Actor = SYSTEM,
    *scopes: str,
    name: str = "grafana",
    integration: str | None = None,
    expires: timedelta | None = None,
) -> tuple[int, str]:
    async with world.database.unit_of_work() as work:
        return await tokens.create(
            work,
            actor,
            name=name,
            scopes=scopes or ["incidents:read"],
            integration=integration,
            expires=expires,
        )


async def test_a_token_acts_under_its_name_with_its_scopes(world: World) -> None:
    number, token = await create(world)

    actor = await tokens.authenticate(world.database, token)

    assert actor == Actor("token", number, "grafana", READ)


async def test_only_the_hash_and_the_beginning_of_a_token_are_stored(world: World) -> None:
    _, token = await create(world)

    stored = await world.one("select string_agg(api_token::text, ' ') from api_token")

    assert token[:12] in stored
    assert token[12:-6] not in stored


async def test_a_token_made_for_an_hour_is_nobody_after_it(world: World) -> None:
    _, token = await create(world, expires=timedelta(hours=1))

    await world.advance(minutes=59)
    before = await tokens.authenticate(world.database, token)
    await world.advance(minutes=1)

    assert before is not None
    assert await tokens.authenticate(world.database, token) is None


async def test_a_revoked_token_is_nobody_and_is_revoked_once(world: World) -> None:
    number, token = await create(world)

    async with world.database.unit_of_work() as work:
        await tokens.revoke(work, world.paula, number)
        with pytest.raises(NotFound):
            await tokens.revoke(work, world.paula, number)

    assert await tokens.authenticate(world.database, token) is None
    assert (await world.audited())[-2:] == ["token.create", "token.revoke"]


@pytest.mark.parametrize("token", ["", "ops_", "ops_" + "a" * 57, "\udcff", "ops_" + "é" * 57])
async def test_a_made_up_token_is_nobody(world: World, token: str) -> None:
    assert await tokens.authenticate(world.database, token) is None


async def test_a_well_formed_token_that_nobody_made_is_nobody(world: World) -> None:
    assert await tokens.authenticate(world.database, token_format.new_token()) is None


async def test_a_use_is_written_down_at_most_once_a_minute(world: World) -> None:
    _, token = await create(world)
    used = "select extract(epoch from last_used_at - created_at)::int from api_token"

    moments = [await world.one(used)]
    for seconds in (0, 50, 20):
        await world.advance(seconds=seconds)
        await tokens.authenticate(world.database, token)
        moments.append(await world.one(used))

    assert moments == [None, 0, 0, 70]


async def test_a_person_gives_a_token_no_more_than_they_have(world: World) -> None:
    await create(world, world.olive, "incidents:write")

    for scope in ("revenue:write", "admin", "audit:read"):
        with pytest.raises(Forbidden):
            await create(world, world.olive, scope)


@pytest.mark.parametrize("who", ["olive", "ivan", "paula"])
async def test_no_token_carries_a_persons_duty(world: World, who: str) -> None:
    with pytest.raises(Forbidden):
        await create(world, getattr(world, who), "incidents:command")


async def test_an_administrator_gives_any_scope_to_a_token(world: World) -> None:
    _, token = await create(world, world.paula, "revenue:write", "admin")

    actor = await tokens.authenticate(world.database, token)

    assert actor is not None
    assert actor.scopes == {Scope.REVENUE_WRITE, Scope.ADMIN}


async def test_a_persons_own_token_can_never_do_more_than_they_can_now(world: World) -> None:
    _, token = await create(world, world.olive, "incidents:read", "incidents:write")
    async with world.database.unit_of_work() as work:
        await people.change_roles(work, world.paula, world.olive.id or 0, roles=["viewer"])

    actor = await tokens.authenticate(world.database, token)

    assert actor is not None
    assert actor.scopes == READ


async def test_a_token_of_the_organisation_outlives_the_administrator_who_made_it(world: World) -> None:
    _, token = await create(world, world.paula)
    async with world.database.unit_of_work() as work:
        await people.change_roles(work, SYSTEM, world.ivan.id or 0, roles=["admin"])
        await people.deactivate(work, SYSTEM, world.paula.id or 0)

    assert await tokens.authenticate(world.database, token) is not None


async def test_nobody_and_ordinary_tokens_make_no_tokens(world: World) -> None:
    for actor in (
        NOBODY,
        Actor("token", 1, "t", READ),
        Actor("token", 1, "t", frozenset(Scope), integration="acme"),
    ):
        with pytest.raises(Forbidden):
            await create(world, actor)
    await create(world, ADMIN_TOKEN)


async def test_a_token_of_one_integration_sees_no_incidents(world: World) -> None:
    _, token = await create(world, SYSTEM, "integrations:read", integration="acme-pay")

    actor = await tokens.authenticate(world.database, token)

    assert actor is not None
    assert actor.integration == "acme-pay"
    with pytest.raises(InvalidInput) as refused:
        await create(world, SYSTEM, "incidents:read", integration="acme-pay")
    assert refused.value.path == ("scopes",)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"integration": "../x"}, "integration"),
        ({"expires": timedelta(0)}, "expires"),
        ({"expires": timedelta(days=36600)}, "expires"),
    ],
)
async def test_what_is_wrong_with_a_new_token_is_named(
    world: World, wrong: dict[str, object], field: str
) -> None:
    async with world.database.unit_of_work() as work:
        with pytest.raises(InvalidInput) as refused:
            await tokens.create(work, SYSTEM, **{"name": "x", "scopes": ["integrations:read"], **wrong})  # type: ignore[arg-type]

    assert refused.value.path == (field,)


@pytest.mark.parametrize("scopes", [[], ["incidents:everything"]])
async def test_a_token_has_at_least_one_scope_and_only_known_ones(world: World, scopes: list[str]) -> None:
    async with world.database.unit_of_work() as work:
        with pytest.raises(InvalidInput, match="incidents:read") as refused:
            await tokens.create(work, SYSTEM, name="x", scopes=scopes)

    assert refused.value.path == ("scopes",)


async def test_one_lists_and_revokes_ones_own_and_an_administrator_all(world: World) -> None:
    await create(world, world.paula, name="organisation's")
    number, _ = await create(world, world.olive, name="olive's")
    await create(world, name="old", expires=timedelta(hours=1))
    await world.advance(hours=2)

    async with world.database.unit_of_work() as work:
        names = {
            who.name: [one.name for one in await tokens.listed(work, who)]
            for who in (world.olive, world.paula)
        }
        with pytest.raises(NotFound):
            await tokens.revoke(work, world.ivan, number)
        await tokens.revoke(work, world.olive, number)

    assert names == {"Olive": ["olive's"], "Paula": ["olive's", "organisation's"]}


async def test_an_ordinary_token_neither_lists_nor_revokes_those_of_the_organisation(world: World) -> None:
    number, token = await create(world, world.paula, name="organisation's")
    holder = await tokens.authenticate(world.database, token)
    assert holder is not None

    async with world.database.unit_of_work() as work:
        assert await tokens.listed(work, holder) == []
        with pytest.raises(NotFound):
            await tokens.revoke(work, holder, number)


def test_a_token_is_told_from_a_lookalike_by_its_checksum() -> None:
    token = token_format.new_token()
    changed = token[:20] + ("a" if token[20] != "a" else "b") + token[21:]

    assert token_format.is_well_formed(token)
    assert not token_format.is_well_formed(changed)
    assert not token_format.is_well_formed(token + "\n")


def test_the_checksum_is_the_crc32_of_what_stands_before_it() -> None:
    assert token_format.is_well_formed("ops_" + "0" * 51 + token_format._checksum("ops_" + "0" * 51))
    assert token_format._checksum("123456789") == "3jZRME"
