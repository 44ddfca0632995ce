from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from app.errors import Conflict, Forbidden, InvalidInput, NotFound
from app.incidents import intake, mappings, sources
from app.incidents.intake import Delivery, replaying
from app.incidents.intake.formats import FORMATS
from app.incidents.intake.replaying import Trial
from app.security.permissions import SYSTEM
from tests.app.incidents.world import World

pytestmark = pytest.mark.anyio
BODY: dict[str, Any] = {"alert": {"name": "The disk is full", "uid": 7, "level": "critical"}}
TOLD = {"summary": "alert.name", "dedup_key": "alert.uid", "severity": "alert.level", "scope": "=platform"}
ALERTS = "select dedup_key, summary, count from alert order by id"


async def fail(world: World, sends: str = "json", body: bytes = json.dumps(BODY).encode(), **how: Any) -> int:
    """Send what its source cannot read; answers its number."""
    key = await world.source(sends)
    read, parts = FORMATS[sends]
    told = {"content_type": "application/json", **how}
    await world.do(
        intake.receive, [Delivery(key=key, sends=sends, read=read, parts=parts, body=body, **told)]
    )
    number: int = await world.one("select max(id) from failed_delivery")
    return number


async def mend(world: World) -> None:
    source_id = await world.one("select source_id from failed_delivery")
    await world.do(mappings.declare, SYSTEM, source_id, told=TOLD, example=json.dumps(BODY))


async def replay(world: World, *ids: int, dry_run: bool = False) -> Sequence[Trial]:
    return await world.do(replaying.replay, SYSTEM, ids, dry_run=dry_run)


async def test_what_can_be_read_by_now_is_applied_as_if_it_came_now(world: World) -> None:
    number = await fail(world)
    await mend(world)

    (trial,) = await replay(world, number)

    assert [signal.dedup_key for signal in trial.signals] == ["7"]
    assert await world.rows(ALERTS) == [("7", "The disk is full", 1)]
    assert await world.one("select count(*) from page") > 0
    assert await world.one("select replayed_by from failed_delivery") == SYSTEM.name
    assert await world.one("select count(*) from audit_event where action = 'delivery.replay'") == 1


async def test_a_second_replay_changes_nothing(world: World) -> None:
    number = await fail(world)
    await mend(world)
    await replay(world, number)

    (trial,) = await replay(world, number)

    assert trial.was_replayed
    assert await world.rows(ALERTS) == [("7", "The disk is full", 1)]


async def test_two_replays_at_once_count_once(world: World) -> None:
    number = await fail(world)
    await mend(world)

    found = await asyncio.gather(replay(world, number), replay(world, number), return_exceptions=True)

    assert all(isinstance(one, list | Conflict) for one in found)
    assert await world.rows(ALERTS) == [("7", "The disk is full", 1)]


async def test_a_dry_run_says_what_it_would_make_and_makes_nothing(world: World) -> None:
    number = await fail(world)
    await mend(world)

    (trial,) = await replay(world, number, dry_run=True)

    assert [signal.summary for signal in trial.signals] == ["The disk is full"]
    assert await world.rows(ALERTS) == []
    assert await world.one("select replayed_at from failed_delivery") is None


async def test_what_still_cannot_be_read_stays_with_its_new_error(world: World) -> None:
    number = await fail(world)
    was = await world.one("select error from failed_delivery")
    await mend(world)
    await world.change("update alert_source set mapping = jsonb_set(mapping, '{summary}', '\"title\"')")

    (trial,) = await replay(world, number)

    assert trial.error is not None
    assert was != trial.error
    assert await world.rows("select error, replayed_at from failed_delivery") == [(trial.error, None)]


async def test_one_that_fails_keeps_no_other_out(world: World) -> None:
    good, bad = await fail(world), await fail(world, "grafana", b"{")
    source_id = await world.one("select source_id from failed_delivery order by id limit 1")
    await world.do(mappings.declare, SYSTEM, source_id, told=TOLD, example=json.dumps(BODY))

    first, second = await replay(world, good, bad)

    assert (first.error, bool(second.error)) == (None, True)
    assert await world.rows(ALERTS) == [("7", "The disk is full", 1)]


async def test_an_event_in_headers_is_replayed_with_them(world: World) -> None:
    names = [("ce-specversion", "1.0"), ("ce-id", "1"), ("ce-source", "/a"), ("ce-type", "alert")]
    number = await fail(world, "cloudevents", headers=names)
    await mend(world)

    await replay(world, number)

    assert await world.rows(ALERTS) == [("7", "The disk is full", 1)]


async def test_a_revoked_source_is_not_spoken_for(world: World) -> None:
    number = await fail(world)
    await mend(world)
    await world.do(sources.revoke, SYSTEM, await world.one("select id from alert_source"))

    (trial,) = await replay(world, number)

    assert "revoked" in (trial.error or "")
    assert await world.rows(ALERTS) == []


async def test_only_administrators_replay_and_only_what_is_kept(world: World) -> None:
    number = await fail(world)

    with pytest.raises((Forbidden, NotFound)):
        await world.do(replaying.replay, world.olive, [number])
    with pytest.raises(NotFound):
        await replay(world, number + 1)
    with pytest.raises(InvalidInput, match="Choose 1 to 100"):
        await replay(world)


async def test_what_waits_is_listed_until_it_is_replayed(world: World) -> None:
    number = await fail(world)
    before = await world.do(replaying.listed, SYSTEM)
    await mend(world)

    await replay(world, number)

    assert [(row.id, source.name) for row, source in before] == [(number, "json")]
    assert await world.do(replaying.listed, SYSTEM) == []
