from __future__ import annotations

import json
from datetime import timedelta

import pytest

from app.activity import streams
from app.activity.streams import StreamSettings
from app.activity.words import StreamKind, StreamScope
from app.errors import Forbidden, InvalidInput, NotFound, StaleVersion
from app.security.permissions import Actor, Role, Scope, granted
from tests.app.activity.conftest import BEGIN, Feed

pytestmark = pytest.mark.anyio
OLIVE = Actor("person", 1, "Olive", granted([Role.OPERATOR]))
READER = Actor("person", 2, "Kenji", granted([Role.VIEWER]))
STRANGER = Actor("token", 3, "stranger", frozenset({Scope.REVENUE_READ}))
CHECKOUT = StreamSettings(StreamKind.ACTIVITY, StreamScope.MONETISATION, True, 50.0)


async def change(feed: Feed, actor: Actor = OLIVE, settings: StreamSettings = CHECKOUT, **how: object) -> int:
    given = {"reason": "Below that we lose money", **how}
    async with feed.database.unit_of_work() as work:
        return await streams.change(work, actor, "checkout", settings, **given)  # type: ignore[arg-type]


@pytest.fixture
async def checkout(feed: Feed) -> Feed:
    """A month of 100 a minute with two bad quarters of an hour in it."""
    await feed.change("insert into activity_stream (name, first_at) values ('checkout', :at)", at=BEGIN)
    await feed.change(
        "insert into activity_hour select 'checkout', at, array_fill(100::float8, array[60])"
        " from generate_series(cast(:first as timestamptz), :last, interval '1 hour') as at",
        first=BEGIN,
        last=BEGIN + timedelta(days=40),
    )
    for day in (12, 33):
        await feed.change(
            "update activity_hour set minutes[20:35] = array_fill(10::float8, array[16]) where hour = :at",
            at=BEGIN + timedelta(days=day),
        )
    await feed.travel(BEGIN + timedelta(days=40))
    return feed


async def test_a_person_sets_what_a_stream_tells_about_and_why(checkout: Feed) -> None:
    await change(checkout)

    row = await checkout.one("select to_json(s) from activity_stream s")
    trail = json.loads(await checkout.one("select changes::text from audit_event"))
    assert (row["kind"], row["scope"], row["core"], row["threshold"]) == (
        "activity",
        "monetisation",
        True,
        50,
    )
    assert (row["version"], row["changed_by"], row["reason"]) == (2, "Olive", "Below that we lose money")
    assert trail["before"] == {"kind": "activity", "scope": None, "core": False, "threshold": None}
    assert trail["after"]["threshold"] == 50
    assert trail["would_have_fired"] == 2


@pytest.mark.parametrize(("threshold", "days"), [(50.0, [12, 33]), (100.0, [12, 33]), (9.0, []), (0.0, [])])
async def test_it_is_told_when_a_threshold_would_have_fired(
    checkout: Feed, threshold: float, days: list[int]
) -> None:
    async with checkout.database.unit_of_work() as work:
        found = await streams.would_have_fired(work, "checkout", threshold, StreamKind.ACTIVITY)

    assert [(at - BEGIN).days for at in found] == days
    assert all(19 <= at.minute <= 24 for at in found)


async def test_before_a_stream_began_nothing_would_have_fired(feed: Feed) -> None:
    await feed.tell([100] * 180, since=BEGIN + timedelta(minutes=30))
    await feed.fold()
    await feed.travel(BEGIN + timedelta(minutes=210, seconds=11))

    async with feed.database.unit_of_work() as work:
        assert await streams.would_have_fired(work, "checkout", 50, StreamKind.ACTIVITY) == []


async def test_a_stream_that_nobody_knows_would_never_have_fired(feed: Feed) -> None:
    async with feed.database.unit_of_work() as work:
        assert await streams.would_have_fired(work, "nothing", 5, StreamKind.FAILURE) == []


@pytest.mark.parametrize("threshold", [-1.0, float("inf"), float("nan"), 1e13])
async def test_a_threshold_is_a_number_that_a_minute_can_reach(checkout: Feed, threshold: float) -> None:
    settings = StreamSettings(StreamKind.ACTIVITY, None, False, threshold)

    with pytest.raises(InvalidInput) as refused:
        await change(checkout, settings=settings)

    assert refused.value.path == ("threshold",)


async def test_it_needs_a_reason_and_the_version_that_was_seen(checkout: Feed) -> None:
    with pytest.raises(InvalidInput):
        await change(checkout, reason=" ")
    await change(checkout, expected_version=1)
    with pytest.raises(StaleVersion):
        await change(checkout, expected_version=1)


async def test_only_who_works_on_incidents_may_and_who_sees_nothing_learns_nothing(checkout: Feed) -> None:
    with pytest.raises(Forbidden):
        await change(checkout, READER)
    with pytest.raises(NotFound):
        await change(checkout, STRANGER)
