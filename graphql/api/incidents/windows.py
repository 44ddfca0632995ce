"""How quickly incidents are answered over time: a window beside the one before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import strawberry

from api import plan, viewer
from api.calls import Call
from api.words import MetricsPeriod, Severity
from app.incidents import metrics

AFTER = strawberry.argument(
    description="Incidents that began then or later; 90 days before the end if absent."
)
BEFORE = strawberry.argument(description="Incidents that began earlier; now if absent.")
EVERY = strawberry.argument(description="How the window is cut; by its length if absent.")
ZONE = strawberry.argument(description="Whose days, weeks and months, as in `Europe/Berlin`.")
SEVERITY = strawberry.argument(description="Of one of these severities; all if absent.")
SOURCE = strawberry.argument(
    description="Of the alert source of this name; of all, and declared ones, if absent."
)


@strawberry.type(description="Several durations, in seconds.")
class MetricsSpread:
    """What they come to."""

    count: int = strawberry.field(description="How many there are; all else is null without any.")
    mean: float | None = strawberry.field(description="The mean: MTTA or MTTR.")
    median: float | None = strawberry.field(description="What half of them keep.")
    p90: float | None = strawberry.field(description="What nine in ten keep.")


@strawberry.type(description="What several incidents come to.")
class MetricsFigures:
    """Figures."""

    incidents: int = strawberry.field(
        description="How many began. One that was none, or goes on in another, counts and has no end."
    )
    seconds_to_first_ack: MetricsSpread = strawberry.field(description="Until each was first acknowledged.")
    seconds_to_resolve: MetricsSpread = strawberry.field(description="Until each was resolved, for good.")
    escalation_lateness_seconds: float | None = strawberry.field(
        description="How late the latest timer of all fired; null when none did."
    )
    timeout_escalation_count: int = strawberry.field(
        description="How often nobody answered in time and the next was paged."
    )
    manual_escalation_count: int = strawberry.field(
        description="How often somebody did not wait and had the next paged."
    )
    total_interruptions: int = strawberry.field(description="How many pages were sent to people.")
    sleep_hour_interruptions: int = strawberry.field(
        description="How many of these came from 22:00 to 08:00 where the paged person lives."
    )


@strawberry.type(description="Incidents that have something in common, in a window and in the one before it.")
class MetricsGroup:
    """A row."""

    severity: Severity | None = strawberry.field(
        default=None, description="Their severity, where they are told apart by it."
    )
    source: str | None = strawberry.field(
        default=None, description="Their alert source; null also of what somebody declared."
    )
    begins: datetime = strawberry.field(description="When their time begins: the window's, or a part of it.")
    ends: datetime = strawberry.field(description="When it ends.")
    now: MetricsFigures = strawberry.field(description="In this window.")
    before: MetricsFigures = strawberry.field(description="As much earlier as the window is long.")


@strawberry.type(
    description="The incidents that began in a window, and what they come to. The window before is as long,"
    " and ends where this one begins."
)
class MetricsWindow:
    """A window."""

    triggered_after: datetime = strawberry.field(description="When it begins.")
    triggered_before: datetime = strawberry.field(description="When it ends.")
    every: MetricsPeriod = strawberry.field(description="How it is cut into `periods`.")
    whole: MetricsGroup = strawberry.field(description="All of them.")
    severities: strawberry.Private[list[MetricsGroup]]
    sources: strawberry.Private[list[MetricsGroup]]
    parts: strawberry.Private[list[MetricsGroup]]

    @plan.computed("By severity, the worst first.", size=4)
    def by_severity(self) -> list[MetricsGroup]:
        """A group for each that has incidents."""
        return self.severities

    @plan.computed("By alert source, those that somebody declared last.", size=20)
    def by_source(self) -> list[MetricsGroup]:
        """A group for each that has incidents."""
        return self.sources

    @plan.computed("By day, week or month, the oldest first.", size=50)
    def periods(self) -> list[MetricsGroup]:
        """A group for each, also without incidents."""
        return self.parts


async def read_metrics(
    info: strawberry.Info[Call],
    *,
    severity: Sequence[Severity] | None,
    **asked: Any,
) -> MetricsWindow | None:
    """Add up for a viewer who may see incidents; None for others.

    Raises: InvalidInput.
    """
    context = info.context.context
    if not viewer.may_see_incidents(context.actor):
        return None
    async with context.database.unit_of_work() as work:
        window = metrics.window(await work.now(), severities=severity or (), **asked)
        return _window(await metrics.read(work, window))


def _window(found: metrics.OverTime) -> MetricsWindow:
    window = found.window
    time = {"begins": window.begins, "ends": window.ends}
    return MetricsWindow(
        triggered_after=window.begins,
        triggered_before=window.ends,
        every=window.every,
        whole=_group(found.whole, **time),
        severities=[
            _group(group, **time, severity=Severity(name)) for name, group in found.by_severity.items()
        ],
        sources=[_group(group, **time, source=name) for name, group in found.by_source.items()],
        parts=[_group(group, begins=one.begins, ends=one.ends) for one, group in found.by_period],
    )


def _group(group: metrics.Group, **common: Any) -> MetricsGroup:
    return MetricsGroup(**common, now=_figures(group.now), before=_figures(group.before))


def _figures(found: metrics.Figures) -> MetricsFigures:
    values = {one.name: getattr(found, one.name) for one in fields(found)}
    spread = {name: _spread(value) for name, value in values.items() if isinstance(value, metrics.Spread)}
    return MetricsFigures(**values | spread)


def _spread(found: metrics.Spread) -> MetricsSpread:
    return MetricsSpread(count=found.count, mean=found.mean, median=found.median, p90=found.p90)
