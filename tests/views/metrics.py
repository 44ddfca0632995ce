"""The contexts of the page of figures over time, as its handler makes them of GraphQL's answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.views.samples import START, frame
from views.incidents.metrics import PERIODS, PRESETS, Asked, context_of

WEEK = timedelta(days=7)


def spread(count: int, median: float | None) -> dict[str, Any]:
    """Some durations."""
    far = None if median is None else median * 2
    return {"count": count, "mean": median, "median": median, "p90": far}


def figures(incidents: int = 0) -> dict[str, Any]:
    """What so many incidents come to."""
    return {
        "incidents": incidents,
        "secondsToFirstAck": spread(incidents, 90.0 if incidents else None),
        "secondsToResolve": spread(incidents, 2400.0 if incidents else None),
        "escalationLatenessSeconds": 0.25 if incidents else None,
        "timeoutEscalationCount": incidents // 2,
        "manualEscalationCount": incidents // 4,
        "totalInterruptions": incidents * 2,
        "sleepHourInterruptions": incidents,
    }


def group(now: int, before: int, week: int = 0, weeks: int = 13, **common: Any) -> dict[str, Any]:
    """A row, from one week of the window on."""
    begins = START + (week - 13) * WEEK
    times = {"begins": begins.isoformat(), "ends": (begins + weeks * WEEK).isoformat()}
    return {**times, **common, "now": figures(now), "before": figures(before)}


WINDOW: dict[str, Any] = {
    "triggeredAfter": group(0, 0)["begins"],
    "triggeredBefore": group(0, 0)["ends"],
    "every": "WEEK",
    "whole": group(42, 36),
    "bySeverity": [group(2, 1, severity="S0"), group(40, 35, severity="S2")],
    "bySource": [group(30, 36, source="prometheus"), group(12, 0, source=None)],
    "periods": [group(week % 5, week % 3, week, 1) for week in range(13)],
}


def page(asked: Asked, found: dict[str, Any] | None, errors: list[dict[str, str]]) -> dict[str, Any]:
    """What the page is rendered with."""
    answer = {"incidentMetrics": found}
    made = {"asked": asked, "errors": errors, "presets": PRESETS, "periods": PERIODS}
    sources = [{"name": "prometheus"}]
    return {
        "frame": frame(section="metrics"),
        "sources": sources,
        **made,
        **context_of(frame(), answer, asked),
    }


DATES = Asked(begins=START.date() - 13 * WEEK, ends=START.date(), severity="S2", source="prometheus")
WRONG = [{"field": "from", "message": "The window must end after it begins, within two years."}]
METRICS: dict[str, tuple[str, dict[str, Any]]] = {
    "metrics": ("incidents/metrics.html", page(Asked(), WINDOW, [])),
    "metrics-dates": ("incidents/metrics.html", page(DATES, WINDOW, [])),
    "metrics-wrong": ("incidents/metrics.html", page(DATES, None, WRONG)),
}
