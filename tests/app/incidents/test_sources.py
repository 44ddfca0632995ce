from __future__ import annotations

import pytest

from app.errors import Forbidden, InvalidInput, NotFound, Unauthenticated
from app.incidents import sources
from app.security.permissions import SYSTEM
from tests.app.incidents.world import World

pytestmark = pytest.mark.anyio


async def test_a_key_is_shown_once_and_kept_as_a_hash(world: World) -> None:
    _, key = await world.do(sources.add, SYSTEM, name="prometheus", sends="alertmanager")

    assert len(key) == 32
    assert await world.one("select key_sha256 from alert_source") == sources.digest(key)
    assert key not in str(await world.rows("select * from audit_event"))


@pytest.mark.parametrize("name", ["", "Prometheus", "-x", "a b", "x" * 64])
async def test_a_name_fits_an_address(world: World, name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await world.do(sources.add, SYSTEM, name=name, sends="alertmanager")

    assert refused.value.path == ("name",)


async def test_a_name_is_given_once(world: World) -> None:
    await world.source()

    with pytest.raises(InvalidInput, match="already"):
        await world.source()


async def test_an_unknown_format_is_refused(world: World) -> None:
    with pytest.raises(InvalidInput) as refused:
        await world.do(sources.add, SYSTEM, name="pigeon", sends="pigeon")

    assert refused.value.path == ("format",)


async def test_only_an_administrator_makes_sources(world: World) -> None:
    with pytest.raises(Forbidden):
        await world.do(sources.add, world.olive, name="mine", sends="pagerduty")


async def test_a_key_opens_only_its_own_source(world: World) -> None:
    key = await world.source("alertmanager", "one")
    known = await world.do(sources.of_keys, [key])
    wrong = ({"sends": "pagerduty"}, {"sends": "alertmanager", "name": "two"})

    for how in wrong:
        with pytest.raises(Unauthenticated):
            sources.authenticate(known, key, **how)

    assert sources.authenticate(known, key, sends="alertmanager", name="one").name == "one"


async def test_a_source_is_revoked_once(world: World) -> None:
    source_id, _ = await world.do(sources.add, SYSTEM, name="old", sends="pagerduty")
    await world.do(sources.revoke, SYSTEM, source_id)

    with pytest.raises(NotFound):
        await world.do(sources.revoke, SYSTEM, source_id)


async def test_when_it_was_last_heard_of_is_noted_once_a_minute(world: World) -> None:
    key, seen = await world.source(), "select last_seen_at from alert_source"
    await world.fire(key)
    first = await world.one(seen)
    await world.fire(key)
    soon = await world.one(seen)

    await world.advance(minutes=1)
    await world.fire(key)

    assert soon == first
    assert await world.one(seen) > first
