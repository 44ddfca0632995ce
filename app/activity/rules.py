"""How a trend line is judged, pure: the same points give the same state on every run.

Source: incidents specification, section 2.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from math import sqrt
from statistics import fmean, median

from app.activity.words import StreamKind, TrendState

# "Expected = median of the same hour-of-week over >= 4 weeks": of eight, so that two odd weeks, such as those
# of a feast, are a quarter and not a half of them.
USUAL_WEEKS = 8
# "spread = 1.4826·MAD (floor √expected)": the factor that makes it the deviation of a normal distribution.
MAD_TO_DEVIATION = 1.4826
# "judged over the last 5 complete minutes: ratio r, z, Theil-Sen slope over 30 min"
JUDGED = 5
SLOPED = 30
# "learning (< 7 days of history)"
LEARNING_FOR = timedelta(days=7)
# "shift (|z| >= 4), drop (r < 0.70), collapse (r < 0.10, 3 complete minutes), surge (r > 3)"
SHIFT_Z = 4.0
DROP_RATIO = 0.70
COLLAPSE_RATIO = 0.10
COLLAPSED = 3
SURGE_RATIO = 3.0
# "hysteresis: leaves a class only after 10 min back inside"
BACK_INSIDE = 10
MINUTE = timedelta(minutes=1)
# Our own: a total has to miss its expectation by three square roots of it before a ratio says anything. Of
# four events a minute, three of every hundred five minutes see a third less by chance alone.
CHANCE = 3.0
# Our own: a minute is complete when it ended this long ago, for reports of it are on their way.
SETTLES_WITHIN = timedelta(seconds=10)
# Whoever sets a threshold is told how often it would have been crossed in this time.
LOOKS_BACK = timedelta(days=30)

TREND_RULES_VERSION = 1


@dataclass(frozen=True, slots=True)
class Point:
    """One complete minute. Nothing is usual where there is no history."""

    at: datetime
    value: float
    expected: float | None = None
    spread: float | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """How the last minutes stand. Values are of a minute, the slope is their change a minute.

    `ratio` is None where nothing is expected, and with `z_score` and `expected` while learning.
    """

    state: TrendState
    value: float
    slope: float
    expected: float | None = None
    spread: float | None = None
    ratio: float | None = None
    z_score: float | None = None


def judge(
    points: Sequence[Point],
    *,
    history: timedelta,
    kind: StreamKind = StreamKind.ACTIVITY,
    threshold: float | None = None,
) -> Judgement:
    """Judge complete minutes, the oldest first and none left out.

    `history` is for how long the stream has been counted, `threshold` a value a minute that a person set.
    """
    recent = points[-JUDGED:]
    value = fmean(point.value for point in recent) if recent else 0.0
    slope = theil_sen([point.value for point in points[-SLOPED:]])
    known = [(point.value, point.expected, point.spread) for point in recent]
    usual = [(v, e, s) for v, e, s in known if e is not None and s is not None]
    if history < LEARNING_FOR or not usual or len(usual) < len(recent):
        return Judgement(TrendState.LEARNING, value, slope)
    expected, spread = fmean(e for _, e, _ in usual), fmean(s for *_, s in usual)
    ratio = value / expected if expected else None
    z_score = fmean((v - e) / (s or 1.0) for v, e, s in usual)
    crossed = threshold is not None and is_beyond(value, threshold, kind)
    state = _state(points, ratio, z_score, is_clear=_is_clear(value, expected, len(usual)))
    if crossed and state in (TrendState.NORMAL, TrendState.SHIFT):
        state = TrendState.SURGE if kind is StreamKind.FAILURE else TrendState.DROP
    return Judgement(state, value, slope, expected, spread, ratio, z_score)


def counts_as(state: TrendState, kind: StreamKind) -> TrendState:
    """What a state means for what the stream tells about: a surge of failures is a drop, fewer are no harm.

    Source: "surge (r > 3; on a failure stream it counts as `drop` of that scope)".
    """
    if kind is StreamKind.ACTIVITY:
        return state
    if state is TrendState.SURGE:
        return TrendState.DROP
    return TrendState.NORMAL if state in (TrendState.DROP, TrendState.COLLAPSE) else state


def is_beyond(value: float, threshold: float, kind: StreamKind) -> bool:
    """Whether a value a minute is on the wrong side of a threshold: above it for failures, else below."""
    return value > threshold if kind is StreamKind.FAILURE else value < threshold


def crossings(minutes: Sequence[float], threshold: float, kind: StreamKind) -> list[int]:
    """The minutes, by their index, in which a threshold would have begun to fire.

    It judges the mean of the last five, and one that was back inside for less than ten minutes is the same.
    """
    found: list[int] = []
    sign = 1 if kind is StreamKind.FAILURE else -1
    inside, over = BACK_INSIDE, sum(minutes[: JUDGED - 1]) - threshold * JUDGED
    for at, (newest, oldest) in enumerate(zip(minutes[JUDGED - 1 :], minutes, strict=False), JUDGED - 1):
        over += newest
        if over * sign > 0:
            if inside >= BACK_INSIDE:
                found.append(at)
            inside = 0
        else:
            inside += 1
        over -= oldest
    return found


def theil_sen(values: Sequence[float]) -> float:
    """The median slope between any two values, one step apart each: an outlier does not move it.

    Source: H. Theil (1950), P. K. Sen (1968).
    """
    slopes = [(b - a) / (j - i) for (i, a), (j, b) in combinations(enumerate(values), 2)]
    return median(slopes) if slopes else 0.0


def _state(points: Sequence[Point], ratio: float | None, z_score: float, *, is_clear: bool) -> TrendState:
    if _has_collapsed(points[-COLLAPSED:]):
        return TrendState.COLLAPSE
    if is_clear and ratio is not None and ratio < DROP_RATIO:
        return TrendState.DROP
    # Where nothing is expected there is no ratio: a burst of what hardly ever happens is a surge too.
    if is_clear and (ratio > SURGE_RATIO if ratio is not None else z_score >= SHIFT_Z):
        return TrendState.SURGE
    return TrendState.SHIFT if abs(z_score) >= SHIFT_Z else TrendState.NORMAL


def _has_collapsed(last: Sequence[Point]) -> bool:
    """Whether each of the last minutes is next to nothing of what it should be."""
    if len(last) < COLLAPSED or not all(point.expected for point in last):
        return False
    value, expected = fmean(point.value for point in last), fmean(point.expected or 0 for point in last)
    gone = all(point.value < COLLAPSE_RATIO * (point.expected or 0) for point in last)
    return gone and _is_clear(value, expected, COLLAPSED)


def _is_clear(value: float, expected: float, minutes: int) -> bool:
    """Whether a total is further from its expectation than counting alone strays."""
    return abs(value - expected) * minutes >= CHANCE * sqrt(expected * minutes)
