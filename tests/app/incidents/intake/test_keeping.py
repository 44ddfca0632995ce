from __future__ import annotations

import pytest

from app.incidents.intake import keeping
from tests.app.incidents.world import World

pytestmark = pytest.mark.anyio


async def test_bodies_are_forgotten_after_thirty_days_and_what_they_said_is_not(world: World) -> None:
    key = await world.source()
    await world.fire(key, "old")
    await world.advance(days=29)
    await world.fire(key, "new")
    early = await world.do(keeping.forget_old)

    await world.advance(days=2)
    gone, again = await world.do(keeping.forget_old), await world.do(keeping.forget_old)

    assert (early, gone, again) == (0, 1, 0)
    assert await world.one("select count(*) from inbound_event") == 1
    assert await world.one("select count(*) from alert") == 2
