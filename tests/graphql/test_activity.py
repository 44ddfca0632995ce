from __future__ import annotations

from typing import Any

import pytest

from app.activity import counting
from app.errors import InvalidInput
from tests.graphql.conftest import House

pytestmark = pytest.mark.anyio
FEED = """query($stream: String, $kind: String, $from: DateTime, $to: DateTime) {
    activity(stream: $stream, kind: $kind, occurredAfter: $from, occurredBefore: $to, first: 100) {
        nodes { stream kind value occurredAt }
    } }"""
CHANGE = """mutation($input: ChangeStreamInput!) { changeStream(input: $input) {
    activityStream {
        kind scope core threshold version changedBy reason preview(threshold: 3) { days count at }
    }
    userErrors { code path } } }"""
EVENT = """
    insert into activity_event (stream, kind, summary, occurred_at, recorded_at, payload, value)
    values ('checkout', $1, 'Paid', $2::text::timestamptz, clock_timestamp(), '{}', 4)
"""


@pytest.fixture
async def checkout(house: House) -> House:
    async with house.database.engine.connect() as connection:
        raw: Any = (await connection.get_raw_connection()).driver_connection
        for second in (0, 59, 60):
            await raw.execute(EVENT, f"kind.{second}", f"2026-11-02T09:{second // 60:02}:{second % 60:02}Z")
    return house


async def fold(house: House) -> None:
    async with house.database.unit_of_work() as work:
        await counting.fold(work)


@pytest.mark.parametrize(
    ("given", "kinds"),
    [
        ({"stream": "checkout"}, ["kind.60", "kind.59", "kind.0"]),
        ({"stream": "checkout", "kind": "kind.59"}, ["kind.59"]),
        ({"stream": "incidents", "kind": "kind.59"}, []),
        ({"from": "2026-11-02T09:00:00Z", "to": "2026-11-02T09:01:00Z"}, ["kind.59", "kind.0"]),
    ],
)
async def test_the_feed_is_narrowed_to_a_stream_a_kind_and_a_minute(
    checkout: House, given: dict[str, str], kinds: list[str]
) -> None:
    answer = await checkout.ask(FEED, **given)

    assert [node["kind"] for node in answer["activity"]["nodes"]] == kinds
    assert all(node["value"] == 4 for node in answer["activity"]["nodes"])


async def test_counts_beside_the_feed_are_the_same_before_and_after_they_are_folded(house: House) -> None:
    document = "{ activityCounts { stream kind events } }"
    before = (await house.ask(document))["activityCounts"]
    await fold(house)

    assert before == (await house.ask(document))["activityCounts"]
    assert {"stream": "incidents", "kind": "incident.note", "events": "9"} in before


async def test_a_trend_line_says_how_a_stream_stands(house: House) -> None:
    await fold(house)

    (line,) = (
        await house.ask("{ trends(minutes: 5) { stream state ratio zScore finding points { at value } } }")
    )["trends"]

    assert (line["stream"], line["state"], line["ratio"], line["zScore"]) == (
        "incidents",
        "LEARNING",
        None,
        None,
    )
    assert "too little history" in line["finding"]
    assert len(line["points"]) == 5


@pytest.mark.parametrize("minutes", [0, 181])
async def test_minutes_have_bounds(house: House, minutes: int) -> None:
    with pytest.raises(InvalidInput):
        await house.ask("query($m: Int!) { trends(minutes: $m) { state } }", m=minutes)


async def test_a_stream_is_changed_and_shown_as_it_stands_with_what_its_threshold_would_have_done(
    checkout: House,
) -> None:
    await fold(checkout)
    given = {
        "stream": "checkout",
        "kind": "FAILURE",
        "scope": "MONETISATION",
        "threshold": 20,
        "reason": "New",
    }

    answer = (await checkout.ask(CHANGE, input=given))["changeStream"]
    stale = (await checkout.ask(CHANGE, input={**given, "expectedVersion": 1}))["changeStream"]
    wrong = (await checkout.ask(CHANGE, input={**given, "threshold": -1}))["changeStream"]

    assert answer["activityStream"] == {
        "kind": "FAILURE",
        "scope": "MONETISATION",
        "core": False,
        "threshold": 20,
        "version": 2,
        "changedBy": "Olive",
        "reason": "New",
        "preview": {"days": 30, "count": 0, "at": []},
    }
    assert [error["code"] for error in stale["userErrors"]] == ["STALE_VERSION"]
    assert wrong["userErrors"] == [{"code": "INVALID_INPUT", "path": ["input", "threshold"]}]


async def test_looking_back_over_thirty_days_costs_more_than_an_object(house: House) -> None:
    from api.documents import documents

    document = '{ activityStream(name: "x") { preview(threshold: 3) { count } } trends { points { at } } }'

    price = documents().find(document).price

    assert price.cost == 1 + (1 + 50) + 20 * (1 + 60)
