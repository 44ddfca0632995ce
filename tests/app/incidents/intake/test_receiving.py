from __future__ import annotations

import asyncio

import pytest

from app.incidents import resolution, sources
from app.security.permissions import SYSTEM
from tests.app.incidents.world import World, notification, trigger

pytestmark = pytest.mark.anyio

COUNTS = "select (select count(*) from alert), (select count(*) from incident), (select count(*) from page)"


async def test_a_group_of_25_alerts_sent_100_times_is_25_alerts_one_incident_and_one_page(
    world: World,
) -> None:
    key, sends = await world.source("alertmanager"), "alertmanager"
    body = notification([(f"fp{number}", "firing") for number in range(25)], scope="feature")

    for _ in range(100):
        await world.receive(key, body, sends=sends)

    assert await world.rows(COUNTS) == [(25, 1, 1)]
    assert await world.column("select distinct count from alert") == [100]


async def test_50_first_posts_of_one_key_at_once_open_one_incident(world: World) -> None:
    key = await world.source()

    await asyncio.gather(*(world.fire(key, severity="warning") for _ in range(50)))

    assert await world.rows(COUNTS) == [(1, 1, 1)]
    assert await world.one("select count from alert") == 50


async def test_what_came_in_is_kept_as_it_came(world: World) -> None:
    key = await world.source()

    await world.fire(key)

    assert b'"dedup_key": "checkout"' in bytes(await world.one("select body from inbound_event"))


async def test_a_repeated_idempotency_key_changes_nothing(world: World) -> None:
    key = await world.source()

    for _ in range(2):
        await world.receive(key, trigger(), idempotency_key="delivery-1")

    assert await world.one("select count from alert") == 1
    assert await world.one("select count(*) from inbound_event") == 1


@pytest.mark.parametrize("action", ["acknowledge", "resolve"])
async def test_news_of_an_alert_that_is_not_open_creates_nothing(world: World, action: str) -> None:
    key = await world.source()

    await world.quiet(key, action=action)

    assert await world.rows(COUNTS) == [(0, 0, 0)]


async def test_a_second_alert_of_the_group_joins_the_open_incident(world: World) -> None:
    key, sends = await world.source("alertmanager"), "alertmanager"
    await world.receive(key, notification([("a1", "firing")]), sends=sends)

    await world.receive(key, notification([("a1", "firing"), ("a2", "firing")]), sends=sends)

    assert await world.rows(COUNTS) == [(2, 1, 2)]
    assert (await world.kinds(1))[-1] == "alert_joined"


async def test_all_alerts_over_ends_an_incident_that_is_not_severe(world: World) -> None:
    key, sends = await world.source("alertmanager"), "alertmanager"
    labels = {"scope": "feature"}
    await world.receive(key, notification([("a1", "firing"), ("a2", "firing")], **labels), sends=sends)

    await world.receive(key, notification([("a1", "resolved"), ("a2", "firing")], **labels), sends=sends)
    half = await world.status(1)
    await world.receive(key, notification([("a1", "resolved"), ("a2", "resolved")], **labels), sends=sends)
    await world.settle()

    assert (half, await world.status(1)) == ("triggered", "resolved")


async def test_all_alerts_over_does_not_end_a_severe_incident(world: World) -> None:
    key = await world.source()
    await world.fire(key)

    await world.quiet(key)
    await world.settle()

    assert await world.status(1) == "triggered"
    assert await world.column("select status from alert") == ["resolved"]


async def test_a_sender_that_acknowledges_its_alert_stops_no_page(world: World) -> None:
    key = await world.source()
    await world.fire(key)

    await world.quiet(key, action="acknowledge")

    assert await world.status(1) == "triggered"
    assert await world.column("select status from alert") == ["acknowledged"]


async def test_a_group_that_fires_again_within_half_an_hour_is_the_same_incident(world: World) -> None:
    key = await world.source()
    await world.fire(key, severity="warning")
    await world.quiet(key)
    await world.settle()
    await world.advance(minutes=29)

    await world.fire(key, severity="warning")

    assert await world.rows("select id, status, generation from incident") == [(1, "triggered", 2)]
    fresh = "select dedup_key from page where wanted = 'trigger'"
    assert await world.column(fresh) == ["opsbook:1:2:1"]


async def test_a_group_that_fires_again_later_is_a_new_incident(world: World) -> None:
    key = await world.source()
    await world.fire(key, severity="warning")
    await world.quiet(key)
    await world.settle()
    await world.advance(minutes=31)

    await world.fire(key, severity="warning")

    assert await world.rows("select id, status from incident order by id") == [
        (1, "resolved"),
        (2, "triggered"),
    ]


