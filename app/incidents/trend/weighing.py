"""Weigh an alert against its scope's trend line at that moment: the worse of the two is how bad it is."""

from __future__ import annotations

from collections.abc import Mapping
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


async def weigh(
    work: UnitOfWork, said: Verdict, kept: dict[str, Any], scope: AlertScope | None
) -> tuple[Verdict, dict[str, Any]]:
    """Add how the streams about an alert's scope stand to its verdict and to the evidence of that.

    The worker's last word is taken, which is a minute old: an alert does not wait for streams to be read.
    """
    line = await _worst(work, scope) if scope else None
    return (said, kept) if line is None else (joined(said, line), kept | {"trend": line})


def joined(said: Verdict, line: Mapping[str, Any]) -> Verdict:
    """The worse of an alert's verdict and a trend line's; where both alarm, the reason names both."""
    by_line = evidence.verdict(line)
    if by_line.severity is Severity.S3:
        return said
    if by_line.severity.rank < said.severity.rank:
        return by_line
    return replace(said, reason=f"{said.reason}, and {line['finding']}")


async def _worst(work: UnitOfWork, scope: AlertScope) -> dict[str, Any] | None:
    about = or_(TrendStanding.about == scope, TrendStanding.evidence["scope"].astext == scope.value)
    worst_first = (TrendStanding.severity, TrendStanding.state == TrendState.LEARNING, TrendStanding.stream)
    found: dict[str, Any] | None = await work.session.scalar(
        select(TrendStanding.evidence)
        .where(about, TrendStanding.minute >= clock.now() - rules.FRESH)
        .order_by(*worst_first)
        .limit(1)
    )
    return found
