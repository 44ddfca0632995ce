"""What is owed after an incident: the checklist with its evidence, and the report."""

from __future__ import annotations

from datetime import datetime

import msgspec
import strawberry
from sqlalchemy import Text, cast

from api import plan, viewer
from api.calls import Call
from api.people import PERSON, Person
from api.plan import column
from api.scalars import JSON
from app.errors import NotFound
from app.incidents import models, report
from app.incidents.checklist import demands

ITEM = demands.ITEM
WAIVER = models.ChecklistWaiver.__table__.c
FOLLOWUP = models.Followup.__table__.c

sees = viewer.SEES_INCIDENTS


@plan.table_type(
    models.ChecklistWaiver.__table__,
    sees=sees,
    description="A signature under leaving a step out. It takes a commander's and the policy owner's.",
)
class ChecklistWaiver:
    """One of two signatures."""

    person: Person = plan.one(PERSON.id == WAIVER.person_id, "Who signed.")
    role: str = column(cast(WAIVER.role, Text), "As what: `commander` or `policy_owner`.")
    reason: str = column(WAIVER.reason, "Why the step may be left out.")
    signed_at: datetime = column(WAIVER.signed_at, "When.")


@plan.table_type(
    models.ChecklistItem.__table__,
    sees=sees,
    description="A step of the post-incident checklist. It is done when it has its evidence.",
)
class ChecklistItem:
    """A step."""

    key: str = column(
        cast(ITEM.key, Text), "Which: `timeline`, `revenue_proof`, `retrospective` or `playbooks`."
    )
    title: str = column(demands.TITLE, "The step in the handbook's words.")
    done: bool = column(demands.IS_DONE, "Whether its evidence is there.")
    missing: list[str] = column(demands.missing(), "What it lacks, in sentences; empty when it is done.")
    done_by: str | None = column(ITEM.done_by, "Who completed it.")
    done_at: datetime | None = column(ITEM.done_at, "When it was completed.")
    evidence: JSON = column(ITEM.evidence, "What proves it, as values.")
    evidence_url: str | None = column(ITEM.evidence_url, "Where what proves it can be read.")
    waived: bool = column(demands.IS_WAIVED, "Whether both have signed that it may be left out.")
    waivers: list[ChecklistWaiver] = plan.many(
        WAIVER.item_id == ITEM.id,
        "Who has signed that it may be left out. Signatures stay.",
        order=[WAIVER.id],
        size=2,
    )


@plan.table_type(
    models.Followup.__table__,
    sees=sees,
    description="The retrospective's issue in the project Operations.",
)
class Retrospective:
    """The issue."""

    requested_at: datetime = column(FOLLOWUP.requested_at, "When it was asked for.")
    requested_by: str = column(FOLLOWUP.requested_by, "Who asked for it.")
    url: str | None = column(FOLLOWUP.external_url, "Where it is; null until it is filed.")
    state: str | None = column(FOLLOWUP.external_state, "Its state there, such as `open`, when last read.")
    in_project: bool = column(FOLLOWUP.in_project, "Whether it was seen in the project Operations.")
    read_at: datetime | None = column(FOLLOWUP.read_at, "When it was last read back.")
    attempts: int = column(FOLLOWUP.attempts, "How often filing it was tried.")
    last_error: str | None = column(FOLLOWUP.last_error, "Why the last attempt failed.")


@strawberry.type(description="Everything that is known of one incident, as it stood at one moment.")
class IncidentReport:
    """A report."""

    markdown: str = strawberry.field(description="The report for people, as Markdown.")
    document: JSON = strawberry.field(description="The report for programs: the same content as values.")


async def report_of(info: strawberry.Info[Call], number: int) -> IncidentReport | None:
    """Gather a report for a viewer who may see incidents; None when there is none for them."""
    call = info.context
    if not viewer.may_see_incidents(call.context.actor):
        return None
    try:
        async with call.context.database.unit_of_work() as work:
            found = await report.gather(work, number)
    except NotFound:
        return None
    url = f"{call.base_url.rstrip('/')}/incidents/{number}"
    return IncidentReport(
        markdown=report.written(found, url=url), document=JSON(msgspec.to_builtins(found) | {"url": url})
    )
