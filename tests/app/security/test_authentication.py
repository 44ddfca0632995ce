from __future__ import annotations

import pytest

from app.errors import Unauthenticated
from app.security import sessions, tokens
from app.security.authentication import ANONYMOUS, identify
from app.security.permissions import SYSTEM, Scope
from tests.app.security.conftest import World

pytestmark = pytest.mark.anyio


@pytest.fixture
async def key(world: World) -> str:
    async with world.database.unit_of_work() as work:
        return await sessions.begin(work, world.olive.id or 0, user_agent="", address="")


@pytest.fixture
async def token(world: World) -> str:
    async with world.database.unit_of_work() as work:
        _, token = await tokens.create(work, SYSTEM, name="script", scopes=["incidents:read"])
    return token


async def test_a_cookie_is_a_person(world: World, key: str) -> None:
    identity = await identify(world.database, session_key=key, authorization=None)

    assert identity.demand_viewer().actor == identity.demand_actor() == world.olive


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_a_token_is_itself_and_no_viewer(world: World, token: str, scheme: str) -> None:
    identity = await identify(world.database, session_key=None, authorization=f"{scheme} {token}")

    assert identity.demand_actor().name == "script"
    assert identity.actor.scopes == {Scope.INCIDENTS_READ}
    with pytest.raises(Unauthenticated):
        identity.demand_viewer()


async def test_beside_a_token_no_cookie_counts(world: World, key: str, token: str) -> None:
    identity = await identify(world.database, session_key=key, authorization=f"Bearer {token}")

    assert (identity.actor.name, identity.viewer) == ("script", None)


@pytest.mark.parametrize("bad", ["Bearer", "Bearer ", "Bearer ops_x", "Bearer x y"])
async def test_a_bad_token_is_refused_even_beside_a_good_cookie(world: World, key: str, bad: str) -> None:
    with pytest.raises(Unauthenticated):
        await identify(world.database, session_key=key, authorization=bad)


async def test_another_scheme_is_the_business_of_a_proxy(world: World, key: str) -> None:
    identity = await identify(world.database, session_key=key, authorization="Basic YTpi")

    assert identity.actor == world.olive


@pytest.mark.parametrize("session_key", [None, "", "made up"])
async def test_nobody_is_nobody(world: World, session_key: str | None) -> None:
    identity = await identify(world.database, session_key=session_key, authorization=None)

    assert identity == ANONYMOUS
    with pytest.raises(Unauthenticated):
        identity.demand_actor()
