"""Weigh an alert against its scope's trend line at that moment: the worse of the two is how bad it is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Text, any_, bindparam, case, cast, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from app import clock
from app.activity.words import TrendState
from app.incidents.models import Incident, TrendStanding
from app.incidents.rules import Verdict
from app.incidents.trend import evidence, rules
from app.incidents.words import AlertScope, Severity
from app.storage.unit_of_work import UnitOfWork

# An incident of a trend line that is off belongs to whoever raises an alarm about the same. Whether it is
# open is seen when it is locked: a join would tempt PostgreSQL to begin with all that are, 10,000 in a storm.
_spoken = TrendStanding.evidence["scope"].astext
_scopes = bindparam("scopes", type_=ARRAY(Text()))
HOMES = (
    select(TrendStanding.incident_id)
    .where(TrendStanding.held != Severity.S3, TrendStanding.incident_id.is_not(None))
    .where(or_(cast(TrendStanding.about, Text) == any_(_scopes), _spoken == any_(_scopes)))
)
_home = case((TrendStanding.held != Severity.S3, TrendStanding.incident_id))


@dataclass(frozen=True, slots=True)
class Lines:
    """How streams stand: for each scope the worst of them, and for each that is off its incident."""

    worst: Mapping[AlertScope | None, Mapping[str, Any]]
    homes: Sequence[tuple[AlertScope, str, int]]

    def of(self, scope: AlertScope | None) -> Mapping[str, Any] | None:
        """The worst of the streams about a scope."""
        return self.worst.get(scope)

    def home(
        self, scope: AlertScope | None, named: Collection[str], held: Mapping[int, Incident]
    ) -> Incident | None:
        """The incident, among those that are `held`, that a trend line has opened for the same fault.

        Of features there are many: an alert belongs to the one that is among what it `named`.
        """
        for about, stream, number in self.homes:
            is_meant = about is not AlertScope.FEATURE or stream.lower() in named
            if about is scope and is_meant and number in held:
                return held[number]
        return None


async def lines(work: UnitOfWork, scopes: Iterable[AlertScope | None]) -> Lines:
    """How the streams about some scopes stand, the worst first, read in one statement for all of them.

    The worker's last word is taken, which is a minute old: an alert does not wait for streams to be read.
    """
    asked = {scope for scope in scopes if scope}
    if not asked:
        return Lines({}, [])
    about = or_(TrendStanding.about.in_(asked), _spoken.in_([scope.value for scope in asked]))
    worst_first = (TrendStanding.severity, TrendStanding.state == TrendState.LEARNING, TrendStanding.stream)
    rows = await work.session.execute(
        select(TrendStanding.about, _spoken, TrendStanding.evidence, TrendStanding.stream, _home)
        .where(about, TrendStanding.minute >= clock.now() - rules.FRESH)
        .order_by(*worst_first)
    )
    worst: dict[AlertScope | None, Mapping[str, Any]] = {}
    homes: list[tuple[AlertScope, str, int]] = []
    for scope, other, line, stream, number in rows:
        for one in dict.fromkeys((scope, AlertScope(other or scope))):
            worst.setdefault(one, line)
            homes += [(one, stream, number)] if number else []
    return Lines(worst, homes)


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
