"""What arrives at once is applied at once, and comes out as it would have one after the other."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Sequence
from typing import Any

import pytest

from app.errors import OpsbookError, Unauthenticated
from app.incidents import intake
from app.incidents.intake import Delivery
from tests.app.incidents.world import SENDS, World, notification, trigger

pytestmark = pytest.mark.anyio

ALERTS = "select dedup_key, count, status, incident_id from alert order by id"
STANDS = """
    select substr(group_key, 2), incident.status, incident.severity, incident.generation, count(page.id)
      from incident join page on page.incident_id = incident.id and page.step > 0
     where group_key like :run || '%' group by incident.id order by 1, incident.id
"""
COUNTS = """
    select substr(dedup_key, 2), count, status from alert where dedup_key like :run || '%' order by 1, id
"""


def delivery(
    key: str, body: dict[str, Any], *, sends: str = "pagerduty", once: str | None = None
) -> Delivery:
    return Delivery(
        key=key,
        sends=sends,
        read=SENDS[sends],
        body=json.dumps(body).encode(),
        content_type="application/json",
        idempotency_key=once,
    )


def resolve(alert: str) -> dict[str, Any]:
    return {"routing_key": "k", "event_action": "resolve", "dedup_key": alert}


async def receive(world: World, deliveries: Sequence[Delivery]) -> list[OpsbookError | None]:
    return await world.do(intake.receive, deliveries)


async def test_fifty_alerts_at_once_take_as_many_statements_as_one(world: World) -> None:
    key = await world.source()
    await world.fire(key, "warm up")

    with world.statements() as one:
        await receive(world, [delivery(key, trigger("alone"))])
    with world.statements() as fifty:
        await receive(world, [delivery(key, trigger(f"alert-{number}")) for number in range(50)])

    assert len(fifty) == len(one)
    assert await world.one("select count(*) from incident") == 52


async def test_what_is_refused_keeps_nobody_else_out(world: World) -> None:
    key = await world.source()
    unreadable = Delivery(key=key, sends="pagerduty", read=SENDS["pagerduty"], body=b"{", content_type="")

    refusals = await receive(
        world, [delivery("wrong", trigger("a")), delivery(key, trigger("b")), unreadable]
    )

    assert isinstance(refusals[0], Unauthenticated)
    assert refusals[1] is None
    assert isinstance(refusals[2], OpsbookError)
    assert await world.column("select dedup_key from alert") == ["b"]


async def test_each_body_that_names_an_alert_counts(world: World) -> None:
    key = await world.source()

    await receive(world, [delivery(key, trigger("a")) for _ in range(3)])
    await receive(world, [delivery(key, trigger("a")) for _ in range(4)])

    assert await world.rows(ALERTS) == [("a", 7, "triggered", 1)]


async def test_a_key_that_makes_a_body_one_does_so_within_a_batch(world: World) -> None:
    key = await world.source()

    await receive(world, [delivery(key, trigger("a"), once="x"), delivery(key, trigger("a"), once="x")])

    assert await world.rows(ALERTS) == [("a", 1, "triggered", 1)]
    assert await world.one("select count(*) from inbound_event") == 1


async def test_an_alert_of_two_groups_belongs_to_the_one_that_names_it_first(world: World) -> None:
    key, sends = await world.source("alertmanager"), "alertmanager"
    bodies = [notification([("a1", "firing")], group=group) for group in ("one", "two")]

    await receive(world, [delivery(key, body, sends=sends) for body in bodies])

    assert await world.rows(ALERTS) == [("a1", 2, "triggered", 1)]
    assert await world.one("select count(*) from incident") == 1


async def test_two_batches_of_the_same_alerts_in_opposite_orders_do_not_deadlock(world: World) -> None:
    key = await world.source()
    there = [delivery(key, trigger(f"alert-{number}")) for number in range(20)]

    await asyncio.gather(*(receive(world, batch) for batch in (there, there[::-1]) * 4))

    assert await world.one("select count(*) from incident") == 20
    assert await world.column("select distinct count from alert") == [8]


@pytest.mark.parametrize("seed", range(8))
async def test_together_comes_out_as_one_after_the_other(world: World, seed: int) -> None:
    key, chance = await world.source(), random.Random(seed)
    told = [_event(chance) for _ in range(12)]

    for alert, severity in told:
        await receive(world, [delivery(key, _body(f"1{alert}", severity))])
    await receive(world, [delivery(key, _body(f"2{alert}", severity)) for alert, severity in told])

    assert await world.rows(STANDS, run="2") == await world.rows(STANDS, run="1")
    assert await world.rows(COUNTS, run="2") == await world.rows(COUNTS, run="1")


def _event(chance: random.Random) -> tuple[str, str | None]:
    return chance.choice("ab"), chance.choice(["warning", "warning", "critical", None])


def _body(alert: str, severity: str | None) -> dict[str, Any]:
    return resolve(alert) if severity is None else trigger(alert, severity)
