"""What figures are made of: moments and counts of an incident, by the table that holds them.

Each fact is an aggregate over the rows of one incident. So it can be asked of one incident by itself, and of
thousands together, and is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnCollection,
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    Subquery,
    case,
    cast,
    extract,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import distinct_on

from app.incidents import loop_in, models, rules
from app.incidents.paging.queueing import PAGERDUTY
from app.incidents.words import ChecklistKey
from app.security.models import Person

Incidents = Select[tuple[int]]
Columns = ColumnCollection[str, ColumnElement[Any]]

_EVENT = models.IncidentEvent.__table__.c
_ITEM = models.ChecklistItem.__table__.c
_OBLIGATION = models.Obligation.__table__.c
_PAGE = models.Page.__table__.c
_PARTICIPANT = models.Participant.__table__.c
_PERSON = Person.__table__.c
_STEP = models.EscalationStep.__table__.c
_opened = models.Incident.__table__.alias("opened")

ACKNOWLEDGED = "acknowledged"
# Whoever acknowledges is engaged, and whoever accepts that they were called in.
ENGAGED = (ACKNOWLEDGED, "acknowledged_also", "policy_owner_acknowledged")
ESCALATED = "escalated"
PUBLIC_UPDATE = "first_public_update"


@dataclass(frozen=True, slots=True)
class Source:
    """Rows with an `incident_id`, and the facts that they add up to."""

    rows: Callable[[Incidents | None], Subquery]
    add_up: Callable[[Columns], Mapping[str, ColumnElement[Any]]]

    def of_each(self, chosen: Incidents) -> Subquery:
        """The facts of each of several incidents that has such rows."""
        rows = self.rows(chosen)
        facts = [fact.label(name) for name, fact in self.add_up(rows.c).items()]
        return select(rows.c.incident_id, *facts).group_by(rows.c.incident_id).subquery()

    def of(self, incident: ColumnElement[int]) -> dict[str, ScalarSelect[Any]]:
        """The facts of one incident, each as an expression."""
        rows = self.rows(None)
        return {
            name: select(fact).where(rows.c.incident_id == incident).scalar_subquery()
            for name, fact in self.add_up(rows.c).items()
        }


def _among(statement: Select[Any], incident: ColumnElement[int], chosen: Incidents | None) -> Select[Any]:
    return statement if chosen is None else statement.where(incident.in_(chosen))


def _answers(chosen: Incidents | None) -> Subquery:
    """What each person did first to answer, and how often they, or Opsbook itself, had the next paged."""
    answered = _EVENT.kind.in_(ENGAGED)
    by_hand = func.coalesce(_EVENT.payload["manual"].as_boolean(), False)
    escalated = _EVENT.kind == ESCALATED
    statement = (
        select(
            _EVENT.incident_id,
            func.min(_EVENT.occurred_at).filter(answered).label("at"),
            func.min(_EVENT.occurred_at).filter(_EVENT.kind == ACKNOWLEDGED).label("acknowledged_at"),
            func.count().filter(escalated, by_hand).label("by_hand"),
            func.count().filter(escalated, ~by_hand).label("by_timeout"),
        )
        .where(_EVENT.kind.in_(models.ANSWERS))
        .group_by(_EVENT.incident_id, _EVENT.actor)
    )
    return _among(statement, _EVENT.incident_id, chosen).subquery()


def _answered(rows: Columns) -> dict[str, ColumnElement[Any]]:
    at = rows["at"]
    return {
        "first_acknowledged_at": func.min(rows["acknowledged_at"]),
        "first_engaged_at": func.min(at),
        # PagerDuty: null unless there is more than one.
        "last_engaged_at": case((func.count(at) > 1, func.max(at))),
        "timeout_escalations": cast(func.sum(rows["by_timeout"]), Integer),
        "manual_escalations": cast(func.sum(rows["by_hand"]), Integer),
    }


def _pages(chosen: Incidents | None) -> Subquery:
    """What a provider took, and its hour where the person lives who first held the page's role."""
    holders = (
        select(_PARTICIPANT.incident_id, _PARTICIPANT.role, _PERSON.time_zone)
        .ext(distinct_on(_PARTICIPANT.incident_id, _PARTICIPANT.role))
        .where(_PERSON.id == _PARTICIPANT.person_id)
        .order_by(_PARTICIPANT.incident_id, _PARTICIPANT.role, _PARTICIPANT.assumed_at, _PARTICIPANT.id)
    )
    holder = _among(holders, _PARTICIPANT.incident_id, chosen).subquery()
    zone = func.coalesce(holder.c.time_zone, "UTC")
    statement = (
        select(
            _PAGE.incident_id,
            _PAGE.accepted_at,
            ((_PAGE.provider == PAGERDUTY) & _PAGE.carried_by.is_(None)).label("interrupts"),
            extract("hour", func.timezone(zone, _PAGE.accepted_at)).label("hour"),
        )
        .join_from(
            models.Page.__table__,
            holder,
            (holder.c.incident_id == _PAGE.incident_id) & (holder.c.role == _PAGE.role),
            isouter=True,
        )
        .where(_PAGE.accepted_at.is_not(None))
    )
    return _among(statement, _PAGE.incident_id, chosen).subquery()


def _paged(rows: Columns) -> dict[str, ColumnElement[Any]]:
    interrupts, hour = rows["interrupts"], rows["hour"]
    asleep = or_(hour >= rules.SLEEP_BEGINS, hour < rules.SLEEP_ENDS)
    return {
        "page_accepted_at": func.min(rows["accepted_at"]),
        "interruptions": cast(func.count().filter(interrupts), Integer),
        "sleep_interruptions": cast(func.count().filter(interrupts & asleep), Integer),
    }


def _timers(chosen: Incidents | None) -> Subquery:
    late = (_STEP.fired_at - _STEP.due_at).label("late")
    return _among(select(_STEP.incident_id, late), _STEP.incident_id, chosen).subquery()


def _obligations(chosen: Incidents | None) -> Subquery:
    statement = select(_OBLIGATION.incident_id, _OBLIGATION.kind, _OBLIGATION.met_at)
    return _among(statement, _OBLIGATION.incident_id, chosen).subquery()


def _owed(rows: Columns) -> dict[str, ColumnElement[Any]]:
    return {
        "policy_owner_at": func.min(rows["met_at"]).filter(rows["kind"] == loop_in.KIND),
        "public_update_at": func.min(rows["met_at"]).filter(rows["kind"] == PUBLIC_UPDATE),
    }


def _proofs(chosen: Incidents | None) -> Subquery:
    """When recovery was proven, of the opening that stands."""
    stands = (_opened.c.id == _ITEM.incident_id) & (_opened.c.generation == _ITEM.generation)
    statement = (
        select(_ITEM.incident_id, _ITEM.done_at)
        .join_from(models.ChecklistItem.__table__, _opened, stands)
        .where(_ITEM.key == ChecklistKey.REVENUE_PROOF)
    )
    return _among(statement, _ITEM.incident_id, chosen).subquery()


SOURCES = (
    Source(_answers, _answered),
    Source(_pages, _paged),
    Source(_timers, lambda rows: {"lateness": func.max(rows["late"])}),
    Source(_obligations, _owed),
    Source(_proofs, lambda rows: {"revenue_proof_at": func.max(rows["done_at"])}),
)
