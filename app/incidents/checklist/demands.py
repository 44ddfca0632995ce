"""What each step of the checklist demands, as conditions on an item's row: one definition for the gate, the
pages and the API.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Text, and_, case, cast, func, literal, not_, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, array

from app.incidents import rules
from app.incidents.models import ChecklistItem, ChecklistWaiver, Followup, Incident, IncidentEvent
from app.incidents.words import ChecklistKey, Severity

ITEM = ChecklistItem.__table__.c
EVENT = IncidentEvent.__table__.alias("entry")
FILED = Followup.__table__.alias("filed")
OWNER = Incident.__table__.alias("owner")
WAIVER = ChecklistWaiver.__table__.alias("signature")

TITLES = {
    ChecklistKey.TIMELINE: "Capture the timeline",
    ChecklistKey.REVENUE_PROOF: "Attach saved revenue views that prove recovery",
    ChecklistKey.RETROSPECTIVE: "File the retrospective in Operations",
    ChecklistKey.PLAYBOOKS: "Update the playbooks",
}
TITLE = case({key.value: title for key, title in TITLES.items()}, value=cast(ITEM.key, Text()))

IS_DONE = ITEM.done_at.is_not(None)
IS_WAIVED = select(func.count()).where(WAIVER.c.item_id == ITEM.id).scalar_subquery() >= len(
    rules.WAIVER_ROLES
)
# What the severity asks for; the database's own gate says the same (migration `keep_checklist`).
IS_OWED = (
    select(OWNER.c.id)
    .where(
        OWNER.c.id == ITEM.incident_id,
        or_(*(and_(OWNER.c.severity == one, ITEM.key.in_(rules.checklist_of(one))) for one in Severity)),
    )
    .exists()
)


@dataclass(frozen=True, slots=True)
class Demand:
    """One thing that an item needs, and what to say while it is missing."""

    key: ChecklistKey
    is_met: ColumnElement[bool]
    missing: str


def _written(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(EVENT.c.id).where(EVENT.c.incident_id == ITEM.incident_id, *conditions).exists()


def _filed(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(FILED.c.id).where(FILED.c.incident_id == ITEM.incident_id, *conditions).exists()


_IS_SEVERE = (
    select(OWNER.c.id)
    .where(OWNER.c.id == ITEM.incident_id, OWNER.c.severity.in_([Severity.S0, Severity.S1]))
    .exists()
)

# Of the timeline, what can be checked of it, before somebody reads it.
CAPTURED = (
    Demand(
        ChecklistKey.TIMELINE,
        and_(_written(EVENT.c.kind == "triggered"), _written(EVENT.c.kind == "resolved")),
        "The timeline lacks the beginning or the end.",
    ),
    Demand(
        ChecklistKey.TIMELINE,
        _written(EVENT.c.actor.startswith("person:"), EVENT.c.kind != "resolved"),
        "Nobody has written down what was done. Post an update.",
    ),
    Demand(
        ChecklistKey.TIMELINE,
        or_(not_(_IS_SEVERE), _written(EVENT.c.kind == "policy_owner_looped_in")),
        "The timeline does not show that Trust & Safety was looped in.",
    ),
)
DEMANDS = (
    *CAPTURED,
    Demand(ChecklistKey.TIMELINE, IS_DONE, "Somebody has to read the timeline and sign that it is complete."),
    Demand(
        ChecklistKey.REVENUE_PROOF,
        IS_DONE,
        "No snapshot of a saved view is attached that was taken at least 30 minutes after the end,"
        " with a success rate of at least 98 % and gross within 5 % of the week before.",
    ),
    Demand(
        ChecklistKey.RETROSPECTIVE,
        _filed(FILED.c.external_url.is_not(None)),
        "The retrospective's issue is not filed.",
    ),
    Demand(
        ChecklistKey.RETROSPECTIVE,
        or_(not_(_filed(FILED.c.external_url.is_not(None))), _filed(FILED.c.in_project)),
        "The issue is not in the project Operations.",
    ),
    Demand(
        ChecklistKey.PLAYBOOKS,
        IS_DONE,
        "No change of a playbook is linked, and nobody has signed that none is needed.",
    ),
)


def _while_missing(demand: Demand) -> ColumnElement[str | None]:
    unmet = and_(ITEM.key == demand.key, not_(IS_DONE), not_(demand.is_met))
    return case((unmet, literal(demand.missing, Text())), else_=None)


def missing(demands: tuple[Demand, ...] = DEMANDS) -> ColumnElement[list[str]]:
    """The words for what an item lacks, as an expression on its row."""
    return func.array_remove(array([_while_missing(one) for one in demands]), None, type_=ARRAY(Text()))
