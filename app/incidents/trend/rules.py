"""How bad trend lines make it, pure: the same minutes give the same severity on every run.

Source: handbook, "Map alerts to severities using the admin activity feed trend line".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt

from app.activity import rules as activity
from app.activity.rules import Judgement, Point
from app.activity.words import StreamKind, TrendState
from app.incidents import rules
from app.incidents.rules import Verdict
from app.incidents.words import AlertScope, AlertSeverity, Severity

_S0, _S1, _S2, _S3 = Severity.S0, Severity.S1, Severity.S2, Severity.S3
_PLATFORM, _MONEY, _FEATURE = AlertScope

# "Collapse on platform total for 3 complete minutes: S0. Monetisation stream drop: S1. Non-critical stream
# shift or drop: S2. Else S3." Where that is silent, the wider scope and the worse trend are never the milder.
BY_TREND: dict[TrendState, dict[AlertScope, Severity]] = {
    TrendState.LEARNING: dict.fromkeys(AlertScope, _S3),
    TrendState.NORMAL: dict.fromkeys(AlertScope, _S3),
    TrendState.SHIFT: dict.fromkeys(AlertScope, _S2),
    TrendState.SURGE: dict.fromkeys(AlertScope, _S2),
    TrendState.DROP: {_PLATFORM: _S1, _MONEY: _S1, _FEATURE: _S2},
    TrendState.COLLAPSE: {_PLATFORM: _S0, _MONEY: _S1, _FEATURE: _S2},
}
# ">= 2 core streams collapsed: S0"
CORES_GONE = 2
# "Failed share > 2 % for 5 minutes: S1": the handbook's success rate of 98 %.
MOST_FAILED = 0.02
# Our own: a minute by itself strays to the bad side from half of what five are a shift at.
ASTRAY = activity.SHIFT_Z / 2
# "Hysteresis: leaves a class only after 10 minutes back inside."
BACK_INSIDE = activity.BACK_INSIDE * activity.MINUTE
# Our own: what a worker said of a stream longer ago than this is no news about now, and it was away.
FRESH = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Sight:
    """Everything that a trend line's severity is decided on: stored with the decision, and judged again.

    `tried` is what was attempted in each of the last minutes on the streams about money, for one of failures.
    A stream `is_heard` unless Opsbook was away a moment ago: what it could not take in looks like a collapse.
    """

    stream: str
    kind: StreamKind
    scope: AlertScope
    core: bool
    threshold: float | None
    history: timedelta
    points: Sequence[Point]
    collapsed_cores: Sequence[str] = ()
    tried: Sequence[float] = ()
    is_heard: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """What a stream's trend line comes to, and what that is about."""

    severity: Severity
    rule: str
    about: AlertScope
    state: TrendState
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class Held:
    """The severity that a stream stands at, and since which minute it has looked better than that."""

    severity: Severity = _S3
    inside_since: datetime | None = None


def classify(alert: AlertSeverity, scope: AlertScope, trend: TrendState) -> Verdict:
    """Decide how bad it is from an alert and its scope's trend line: by the worse of the two."""
    said = by_trend(trend, scope)
    by_line = Verdict(said, rule_name(trend, scope), f"{said} because the trend line says {trend.value}")
    return rules.worst([rules.by_matrix(alert, scope), by_line])


def by_trend(trend: TrendState, scope: AlertScope) -> Severity:
    """How bad one stream's state is, by what the stream is about."""
    return BY_TREND[trend][scope]


def rule_name(trend: TrendState, scope: AlertScope) -> str:
    """What a decision by the matrix calls its rule."""
    return f"trend-{trend.value}-{scope.value}"


def find(sight: Sight) -> Finding:
    """Judge a stream's minutes and say how bad they are: by its state, its core fellows and its failures."""
    judged = activity.judge(sight.points, history=sight.history, kind=sight.kind, threshold=sight.threshold)
    if not sight.is_heard:
        return Finding(_S3, "trend-not-heard", sight.scope, TrendState.LEARNING, judged)
    state = harm(judged, sight)
    found = [Finding(by_trend(state, sight.scope), rule_name(state, sight.scope), sight.scope, state, judged)]
    if sight.core and state is TrendState.COLLAPSE and len(sight.collapsed_cores) >= CORES_GONE:
        found.append(Finding(_S0, "trend-cores-collapsed", _PLATFORM, state, judged))
    if state is not TrendState.LEARNING and fails_too_often(sight):
        found.append(Finding(_S1, "trend-failed-share", _MONEY, state, judged))
    return min(found, key=lambda one: one.severity.rank)


def harm(judged: Judgement, sight: Sight) -> TrendState:
    """What a judgement means for what the stream is about: a shift to the good side is none, nor a blip."""
    state = activity.counts_as(judged.state, sight.kind)
    if state is not TrendState.SHIFT:
        return state
    worse = -1 if sight.kind is StreamKind.ACTIVITY else 1
    return state if (judged.z_score or 0) * worse > 0 and _lasts(sight.points, worse) else TrendState.NORMAL


def fails_too_often(sight: Sight) -> bool:
    """Whether more than the handbook's share failed in each of the last five minutes, clear of chance."""
    failed = [point.value for point in sight.points[-activity.JUDGED :]]
    if sight.kind is not StreamKind.FAILURE or sight.scope is not _MONEY or len(failed) < activity.JUDGED:
        return False
    allowed = [MOST_FAILED * tried for tried in sight.tried]
    if len(allowed) < len(failed) or not all(f > a for f, a in zip(failed, allowed, strict=True)):
        return False
    return sum(failed) - sum(allowed) >= activity.CHANCE * sqrt(sum(allowed))


def is_heard(minute: datetime, resumed_at: datetime | None) -> bool:
    """Whether all minutes that are judged now came after the watch was resumed."""
    return resumed_at is None or minute - resumed_at >= activity.JUDGED * activity.MINUTE


def hold(held: Held, said: Severity, minute: datetime) -> Held:
    """Follow a stream by one minute: worse counts at once, better once it has lasted for ten.

    A stream that is back to nothing keeps since when it has been.
    """
    if said.rank < held.severity.rank or (said is held.severity and said is not _S3):
        return Held(said)
    since = held.inside_since or minute
    if said is held.severity:
        return Held(said, since)
    if minute - since < BACK_INSIDE - activity.MINUTE:
        return Held(held.severity, since)
    return Held(said, since if said is _S3 else None)


def _lasts(points: Sequence[Point], worse: int) -> bool:
    """Whether most of the last minutes stray to the bad side: one that was not reported makes no five."""
    strays = [worse * (point.value - (point.expected or 0)) / (point.spread or 1) for point in points]
    return sum(far >= ASTRAY for far in strays[-activity.JUDGED :]) > activity.JUDGED // 2
