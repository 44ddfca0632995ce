from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.activity.rules import MINUTE, Point
from app.activity.words import StreamKind, TrendState
from app.incidents.trend import rules
from app.incidents.trend.rules import Held, Sight
from app.incidents.words import AlertScope, AlertSeverity, Severity

GOLDEN = Path(__file__).with_name("severities.txt")
NOW = datetime.fromisoformat("2030-01-08T14:00:00+00:00")
# The worst first.
TRENDS = (
    TrendState.COLLAPSE,
    TrendState.DROP,
    TrendState.SURGE,
    TrendState.SHIFT,
    TrendState.NORMAL,
    TrendState.LEARNING,
)
SCOPES, ALERTS = tuple(AlertScope), tuple(AlertSeverity)


def sight(*values: float, usual: float = 300, scope: str = "monetisation", **others: Any) -> Sight:
    points = [Point(NOW + at * MINUTE, value, usual, 18.0) for at, value in enumerate(values)]
    usually = {"kind": StreamKind.ACTIVITY, "core": False, "threshold": None, "history": timedelta(days=28)}
    return Sight(stream="checkout", scope=AlertScope(scope), points=points, **{**usually, **others})


def test_the_72_severities_are_those_of_the_golden_file() -> None:
    table = [
        f"{alert} {trend} {scope} {rules.classify(alert, scope, trend).severity}"
        for alert in ALERTS
        for trend in TRENDS
        for scope in SCOPES
    ]

    golden = [line for line in GOLDEN.read_text().splitlines() if line and not line.startswith("#")]

    assert len(golden) == 72
    assert table == golden


any_place = st.tuples(st.sampled_from(range(4)), st.sampled_from(range(6)), st.sampled_from(range(3)))


@settings(max_examples=10_000, deadline=None)
@given(any_place, any_place)
def test_a_worse_trend_or_a_wider_scope_never_gives_a_lower_severity(
    one: tuple[int, int, int], other: tuple[int, int, int]
) -> None:
    worse = tuple(map(min, one, other))
    milder = tuple(map(max, one, other))

    found = [rules.classify(ALERTS[a], SCOPES[s], TRENDS[t]).severity.rank for a, t, s in (worse, milder)]

    assert found[0] <= found[1]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(0, 600), min_size=30, max_size=30), st.sampled_from(SCOPES), st.booleans())
def test_a_stream_that_learns_is_never_severe_by_itself(
    values: list[int], scope: AlertScope, fails: bool
) -> None:
    kind = StreamKind.FAILURE if fails else StreamKind.ACTIVITY
    others: dict[str, Any] = {"kind": kind, "tried": [600.0] * 5, "core": True, "collapsed_cores": ["a", "b"]}

    found = rules.find(sight(*values, scope=scope, **others, history=timedelta(days=6)))

    assert found.severity is Severity.S3
    assert found.state is TrendState.LEARNING


@pytest.mark.parametrize(
    ("values", "scope", "severity"),
    [
        ([90] * 5, "monetisation", Severity.S1),
        ([90] * 5, "feature", Severity.S2),
        ([300, 300, 15, 15, 15], "platform", Severity.S0),
        ([300] * 5, "platform", Severity.S3),
        ([220] * 5, "feature", Severity.S2),  # 73 %, and 4.4 spreads below
        ([380] * 5, "platform", Severity.S3),  # as far above: no harm
        ([300, 300, 300, 0, 300], "feature", Severity.S3),  # a report was lost
        ([1000] * 5, "feature", Severity.S2),
    ],
)
def test_a_stream_is_as_bad_as_its_state_and_its_scope(
    values: list[float], scope: str, severity: Severity
) -> None:
    assert rules.find(sight(*values, scope=scope)).severity is severity


def test_two_collapsed_core_streams_are_the_platform() -> None:
    gone = sight(300, 300, 5, 5, 5, core=True, collapsed_cores=["checkout", "sign-in"])

    found = rules.find(gone)

    assert (found.severity, found.about) == (Severity.S0, AlertScope.PLATFORM)
    assert found.rule == "trend-cores-collapsed"


@pytest.mark.parametrize(
    ("failed", "severity"),
    [
        ([12, 12, 12, 12, 12], Severity.S1),
        ([12, 12, 6, 12, 12], Severity.S3),  # one minute at 98 %
        ([7, 7, 7, 7, 7], Severity.S3),  # 2.3 %, by chance
    ],
)
def test_more_than_two_per_cent_of_failures_for_five_minutes_is_core_monetisation(
    failed: list[float], severity: Severity
) -> None:
    usually = sight(*failed, usual=10, kind=StreamKind.FAILURE, tried=[300.0] * 5)

    assert rules.find(usually).severity is severity


def test_fewer_failures_are_no_harm() -> None:
    assert rules.find(sight(*[0] * 5, kind=StreamKind.FAILURE)).severity is Severity.S3


def test_a_class_is_left_after_ten_minutes_back_inside() -> None:
    held, course = Held(), []

    for at, said in enumerate([Severity.S1, *[Severity.S3] * 9, Severity.S1, *[Severity.S3] * 11]):
        held = rules.hold(held, said, NOW + at * MINUTE)
        course.append(held.severity.value)

    assert course == ["S1"] * 20 + ["S3"] * 2
    assert held.inside_since == NOW + 11 * MINUTE


def test_what_gets_worse_counts_at_once() -> None:
    held = rules.hold(Held(Severity.S2, NOW), Severity.S0, NOW + MINUTE)

    assert held == Held(Severity.S0)