async def test_a_sender_that_never_says_it_is_over_can_page_again(world: World) -> None:
    key = await world.source()
    await world.fire(key, severity="warning")
    await world.do(resolution.resolve, world.olive, 1)
    await world.advance(days=30)

    await world.fire(key, severity="warning")

    assert await world.one("select count(*) from incident where status = 'triggered'") == 1


async def test_an_alert_that_fires_again_takes_a_mitigated_incident_up_again(world: World) -> None:
    key, sends, labels = await world.source("alertmanager"), "alertmanager", {"scope": "feature"}
    await world.receive(key, notification([("a1", "firing"), ("a2", "firing")], **labels), sends=sends)
    await world.receive(key, notification([("a1", "firing"), ("a2", "resolved")], **labels), sends=sends)
    await world.acknowledge(1)
    await world.do(resolution.mitigate, world.olive, 1)

    await world.receive(key, notification([("a1", "firing")], **labels), sends=sends)
    repeated = await world.status(1)
    await world.receive(key, notification([("a1", "firing"), ("a2", "firing")], **labels), sends=sends)

    assert (repeated, await world.status(1)) == ("mitigated", "acknowledged")
    assert (await world.kinds(1))[-1] == "regressed"


async def test_a_known_alert_that_has_become_worse_pages_for_a_mitigated_incident(world: World) -> None:
    key = await world.source()
    await world.fire(key, severity="warning")
    await world.acknowledge(1)
    await world.do(resolution.mitigate, world.olive, 1)

    await world.fire(key, severity="critical")

    assert (await world.status(1), await world.severity(1)) == ("triggered", "S1")
    assert await world.pages(1) == [
        ("policy_owner", "trigger", True),
        ("operator", "resolve", False),
        ("operator", "trigger", True),
    ]


async def test_the_open_incident_of_a_group_goes_before_a_newer_one_that_is_over(world: World) -> None:
    key = await world.source()
    await world.fire(key, severity="warning")
    await world.quiet(key)
    await world.settle()
    await world.advance(minutes=31)
    await world.fire(key, severity="warning")
    await world.quiet(key)
    await world.settle()
    await world.do(resolution.reopen, world.olive, 1, reason="Not over")

    await world.fire(key, severity="warning")

    assert await world.rows("select id, status from incident order by id") == [
        (1, "triggered"),
        (2, "resolved"),
    ]


async def test_one_alert_in_two_groups_belongs_to_the_first(world: World) -> None:
    key, sends = await world.source("alertmanager"), "alertmanager"
    await world.receive(key, notification([("a1", "firing")], group="one"), sends=sends)

    await world.receive(key, notification([("a1", "firing")], group="two"), sends=sends)
    await world.receive(key, notification([("a1", "resolved")], group="two"), sends=sends)

    assert await world.rows("select incident_id, count, status from alert") == [(1, 2, "resolved")]
    assert await world.one("select count(*) from incident") == 1


async def test_groups_that_share_alerts_do_not_deadlock(world: World) -> None:
    key, sends = await world.source("alertmanager"), "alertmanager"
    shared = [(f"fp{number}", "firing") for number in range(5)]
    over = [(fingerprint, "resolved") for fingerprint, _ in shared]
    bodies = [notification(alerts, group=group) for group in ("one", "two") for alerts in (shared, over)]

    await asyncio.gather(*(world.receive(key, body, sends=sends) for body in bodies * 5))

    assert await world.one("select count(*) from inbound_event") == 20


async def test_reopening_while_the_group_fires_ends_in_one_open_incident(world: World) -> None:
    key = await world.source()
    await world.fire(key, severity="warning")
    await world.quiet(key)
    await world.settle()
    await world.advance(minutes=31)

    reopened = world.do(resolution.reopen, world.olive, 1, reason="Not over")
    await asyncio.gather(reopened, world.fire(key, severity="warning"), return_exceptions=True)

    assert await world.one("select count(*) from incident where status = 'triggered'") == 1


async def test_a_revoked_key_is_refused(world: World) -> None:
    source_id, key = await world.do(sources.add, SYSTEM, name="probe", sends="pagerduty")
    await world.do(sources.revoke, SYSTEM, source_id)

    with pytest.raises(Exception, match="not that of this source"):
        await world.fire(key)


async def test_opening_takes_few_statements_and_a_repeat_fewer(world: World) -> None:
    key = await world.source()
    await world.fire(key, "warm up")

    with world.statements() as opening:
        await world.fire(key)
    with world.statements() as repeat:
        await world.fire(key)

    assert (len(opening), len(repeat)) == (16, 5)  # one of them asks how the trend lines stand
