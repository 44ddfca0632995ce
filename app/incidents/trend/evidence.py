"""What a decision saw of a trend line: gathered from the lines, kept as JSON, and judged again from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from app.activity import rules as activity
from app.activity import trends
from app.activity.trends import TrendLine
from app.activity.words import StreamKind, TrendState
from app.incidents.rules import Verdict
from app.incidents.trend import rules
from app.incidents.trend.rules import Finding, Sight
from app.incidents.words import AlertScope, Severity

# Opsbook's own stream is about incidents: one that it opened must not be the reason for the next.
OWN_STREAM = "incidents"
NOUNS = {
    AlertScope.PLATFORM: "the platform",
    AlertScope.MONETISATION: "monetisation",
    AlertScope.FEATURE: "a feature",
}


def sights(lines: Sequence[TrendLine]) -> Iterator[Sight]:
    """What there is to judge: the streams of which somebody has said what they are about."""
    cores = sorted(line.stream for line in lines if line.core and line.counts_as is TrendState.COLLAPSE)
    for line in lines:
        if line.scope is not None and line.stream != OWN_STREAM and line.points:
            yield Sight(
                line.stream,
                line.kind,
                AlertScope(line.scope.value),
                line.core,
                line.threshold,
                line.history,
                line.points[-activity.SLOPED :],
                cores if line.core else (),
                _tried(line, lines),
            )


def written(sight: Sight, found: Finding) -> dict[str, Any]:
    """Everything that the decision was taken on, and what came of it, as JSON."""
    judged = found.judgement
    kept: dict[str, Any] = msgspec.to_builtins(sight)
    return kept | {
        "rules_version": activity.TREND_RULES_VERSION,
        "state": judged.state.value,
        "counts_as": found.state.value,
        "severity": found.severity.value,
        "rule": found.rule,
        "about": found.about.value,
        "value": judged.value,
        "expected": judged.expected,
        "spread": judged.spread,
        "ratio": judged.ratio,
        "z_score": judged.z_score,
        "slope": judged.slope,
        "finding": said(sight, found),
    }


def read(kept: Mapping[str, Any]) -> Sight:
    """What `written` kept, as it was seen then."""
    return msgspec.convert(kept, Sight)


def verdict(kept: Mapping[str, Any]) -> Verdict:
    """The verdict of a trend line, from its evidence."""
    severity = Severity(kept["severity"])
    return Verdict(severity, kept["rule"], f"{severity} because {kept['finding']}")


def title(kept: Mapping[str, Any]) -> str:
    """What an incident is called that a trend line opens, as "Checkout is at 41 % of a usual Tuesday …"."""
    words = str(kept["finding"]).partition(" (")[0].replace("-", " ")
    return words[:1].upper() + words[1:]


def said(sight: Sight, found: Finding) -> str:
    """The finding as a sentence."""
    line = trends.finding(sight.stream, found.judgement, sight.points[-1].at)
    if found.rule == "trend-cores-collapsed":
        return f"{' and '.join(sight.collapsed_cores)} have collapsed ({line})"
    if found.rule == "trend-failed-share":
        failed = sum(point.value for point in sight.points[-activity.JUDGED :])
        share = f"{failed / (sum(sight.tried) or 1):.1%}".replace("%", " %")
        return (
            f"{share} of what is tried ends in {sight.stream} (at most {rules.MOST_FAILED:.0%} may: {line})"
        )
    return line


def _tried(line: TrendLine, lines: Sequence[TrendLine]) -> list[float]:
    """All that was tried on the streams about the same thing: what was done there, and what failed here."""
    if line.kind is not StreamKind.FAILURE:
        return []
    done = [one for one in lines if one.kind is StreamKind.ACTIVITY and one.scope is line.scope]
    together = [line, *done]
    return (
        [sum(one.points[at].value for one in together) for at in range(-activity.JUDGED, 0)]
        if all(len(one.points) >= activity.JUDGED for one in together)
        else []
    )
