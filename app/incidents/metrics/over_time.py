"""Figures over time: a window beside the one before it, whole, by severity, by source and by period.

One statement adds up all of it. What belongs to the window before is placed where it would be if it had
happened one window later, so that each period is compared with one of the same length.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    FromClause,
    Integer,
    Interval,
    Select,
    String,
    case,
    cast,
    func,
    literal,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects.postgresql import array

from app.incidents.metrics.facts import SOURCES
from app.incidents.metrics.figures import INCIDENT, figures
from app.incidents.metrics.windows import Period, Window
from app.incidents.models import AlertSource, Incident
from app.storage.unit_of_work import UnitOfWork

SPREAD = ("seconds_to_first_ack", "seconds_to_resolve")
ADDED_UP = (
    "timeout_escalation_count",
    "manual_escalation_count",
    "total_interruptions",
    "sleep_hour_interruptions",
)
# A plan for any window reads each incident's rows by themselves; one for this window, all of them at once.
PLAN_ANEW = text("set local plan_cache_mode = force_custom_plan")
# What grouping() answers: the bits of those of `severity`, `source` and `period` that a row is not about.
WHOLE, BY_SEVERITY, BY_SOURCE, BY_PERIOD = 7, 3, 5, 6


@dataclass(frozen=True, slots=True)
class Spread:
    """Some durations in seconds: how many there are, their mean, their median, and what nine in ten keep."""

    count: int = 0
    mean: float | None = None
    median: float | None = None
    p90: float | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """What several incidents come to."""

    incidents: int = 0
    seconds_to_first_ack: Spread = Spread()
    seconds_to_resolve: Spread = Spread()
    escalation_lateness_seconds: float | None = None
    timeout_escalation_count: int = 0
    manual_escalation_count: int = 0
    total_interruptions: int = 0
    sleep_hour_interruptions: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Figures of what has something in common, beside those of the window before."""

    now: Figures = Figures()
    before: Figures = Figures()


@dataclass(frozen=True, slots=True)
class OverTime:
    """A window's figures. `by_source` has those that somebody declared under None."""

    window: Window
    whole: Group
    by_severity: dict[str, Group]
    by_source: dict[str | None, Group]
    by_period: Sequence[tuple[Period, Group]]


async def read(work: UnitOfWork, window: Window) -> OverTime:
    """Add up a window and the one before it."""
    await work.session.execute(PLAN_ANEW)
    found: dict[int, dict[Any, Group]] = {WHOLE: {}, BY_SEVERITY: {}, BY_SOURCE: {}, BY_PERIOD: {}}
    for row in (await work.session.execute(_statement(window))).mappings():
        key = next((row[name] for name in ("severity", "source", "period") if row[name] is not None), None)
        groups, side = found[row["about"]], "before" if row["is_before"] else "now"
        groups[key] = replace(groups.get(key, Group()), **{side: _figures(row)})
    periods = [(one, found[BY_PERIOD].get(one.day, Group())) for one in window.periods()]
    return OverTime(
        window=window,
        whole=found[WHOLE].get(None, Group()),
        by_severity=dict(sorted(found[BY_SEVERITY].items())),
        by_source=dict(sorted(found[BY_SOURCE].items(), key=lambda one: (one[0] is None, one[0] or ""))),
        by_period=periods,
    )


def _statement(window: Window) -> Select[Any]:
    each = _each(window)
    severity, source, period = each.c.severity, each.c.source, each.c.period
    about = func.grouping(severity, source, period, type_=Integer)
    sets = [tuple_(each.c.is_before, *by) for by in ((), (severity,), (source,), (period,))]
    return select(each.c.is_before, severity, source, period, about.label("about"), *_sums(each)).group_by(
        func.grouping_sets(*sets)
    )


def _each(window: Window) -> CTE:
    """Every incident of both windows with its figures."""
    kin = Incident.__table__.alias("kin")
    chosen = select(kin.c.id).where(*_within(window, kin))
    joined: FromClause = Incident.__table__.outerjoin(
        AlertSource.__table__, AlertSource.id == Incident.source_id
    )
    facts: dict[str, ColumnElement[Any]] = {}
    for one in SOURCES:
        found = one.of_each(chosen)
        joined = joined.outerjoin(found, found.c.incident_id == INCIDENT.id)
        facts |= {name: column for name, column in found.c.items() if name != "incident_id"}
    is_before = (INCIDENT.triggered_at < window.begins).label("is_before")
    labelled = [one.label(name) for name, one in figures(facts).items()]
    common = [INCIDENT.severity, AlertSource.name.label("source"), _period(window), is_before]
    return select(*common, *labelled).select_from(joined).where(*_within(window, Incident.__table__)).cte()


def _within(window: Window, incident: FromClause) -> Iterable[ColumnElement[bool]]:
    yield incident.c.triggered_at >= window.begins - window.length
    yield incident.c.triggered_at < window.ends
    if window.severities:
        yield incident.c.severity.in_(window.severities)
    if window.source is not None:
        named = select(AlertSource.id).where(AlertSource.name == window.source).scalar_subquery()
        yield incident.c.source_id == named


def _period(window: Window) -> ColumnElement[Any]:
    """The first local day of the period that an incident is counted in."""
    later = INCIDENT.triggered_at + cast(window.length, Interval)
    at = case((INCIDENT.triggered_at < window.begins, later), else_=INCIDENT.triggered_at)
    local = func.timezone(literal(window.zone.key, String), at)
    return cast(func.date_trunc(window.every.value, local), Date).label("period")


def _sums(each: CTE) -> Iterable[ColumnElement[Any]]:
    yield func.count().label("incidents")
    for name in SPREAD:
        value = each.c[name]
        yield func.count(value).label(f"{name}_count")
        yield func.avg(value).label(f"{name}_mean")
        yield func.percentile_cont(array([0.5, 0.9])).within_group(value).label(f"{name}_shares")
    yield func.max(each.c.escalation_lateness_seconds).label("escalation_lateness_seconds")
    for name in ADDED_UP:
        yield func.sum(each.c[name]).label(name)


def _figures(row: Any) -> Figures:
    made: dict[str, Any] = {name: int(row[name]) for name in ADDED_UP}
    for name in SPREAD:
        median, p90 = row[f"{name}_shares"] or (None, None)
        made[name] = Spread(row[f"{name}_count"], row[f"{name}_mean"], median, p90)
    return Figures(
        incidents=row["incidents"],
        escalation_lateness_seconds=row["escalation_lateness_seconds"],
        **made,
    )
