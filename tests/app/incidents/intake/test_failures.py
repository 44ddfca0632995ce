from __future__ import annotations

import json
from typing import Any

import pytest

from app.errors import InvalidInput, OpsbookError
from app.incidents import intake
from app.incidents.intake import Delivery, failures, keeping
from app.incidents.intake.formats import FORMATS
from tests.app.incidents.world import World, trigger

pytestmark = pytest.mark.anyio
WORDLESS = {"routing_key": "k", "event_action": "trigger", "payload": {"summary": "", "source": "a"}}
KEPT = "select times, error, excerpt from failed_delivery order by id"


async def send(world: World, key: str, *bodies: dict[str, Any]) -> list[OpsbookError | None]:
    deliveries = [
        Delivery(
            key=key,
            sends="pagerduty",
            read=FORMATS["pagerduty"].read,
            body=json.dumps(body).encode(),
            content_type="application/json",
        )
        for body in bodies
    ]
    return await world.do(intake.receive, deliveries)


async def test_what_a_known_source_sends_and_cannot_be_read_is_kept_with_the_reason(world: World) -> None:
    key = await world.source()

    (refusal,) = await send(world, key, WORDLESS)

    assert isinstance(refusal, InvalidInput)
    assert await world.rows(KEPT) == [(1, refusal.message, json.dumps(WORDLESS))]
    assert await world.one("select count(*) from inbound_event") == 0


async def test_the_same_body_again_only_counts(world: World) -> None:
    key = await world.source()

    await send(world, key, WORDLESS, WORDLESS)
    await send(world, key, WORDLESS)

    assert await world.column("select times from failed_delivery") == [3]


async def test_nothing_is_kept_of_who_has_no_key(world: World) -> None:
    await world.source()

    await send(world, "wrong", WORDLESS)

    assert await world.rows(KEPT) == []


async def test_a_key_in_a_body_is_not_kept(world: World) -> None:
    key = await world.source()

    await send(world, key, WORDLESS | {"routing_key": key})

    kept = await world.one("select excerpt || convert_from(body, 'UTF8') from failed_delivery")
    assert key not in kept
    assert '"routing_key": "[key]"' in kept


async def test_each_source_keeps_its_newest_alone(world: World) -> None:
    key, other = await world.source(), await world.source(name="other")
    await send(world, other, WORDLESS)
    await send(world, key, *[WORDLESS | {"number": number} for number in range(failures.KEPT_EACH)])

    await world.advance(seconds=1)
    await send(world, key, WORDLESS | {"number": "last"})

    sent = "select count(*) from failed_delivery group by source_id order by source_id"
    assert await world.column(sent) == [failures.KEPT_EACH, 1]
    assert await world.one("select count(*) from failed_delivery where excerpt like '%last%'") == 1


async def test_what_is_no_text_is_kept_as_it_came(world: World) -> None:
    key = await world.source("json", "json")
    body = b'\xff\x00{"'
    delivery = Delivery(key=key, sends="json", read=FORMATS["json"].read, body=body, content_type="")

    await world.do(intake.receive, [delivery])

    assert await world.one("select body from failed_delivery") == body


async def test_a_good_delivery_costs_no_statement_more(world: World) -> None:
    key = await world.source()
    await send(world, key, trigger("warm up"))

    with world.statements() as seen:
        await send(world, key, trigger("alone"))

    assert not [statement for statement in seen if "failed_delivery" in statement]


async def test_what_failed_is_forgotten_after_thirty_days(world: World) -> None:
    await send(world, await world.source(), WORDLESS)

    await world.advance(days=31)

    assert await world.do(keeping.forget_old) == 1
    assert await world.rows(KEPT) == []
