from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.activity import rules
from app.activity.rules import Point, crossings, judge, theil_sen
from app.activity.words import StreamKind, TrendState

AT = datetime.fromisoformat("2030-01-07T14:00:00+00:00")
LONG = timedelta(days=60)
SEVERE = [TrendState.NORMAL, TrendState.SHIFT, TrendState.DROP, TrendState.COLLAPSE]
counts = st.integers(0, 2000)


def line(*values: float, expected: float | None = 100, spread: float | None = 10) -> list[Point]:
    """The last minutes, after half an hour as usual."""
    told = [expected or 0.0] * 30 + list(values)
    return [Point(AT + n * timedelta(minutes=1), v, expected, spread) for n, v in enumerate(told)]


def state(*values: float, expected: float = 100, spread: float = 10, **more: object) -> TrendState:
    how = {"history": LONG, **more}
    return judge(line(*values, expected=expected, spread=spread), **how).state  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("minutes", "wanted"),
    [
        ([100] * 5, TrendState.NORMAL),
        ([71] * 5, TrendState.NORMAL),
        ([70.1] * 5, TrendState.NORMAL),
        ([69.9] * 5, TrendState.DROP),
        ([30] * 5, TrendState.DROP),
        ([100, 100, 9, 9, 9], TrendState.COLLAPSE),
        ([100, 100, 100, 9, 9], TrendState.DROP),
        ([10, 10, 10, 10, 10], TrendState.DROP),
        ([0] * 5, TrendState.COLLAPSE),
        ([300] * 5, TrendState.SHIFT),
        ([301] * 5, TrendState.SURGE),
        ([140] * 5, TrendState.SHIFT),
        ([139] * 5, TrendState.NORMAL),
    ],
)
def test_the_borders_of_the_states_are_those_of_the_specification(
    minutes: list[float], wanted: TrendState
) -> None:
    assert state(*minutes) is wanted


def test_a_shift_downwards_needs_no_drop() -> None:
    assert state(*[400] * 5, expected=500, spread=23) is TrendState.SHIFT


def test_ratio_and_z_are_of_the_last_five_minutes() -> None:
    found = judge(line(40, 50, 60, 70, 30), history=LONG)

    assert (found.value, found.expected, found.spread) == (50, 100, 10)
    assert (found.ratio, found.z_score) == (0.5, -5)


@pytest.mark.parametrize("history", [timedelta(), timedelta(days=7) - timedelta(microseconds=1)])
def test_under_seven_days_it_learns_whatever_it_sees(history: timedelta) -> None:
    for minutes in ([0] * 5, [100] * 5, [10_000] * 5):
        found = judge(line(*minutes), history=history, threshold=50)
        assert (found.state, found.ratio, found.z_score) == (TrendState.LEARNING, None, None)


def test_without_anything_usual_it_learns_however_long() -> None:
    assert judge(line(*[3] * 5, expected=None, spread=None), history=LONG).state is TrendState.LEARNING
    assert judge([], history=LONG).state is TrendState.LEARNING


def test_chance_alone_is_no_drop_where_little_happens() -> None:
    assert state(*[0] * 5, expected=1, spread=1) is TrendState.NORMAL
    assert state(*[2] * 5, expected=4, spread=2) is TrendState.NORMAL
    assert state(*[0] * 5, expected=4, spread=2) is TrendState.COLLAPSE


def test_where_nothing_is_expected_a_burst_is_a_surge_and_one_event_is_not() -> None:
    single = judge(line(1, 0, 0, 0, 0, expected=0, spread=0), history=LONG)
    burst = judge(line(4, 4, 4, 4, 4, expected=0, spread=0), history=LONG)

    assert (single.state, single.ratio, single.z_score) == (TrendState.NORMAL, None, 0.2)
    assert (burst.state, burst.ratio) == (TrendState.SURGE, None)


