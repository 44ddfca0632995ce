"""Weigh an alert against its scope's trend line at that moment: the worse of the two is how bad it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import or_, select

from app import clock
from app.activity.words import TrendState
from app.incidents.models import TrendStanding
from app.incidents.rules import Verdict
from app.incidents.trend import evidence, rules
from app.incidents.words import AlertScope, Severity
from app.storage.unit_of_work import UnitOfWork


async def lines(
    work: UnitOfWork, scopes: Iterable[AlertScope | None]
) -> Mapping[AlertScope | None, Mapping[str, Any]]:
    """How the worst of the streams about each scope stands, read in one statement for all of them.

    The worker's last word is taken, which is a minute old: an alert does not wait for streams to be read.
    """
    asked = {scope for scope in scopes if scope}
    if not asked:
        return {}
    spoken = TrendStanding.evidence["scope"].astext
    about = or_(TrendStanding.about.in_(asked), spoken.in_([scope.value for scope in asked]))
    worst_first = (TrendStanding.severity, TrendStanding.state == TrendState.LEARNING, TrendStanding.stream)
    rows = await work.session.execute(
        select(TrendStanding.about, spoken, TrendStanding.evidence)
        .where(about, TrendStanding.minute >= clock.now() - rules.FRESH)
        .order_by(*worst_first)
    )
    found: dict[AlertScope | None, Mapping[str, Any]] = {}
    for scope, other, line in rows:
        found.setdefault(scope, line)
        if other:
            found.setdefault(AlertScope(other), line)
    return found


def weigh(
    said: Verdict, kept: dict[str, Any], line: Mapping[str, Any] | None
) -> tuple[Verdict, dict[str, Any]]:
    """Add how the line of an alert's scope stands to its verdict and to the evidence of that."""
    return (said, kept) if line is None else (joined(said, line), kept | {"trend": line})


def joined(said: Verdict, line: Mapping[str, Any]) -> Verdict:
    """The worse of an alert's verdict and a trend line's; where both alarm, the reason names both."""
    by_line = evidence.verdict(line)
    if by_line.severity is Severity.S3:
        return said
    if by_line.severity.rank < said.severity.rank:
        return by_line
    return replace(said, reason=f"{said.reason}, and {line['finding']}")
