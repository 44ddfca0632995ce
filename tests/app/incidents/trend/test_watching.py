from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from app.incidents import resolution, severity
from app.incidents.paging import claiming
from app.incidents.words import Severity
from tests.app.incidents.trend.conftest import Streams
from tests.app.incidents.world import notification

pytestmark = pytest.mark.anyio
DECISIONS = "select from_severity, to_severity, rule, trend from severity_decision order by id"


async def test_checkout_at_30_per_cent_is_s1_within_a_minute_of_the_fifth_minute(streams: Streams) -> None:
    await streams.begin("checkout")
    await streams.begin("feed-views", scope="platform", core=True)
    await streams.minutes(1, checkout=300, feed_views=300)

    await streams.minutes(5, checkout=90, feed_views=300)

    ((_, severity_, status, title),) = await streams.incidents()
    assert (severity_, status) == ("S1", "triggered")
    assert title.startswith("Checkout is at ")
    assert title.endswith(" % of a usual Tuesday 14:00 UTC")
    late = await streams.world.one("select triggered_at from incident") - streams.minute
    assert late <= timedelta(seconds=60)


async def test_the_platform_at_5_per_cent_for_three_minutes_is_s0_within_a_minute(streams: Streams) -> None:
    await streams.begin("feed-views", scope="platform")
    await streams.minutes(10, feed_views=300)

    await streams.minutes(3, feed_views=15)

    ((number, severity_, *_),) = await streams.incidents()
    assert severity_ == "S0"
    assert (await streams.world.rows(DECISIONS))[-1][2:] == ("trend-collapse-platform", "collapse")
    roles = {role for role, *_ in await streams.world.pages(number)}
    assert roles == {"operator", "policy_owner"}


async def test_one_episode_has_one_incident_however_many_rounds_and_workers(streams: Streams) -> None:
    await streams.begin("checkout")
    await streams.minutes(5, checkout=90)

    before = await streams.world.rows(DECISIONS)

    await asyncio.gather(*(streams.follow() for _ in range(5)))
    await streams.minutes(10, checkout=90)

    assert len(await streams.incidents()) == 1
    assert await streams.world.rows(DECISIONS) == before


async def test_two_streams_of_one_scope_share_an_incident(streams: Streams) -> None:
    await streams.begin("checkout")
    await streams.begin("refunds")

    await streams.minutes(5, checkout=90, refunds=90)

    assert len(await streams.incidents()) == 1
    assert "trend_joined" in await streams.world.kinds(1)


async def test_a_trend_raises_the_alerts_incident_of_its_scope_and_pages_anew(streams: Streams) -> None:
    await streams.begin("checkout")
    await streams.minutes(1, checkout=300)
    key = await streams.world.source()
    await streams.world.fire(key, severity="warning")
    await streams.world.acknowledge(1)

    await streams.minutes(5, checkout=90)

    assert [row[:3] for row in await streams.incidents()] == [(1, "S1", "triggered")]
    roles = [role for role, *_ in await streams.world.pages(1)]
    assert roles.count("policy_owner") == 1
    assert await streams.world.rows(DECISIONS) == [
        (None, "S2", "matrix-warning-monetisation", "normal"),
        ("S2", "S1", "trend-drop-monetisation", "drop"),
    ]


async def test_an_alert_is_weighed_with_the_trend_of_its_scope(streams: Streams) -> None:
    await streams.begin("sign-in", scope="platform")
    await streams.minutes(5, sign_in=90)
    key = await streams.world.source()
    await streams.world.do(resolution.cancel, streams.world.ivan, 1, reason="The line alone is no news")

    await streams.world.fire(key, "slow", severity="warning", **{"class": "platform"})

    last = "select to_severity, rule, reason, evidence from severity_decision order by id desc limit 1"
    ((decided, rule, reason, kept),) = await streams.world.rows(last)
    assert (decided, rule) == ("S1", "trend-drop-platform")
    assert reason.startswith("S1 because sign-in is at 30 % of a usual Tuesday 14:00 UTC (expected 300 ± 17")
    assert [point["value"] for point in kept["trend"]["points"][-5:]] == [90] * 5
    assert {"expected", "spread", "ratio", "z_score", "slope", "stream", "rules_version"} <= set(
        kept["trend"]
    )


async def test_an_alert_joins_the_incident_that_the_trend_of_its_scope_has_opened(streams: Streams) -> None:
    await streams.begin("checkout")
    await streams.minutes(5, checkout=90)
    key = await streams.world.source()

    for _ in range(2):
        await streams.world.fire(key, "payments", **{"class": "checkout"})
    await streams.world.fire(key, "sign-in", **{"class": "platform"})

    assert [row[0] for row in await streams.incidents()] == [1, 2]
    assert (await streams.world.kinds(1)).count("alert_joined") == 1
    assert await streams.world.rows("select dedup_key, incident_id, count from alert order by id") == [
        ("payments", 1, 2),
        ("sign-in", 2, 1),
    ]


async def test_of_features_only_the_one_that_is_named_is_meant(streams: Streams) -> None:
    await streams.begin("search", scope="feature")
    await streams.minutes(5, search=90)
    key, sends = await streams.world.source("alertmanager"), "alertmanager"

    for job in ("comments", "search"):
        body = notification([(job, "firing")], group=job, job=job, scope="feature")
        await streams.world.receive(key, body, sends=sends)

    placed = await streams.world.rows("select dedup_key, incident_id from alert order by id")
    assert placed == [("comments", 2), ("search", 1)]


