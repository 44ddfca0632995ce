"""How incidents are looked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import strawberry
from sqlalchemy import ARRAY, BigInteger, DateTime, Text, any_, func, or_, select

from api.incidents.parts import SOURCE
from api.incidents.types import INCIDENT
from api.plan import Arguments
from api.plan.declare import Condition
from api.words import IncidentStatus, Severity

OPEN = ("triggered", "acknowledged", "mitigated")


@strawberry.input(
    description="Which incidents. What is absent restricts nothing; everything given must hold."
)
class IncidentFilter:
    """Restrictions on a list of incidents."""

    status: list[IncidentStatus] | None = strawberry.field(
        default=None, description="In one of these states."
    )
    severity: list[Severity] | None = strawberry.field(
        default=None, description="Of one of these severities."
    )
    open: bool | None = strawberry.field(
        default=None, description="True: triggered, acknowledged or mitigated. False: all others."
    )
    text: str | None = strawberry.field(
        default=None, description="The title contains this, in any case, or it is the name, such as OPS-12."
    )
    source: str | None = strawberry.field(
        default=None, description="Opened by the alert source of this name."
    )
    declared: bool | None = strawberry.field(
        default=None, description="True: declared by somebody. False: opened by an alert source."
    )
    triggered_after: datetime | None = strawberry.field(default=None, description="Began then or later.")
    triggered_before: datetime | None = strawberry.field(default=None, description="Began earlier.")


def matching(arguments: Arguments) -> Iterator[Condition]:
    """The conditions of an IncidentFilter."""
    wanted = arguments.part("filter")
    if wanted.has("status"):
        yield INCIDENT.status == any_(wanted.hole("status", ARRAY(Text())))
    if wanted.has("severity"):
        yield INCIDENT.severity == any_(wanted.hole("severity", ARRAY(Text())))
    if wanted.has("open"):
        yield INCIDENT.status.in_(OPEN) if wanted.says("open") else INCIDENT.status.not_in(OPEN)
    if wanted.has("text"):
        # In a statement of its own, so that a long text is lowered once and not for every row.
        text = select(func.lower(wanted.hole("text", Text()), type_=Text())).scalar_subquery()
        is_named = text == func.concat("ops-", INCIDENT.id)
        yield or_(func.strpos(func.lower(INCIDENT.title), text) > 0, is_named)
    yield from _opened_by(wanted)
    yield from _begun(wanted)


def _opened_by(wanted: Arguments) -> Iterator[Condition]:
    if wanted.has("source"):
        named = select(SOURCE.id).where(SOURCE.name == wanted.hole("source", Text()))
        yield INCIDENT.source_id == named.scalar_subquery()
    if wanted.has("declared"):
        yield INCIDENT.source_id.is_(None) if wanted.says("declared") else INCIDENT.source_id.is_not(None)


def _begun(wanted: Arguments) -> Iterator[Condition]:
    if wanted.has("triggeredAfter"):
        yield INCIDENT.triggered_at >= wanted.hole("triggeredAfter", DateTime(timezone=True))
    if wanted.has("triggeredBefore"):
        yield INCIDENT.triggered_at < wanted.hole("triggeredBefore", DateTime(timezone=True))


def numbered(arguments: Arguments) -> Iterator[Condition]:
    """The incident of a number."""
    yield INCIDENT.id == arguments.hole("number", BigInteger())
