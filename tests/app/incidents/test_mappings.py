from __future__ import annotations

import json
from typing import Any

import pytest

from app.errors import Forbidden, InvalidInput, NotFound
from app.incidents import mappings, sources
from app.security.permissions import SYSTEM
from tests.app.incidents.world import World

pytestmark = pytest.mark.anyio
TOLD = {"summary": "name", "dedup_key": "uid", "severity_words": {"P1": "critical"}}
EXAMPLE = '{"name": "The disk is full", "uid": 7}'


async def declare(world: World, source_id: int, actor: Any = SYSTEM, **changes: Any) -> int:
    how = {"told": TOLD, "example": EXAMPLE, **changes}
    return await world.do(mappings.declare, actor, source_id, **how)


async def made(world: World, sends: str = "json") -> int:
    source_id, _ = await world.do(sources.add, SYSTEM, name="shop", sends=sends)
    return source_id


async def test_what_is_declared_is_kept_with_its_example_and_audited(world: World) -> None:
    await declare(world, await made(world))

    assert await world.one("select mapping from alert_source") == TOLD
    assert await world.one("select mapping_example from alert_source") == EXAMPLE
    changes = await world.one("select changes from audit_event where action = 'source.map'")
    assert changes == {"name": "shop", "mapping": TOLD}


async def test_a_new_source_of_json_reads_its_own_example(world: World) -> None:
    await made(world)
    ((told, example),) = await world.rows("select mapping, mapping_example from alert_source")

    _, (alert,) = mappings.preview(SYSTEM, told=told, example=example)

    assert (alert.action, alert.dedup_key, alert.summary) == ("trigger", "first", "First alert")


@pytest.mark.parametrize(
    "example", ["", "{", '{"name": "n"}', "[]", json.dumps({"name": "n", "uid": 1, "x": "x" * 20_000})]
)
async def test_an_example_that_makes_no_alert_is_refused(world: World, example: str) -> None:
    source_id = await made(world)

    with pytest.raises(InvalidInput) as refused:
        await declare(world, source_id, example=example)

    assert refused.value.path == ("example",)


async def test_a_source_whose_format_says_all_takes_no_mapping(world: World) -> None:
    with pytest.raises(InvalidInput, match="json and cloudevents"):
        await declare(world, await made(world, "alertmanager"))


async def test_a_revoked_source_takes_none(world: World) -> None:
    source_id = await made(world)
    await world.do(sources.revoke, SYSTEM, source_id)

    with pytest.raises(NotFound):
        await declare(world, source_id)


async def test_only_an_administrator_declares(world: World) -> None:
    source_id = await made(world)

    with pytest.raises(Forbidden):
        await declare(world, source_id, world.olive)