async def test_alerts_that_are_over_end_nothing_while_the_trend_line_is_off(streams: Streams) -> None:
    await streams.begin("search", scope="feature")
    await streams.minutes(5, search=90)
    key = await streams.world.source()
    feature = {"class": "search", "custom_details": {"scope": "feature"}}
    await streams.world.fire(key, "search", severity="warning", **feature)

    await streams.world.quiet(key, "search")
    await streams.world.settle()

    assert [row[2] for row in await streams.incidents()] == ["triggered"]


async def test_the_page_says_what_the_trend_line_said(streams: Streams) -> None:
    await streams.begin("checkout")
    await streams.minutes(5, checkout=123)

    calls = await claiming.claim_due(streams.world.database, 10)

    assert {call.page.role for call in calls} == {"operator", "policy_owner"}
    for call in calls:
        assert call.reason.startswith("S1 because checkout is at ")
        assert "% of a usual Tuesday 14:00 UTC (expected 300 ± 17, saw " in call.reason


async def test_better_lowers_nothing_and_is_written_down_after_ten_minutes(streams: Streams) -> None:
    await streams.begin("checkout")
    await streams.minutes(5, checkout=90)

    await streams.minutes(11, checkout=300)
    early = await streams.world.kinds(1)
    await streams.minutes(3, checkout=300)

    assert "trend_recovered" not in early
    assert (await streams.world.kinds(1)).count("trend_recovered") == 1
    assert [row[:3] for row in await streams.incidents()] == [(1, "S1", "triggered")]


async def test_the_next_episode_takes_up_again_what_was_resolved_a_short_while_ago(streams: Streams) -> None:
    await streams.begin("checkout")
    await streams.minutes(5, checkout=90)
    await streams.minutes(20, checkout=300)
    await streams.world.do(resolution.resolve, streams.world.ivan, 1)

    await streams.minutes(5, checkout=90)

    assert [row[:3] for row in await streams.incidents()] == [(1, "S1", "triggered")]
    assert "reopened" in await streams.world.kinds(1)


async def test_the_next_episode_brings_back_what_was_mitigated(streams: Streams) -> None:
    await streams.begin("checkout")
    await streams.minutes(5, checkout=90)
    await streams.minutes(20, checkout=300)
    await streams.world.acknowledge(1)
    await streams.world.do(resolution.mitigate, streams.world.ivan, 1)

    await streams.minutes(5, checkout=90)

    assert [row[:3] for row in await streams.incidents()] == [(1, "S1", "acknowledged")]
    assert "regressed" in await streams.world.kinds(1)


async def test_what_a_person_ended_stays_ended_while_the_episode_lasts(streams: Streams) -> None:
    await streams.begin("checkout")
    await streams.minutes(5, checkout=90)
    await streams.world.do(resolution.cancel, streams.world.ivan, 1, reason="A sale has ended")

    await streams.minutes(5, checkout=90)

    assert [row[2] for row in await streams.incidents()] == ["canceled"]


async def test_only_a_worse_trend_overrules_a_person(streams: Streams) -> None:
    await streams.begin("sign-in", scope="platform")
    await streams.minutes(5, sign_in=90)
    lower = {"severity": Severity.S3, "reason": "A test of load"}
    await streams.world.do(severity.change, streams.world.olive, 1, **lower)

    await streams.minutes(5, sign_in=90)
    stands = await streams.world.severity(1)
    await streams.minutes(3, sign_in=5)

    assert (stands, await streams.world.severity(1)) == ("S3", "S0")


async def test_a_stream_of_six_days_opens_nothing(streams: Streams) -> None:
    await streams.begin("checkout", days=6, scope="platform", core=True)

    await streams.minutes(5, checkout=0)

    assert await streams.incidents() == []


async def test_a_stream_that_nobody_has_said_anything_about_opens_nothing(streams: Streams) -> None:
    await streams.begin("checkout", scope=None)

    await streams.minutes(5, checkout=0)

    assert await streams.incidents() == []


async def test_two_core_streams_that_collapse_together_are_the_platform(streams: Streams) -> None:
    await streams.begin("checkout", core=True)
    await streams.begin("sign-in", core=True, scope="feature")

    await streams.minutes(3, checkout=5, sign_in=5)

    assert [row[1] for row in await streams.incidents()].count("S0") == 1
    assert (await streams.world.rows(DECISIONS))[-1][2] == "trend-cores-collapsed"


async def test_what_opsbook_missed_while_it_was_away_is_no_collapse(streams: Streams) -> None:
    await streams.begin("checkout", scope="platform")
    await streams.minutes(2, checkout=300)

    streams.minute += timedelta(hours=1)
    await streams.minutes(5, checkout=300)

    assert await streams.incidents() == []


async def test_after_it_was_away_five_minutes_are_enough_to_see_trouble(streams: Streams) -> None:
    await streams.begin("checkout", scope="platform")
    await streams.minutes(2, checkout=300)

    streams.minute += timedelta(hours=1)
    await streams.minutes(6, checkout=5)

    assert [row[1] for row in await streams.incidents()] == ["S0"]


async def test_core_streams_that_collapse_one_after_the_other_are_one_s0(streams: Streams) -> None:
    await streams.begin("checkout", core=True)
    await streams.begin("sign-in", core=True, scope="feature")
    await streams.minutes(6, checkout=300, sign_in=90)
    await streams.minutes(6, checkout=9, sign_in=90)
    apart = await streams.incidents()

    await streams.minutes(6, checkout=9, sign_in=9)

    together = await streams.incidents()
    assert [row[0] for row in apart] == [row[0] for row in together] == [1, 2]
    assert sorted(row[1] for row in together) == ["S0", "S2"]
    (moved,) = await streams.world.column("select text from incident_event where kind = 'trend_left'")
    assert "this goes on in OPS-" in moved
    assert await streams.world.one("select count(distinct incident_id) from trend_standing") == 1