@pytest.mark.parametrize(
    ("kind", "minutes", "wanted"),
    [
        (StreamKind.ACTIVITY, 79, TrendState.DROP),
        (StreamKind.ACTIVITY, 80, TrendState.NORMAL),
        (StreamKind.FAILURE, 121, TrendState.SURGE),
        (StreamKind.FAILURE, 120, TrendState.NORMAL),
    ],
)
def test_a_threshold_fires_beyond_it(kind: StreamKind, minutes: float, wanted: TrendState) -> None:
    threshold = 80 if kind is StreamKind.ACTIVITY else 120

    assert state(*[minutes] * 5, kind=kind, threshold=threshold) is wanted


def test_a_surge_of_failures_counts_as_a_drop_and_fewer_failures_as_no_harm() -> None:
    told = {one: rules.counts_as(one, StreamKind.FAILURE) for one in TrendState}

    assert told[TrendState.SURGE] is TrendState.DROP
    assert told[TrendState.DROP] is told[TrendState.COLLAPSE] is TrendState.NORMAL
    assert all(rules.counts_as(one, StreamKind.ACTIVITY) is one for one in TrendState)


@given(st.lists(counts, min_size=5, max_size=5), counts, st.floats(0, 1))
def test_less_activity_is_never_judged_better(values: list[int], expected: int, share: float) -> None:
    spread = max(expected, 1) ** 0.5
    less = [value * share for value in values]

    more_state, less_state = [
        state(*told, expected=float(expected), spread=spread) for told in (values, less)
    ]

    assert more_state is TrendState.SURGE or less_state is not TrendState.SURGE
    if max(values) <= expected:
        assert SEVERE.index(less_state) >= SEVERE.index(more_state)


@given(st.lists(counts, min_size=5, max_size=40), counts, st.integers(2, 7))
def test_a_judgement_is_the_same_whatever_the_unit_of_a_minute_that_is_large(
    values: list[int], expected: int, factor: int
) -> None:
    points = line(*values, expected=expected + 50.0, spread=expected / 5 + 10.0)
    larger = [Point(p.at, p.value * factor, p.expected * factor, p.spread * factor) for p in points]  # type: ignore[operator]

    one, other = judge(points, history=LONG), judge(larger, history=LONG)

    assert one.ratio is not None
    assert other.ratio == pytest.approx(one.ratio)
    assert other.z_score == pytest.approx(one.z_score)


@given(st.floats(-50, 50), st.floats(-5, 5), st.integers(2, 30))
def test_the_slope_of_a_line_is_its_own_and_one_outlier_does_not_move_it_far(
    start: float, slope: float, length: int
) -> None:
    values = [start + slope * at for at in range(length)]

    assert theil_sen(values) == pytest.approx(slope, abs=1e-9)
    if length > 9:
        assert abs(theil_sen([*values[:-1], 1e6]) - slope) < 1e6 / length


def test_nothing_has_no_slope() -> None:
    assert theil_sen([]) == theil_sen([7]) == 0


def test_a_threshold_would_have_fired_once_for_each_time_it_was_crossed() -> None:
    quiet, bad = [100.0] * 60, [10.0] * 20
    minutes = [*quiet, *bad, *quiet, *bad, *quiet]

    assert crossings(minutes, 50, StreamKind.ACTIVITY) == [62, 142]
    assert crossings(minutes, 5, StreamKind.ACTIVITY) == []
    assert crossings([*quiet, *[900.0] * 5, *quiet], 200, StreamKind.FAILURE) == [60]


def test_back_inside_for_less_than_ten_minutes_is_the_same_crossing() -> None:
    quiet, bad = [100.0] * 60, [10.0] * 20

    assert len(crossings([*quiet, *bad, *[100.0] * 9, *bad], 50, StreamKind.ACTIVITY)) == 1
    assert len(crossings([*quiet, *bad, *[100.0] * 10, *bad], 50, StreamKind.ACTIVITY)) == 2


@given(st.lists(counts, max_size=200), counts, st.sampled_from(StreamKind))
def test_every_crossing_is_one_and_they_are_apart(
    values: list[int], threshold: int, kind: StreamKind
) -> None:
    found = crossings(list(map(float, values)), threshold, kind)

    assert all(rules.is_beyond(sum(values[at - 4 : at + 1]) / 5, threshold, kind) for at in found)
    assert all(b - a > rules.BACK_INSIDE for a, b in pairwise(found))
