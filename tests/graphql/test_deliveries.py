"""What could not be read, by GraphQL: listed, tried and replayed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.incidents import intake, mappings, sources
from app.incidents.intake import Delivery
from app.incidents.intake.formats import FORMATS
from app.security.permissions import SYSTEM
from tests.graphql.conftest import House

pytestmark = pytest.mark.anyio
LIST = "{ failedDeliveries(first: 5) { nodes { id times error body source { name } } } }"
REPLAY = """mutation ($ids: [ID!]!, $dryRun: Boolean!) {
    replayDeliveries(input: {ids: $ids, dryRun: $dryRun}) {
        replays { deliveryId source wasReplayed error alertCount alerts { dedupKey summary verdict } }
        userErrors { code path }
    }
}"""
TOLD = {"summary": "name", "dedup_key": "uid"}
BODY = json.dumps({"name": "The disk is full", "uid": 7})


async def fail(house: House) -> None:
    """Send what its source cannot read, and mend that."""
    async with house.database.unit_of_work() as work:
        number, key = await sources.add(work, SYSTEM, name="shop", sends="json")
    read, parts = FORMATS["json"]
    sent = Delivery(key=key, sends="json", read=read, parts=parts, body=BODY.encode(), content_type="")
    async with house.database.unit_of_work() as work:
        await intake.receive(work, [sent])
        await mappings.declare(work, SYSTEM, number, told=TOLD, example=BODY)


async def replay(house: House, *ids: str, dry_run: bool = False) -> Any:
    answer = await house.ask(REPLAY, house.ada, ids=ids, dryRun=dry_run)
    return answer["replayDeliveries"]


async def test_what_failed_is_listed_for_administrators(house: House) -> None:
    await fail(house)

    (one,) = (await house.ask(LIST, house.ada))["failedDeliveries"]["nodes"]

    assert (one["id"], one["times"], one["body"]) == ("delivery_1", 1, BODY)
    assert "dedup_key" in one["error"] or "summary" in one["error"]
    assert one["source"] == {"name": "shop"}


async def test_a_dry_run_shows_the_alerts_and_a_replay_makes_them_once(house: House) -> None:
    await fail(house)

    tried = await replay(house, "delivery_1", dry_run=True)
    before = await house.rows("select 1 from alert where dedup_key = '7'")
    done, again = await replay(house, "delivery_1"), await replay(house, "delivery_1")

    (alert,) = tried["replays"][0]["alerts"]
    assert (alert["dedupKey"], alert["summary"], before) == ("7", "The disk is full", [])
    assert (done["replays"][0]["wasReplayed"], again["replays"][0]["wasReplayed"]) == (False, True)
    assert [row["count"] for row in await house.rows("select count from alert where dedup_key = '7'")] == [1]


async def test_what_is_no_delivery_is_refused_by_its_field(house: House) -> None:
    wrong, unknown = await replay(house, "incident_1"), await replay(house, "delivery_9")

    assert wrong == {"replays": None, "userErrors": [{"code": "INVALID_INPUT", "path": ["input", "ids"]}]}
    assert unknown["userErrors"] == [{"code": "NOT_FOUND", "path": ["input", "ids"]}]
