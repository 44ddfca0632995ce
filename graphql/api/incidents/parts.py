"""What belongs to one incident: its timeline, people, pages, timers and figures."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlalchemy import Integer, Interval, Text, case, cast, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from api import plan, viewer
from api.incidents.on_call import ON_CALL, ON_CALL_UNTIL
from api.node import Node
from api.people import PERSON, Person
from api.plan import column
from api.plan.declare import StandIn
from api.scalars import JSON
from api.words import IncidentRole, PageStatus, PageTrouble
from app.incidents import models, rules
from app.incidents.words import Signal

if TYPE_CHECKING:
    from api.incidents.types import Incident

INCIDENT = models.Incident.__table__.c
EVENT = models.IncidentEvent.__table__.c
PARTICIPANT = models.Participant.__table__.c
OBLIGATION = models.Obligation.__table__.c
WAIVER = models.ObligationWaiver.__table__.c
ALERT = models.Alert.__table__.c
SOURCE = models.AlertSource.__table__.c
STEP = models.EscalationStep.__table__.c
PAGE = models.Page.__table__.c
CARRIED = models.Page.__table__.alias("carried").c
IN_TROUBLE = PAGE.trouble.is_not(None) & (PAGE.wanted == Signal.TRIGGER)

# make_interval counts years, months, weeks, days and hours before the minutes.
UNTIL_ADMINISTRATORS = func.make_interval(
    0,
    0,
    0,
    0,
    0,
    cast((STEP.repeats - STEP.repeat + 1) * (rules.REPEAT_EVERY // timedelta(minutes=1)), Integer),
    type_=Interval(),
)
sees = viewer.SEES_INCIDENTS


@plan.table_type(
    models.IncidentEvent.__table__,
    sees=sees,
    node="event",
    description="One entry of an incident's timeline.",
)
class TimelineEvent(Node):
    """A timeline entry."""

    seq: int = column(EVENT.seq, "Counts the incident's entries from 1, without a gap.")
    kind: str = column(EVENT.kind, "What happened, such as `acknowledged`.")
    actor: str = column(EVENT.actor_name, "Who did it, by name.")
    actor_reference: str = column(EVENT.actor, "Who did it, as a stable reference such as `person:3`.")
    occurred_at: datetime = column(EVENT.occurred_at, "When it happened.")
    recorded_at: datetime = column(EVENT.recorded_at, "When Opsbook wrote it down.")
    text: str = column(EVENT.text, "The same as a sentence.")
    data: JSON = column(EVENT.payload, "The same as values.")
    hash: str = column(func.encode(EVENT.hash, "hex"), "SHA-256 over the hash before it and this entry.")


TEAM = StandIn(
    where=PARTICIPANT.person_id.is_(None),
    row=select(
        literal(0).label("id"),
        literal("Trust & Safety").label("name"),
        literal("").label("email"),
        func.string_to_array("policy_owner", ",", type_=ARRAY(Text)).label("roles"),
        cast(None, Text).label("time_zone"),
        cast(None, Text).label("slack_id"),
        cast(None, PERSON.deactivated_at.type).label("deactivated_at"),
        cast(None, PERSON.second_factor_since.type).label("second_factor_since"),
    ),
)


@plan.table_type(
    models.Participant.__table__,
    sees=sees,
    description="Somebody's part in an incident, from one moment to another.",
)
class Participant:
    """Who does what."""

    person: Person = plan.one(
        PERSON.id == PARTICIPANT.person_id,
        "Who. A team that was looped in by its role stands as one person without an address.",
        otherwise=TEAM,
    )
    role: IncidentRole = column(PARTICIPANT.role, "As what.")
    assumed_at: datetime = column(PARTICIPANT.assumed_at, "Since when.")
    renounced_at: datetime | None = column(PARTICIPANT.renounced_at, "Until when; null is still.")


@plan.table_type(
    models.EscalationStep.__table__,
    sees=sees,
    description="A timer: page a role unless somebody acknowledges first.",
)
class EscalationStep:
    """One rung of the ladder."""

    step: int = column(STEP.step, "Which rung, from 1.")
    generation: int = column(STEP.generation, "Since which opening of the incident, from 1.")
    role: IncidentRole = column(STEP.role, "Who is paged.")
    person: Person | None = plan.one(
        PERSON.id == STEP.person_id, "The person whom the policy names instead of whoever is on call."
    )
    repeat: int = column(STEP.repeat, "How often the commander was paged before without an answer; else 0.")
    repeats: int | None = column(
        STEP.repeats, "How often the commander is paged again in all; null while others are to come."
    )
    administrators_at: datetime | None = column(
        STEP.due_at + UNTIL_ADMINISTRATORS,
        "When every administrator is paged if nobody answers; null while others are to come.",
    )
    due_at: datetime = column(STEP.due_at, "When, at the earliest.")
    fired_at: datetime | None = column(STEP.fired_at, "When it happened.")
    cancelled_at: datetime | None = column(STEP.cancelled_at, "When it became needless.")
    cancel_reason: str | None = column(STEP.cancel_reason, "Why it became needless.")
    on_call: str | None = column(ON_CALL, "Who was, or will be, on call then; null when nobody is.")
    on_call_until: datetime | None = column(ON_CALL_UNTIL, "Until when they are; null when it has no end.")


@plan.table_type(
    models.Page.__table__, sees=sees, node="page", description="One call for one role through one provider."
)
class Page(Node):
    """A page."""

    step: int = column(PAGE.step, "Which rung of the ladder; 0 is the policy owner's loop-in.")
    generation: int = column(PAGE.generation, "Since which opening of the incident, from 1.")
    role: IncidentRole = column(PAGE.role, "Who is called.")
    provider: str = column(PAGE.provider, "Through whom, such as `pagerduty`.")
    status: PageStatus = column(PAGE.status, "How far it has come.")
    dedup_key: str = column(PAGE.dedup_key, "The key under which the provider knows it; never a second one.")
    attempts: int = column(PAGE.attempts, "How often it was sent.")
    queued_at: datetime = column(PAGE.queued_at, "When it was stored.")
    accepted_at: datetime | None = column(PAGE.accepted_at, "When the provider took it.")
    confirmed_at: datetime | None = column(PAGE.confirmed_at, "When the provider showed it back.")
    acknowledged_at: datetime | None = column(PAGE.acknowledged_at, "When somebody answered it.")
    acknowledged_by: str | None = column(PAGE.acknowledged_by, "Who answered it.")
    last_error: str | None = column(PAGE.last_error, "Why the last attempt failed.")
    carried_by: str | None = column(
        PAGE.carried_by,
        "The key of the page whose call stood for this one, too, when more left at once than the provider"
        " takes; null when it had a call of its own.",
    )
    stands_for: int = column(
        select(func.count()).where(CARRIED.carried_by == PAGE.dedup_key).scalar_subquery(),
        "How many pages of other incidents its call stood for besides.",
    )
    trouble: PageTrouble | None = column(
        case((PAGE.wanted == Signal.TRIGGER, PAGE.trouble)),
        "Why it may have reached nobody, as long as an answer is waited for.",
    )
    incident: Annotated[Incident, strawberry.lazy("api.incidents.types")] = plan.one(
        INCIDENT.id == PAGE.incident_id, "The incident that it calls for."
    )


@plan.table_type(
    models.ObligationWaiver.__table__,
    sees=sees,
    description="A signature under leaving a duty out. It takes a commander's and the policy owner's.",
)
class ObligationWaiver:
    """One of two signatures."""

    person: Person = plan.one(PERSON.id == WAIVER.person_id, "Who signed.")
    role: str = column(cast(WAIVER.role, Text), "As what: `commander` or `policy_owner`.")
    reason: str = column(WAIVER.reason, "Why it may be left out.")
    signed_at: datetime = column(WAIVER.signed_at, "When.")


@plan.table_type(
    models.Obligation.__table__, sees=sees, description="What the handbook demands by a certain time."
)
class Obligation:
    """A dated duty."""

    kind: str = column(OBLIGATION.kind, "What is owed, such as `policy_owner_loop_in`.")
    due_at: datetime = column(OBLIGATION.due_at, "By when.")
    met_at: datetime | None = column(OBLIGATION.met_at, "When it was done.")
    met_by: str | None = column(OBLIGATION.met_by, "Who did it.")
    waived_by: list[str] | None = column(OBLIGATION.waived_by, "Who agreed to leave it out.")
    waive_reason: str | None = column(OBLIGATION.waive_reason, "Why it was left out.")
    nudged_at: datetime | None = column(OBLIGATION.nudged_at, "When somebody was reminded of it.")
    waivers: list[ObligationWaiver] = plan.many(
        WAIVER.obligation_id == OBLIGATION.id,
        "Who has signed that it may be left out. Signatures stay.",
        order=[WAIVER.id],
        size=2,
    )


@plan.table_type(
    models.Alert.__table__, sees=sees, node="alert", description="One thing that a sender says is wrong."
)
class Alert(Node):
    """An alert."""

    source: str = column(
        select(SOURCE.name).where(SOURCE.id == ALERT.source_id).scalar_subquery(), "The sender's name."
    )
    dedup_key: str = column(ALERT.dedup_key, "The key under which the sender repeats it.")
    summary: str = column(ALERT.summary, "What is wrong, in the sender's words.")
    origin: str = column(ALERT.origin, "What it is about: a host, a service, a region.")
    severity: str = column(ALERT.severity, "The sender's word: critical, error, warning or info.")
    status: str = column(
        ALERT.status,
        "How it stands at the sender: triggered, acknowledged or resolved; suppressed while it is silenced.",
    )
    count: int = column(ALERT.count, "How often it came.")
    links: JSON = column(ALERT.links, "What the sender links to, each with its `href` and `text`.")
    first_occurred_at: datetime = column(ALERT.first_occurred_at, "When it came first.")
    last_occurred_at: datetime = column(ALERT.last_occurred_at, "When it came last.")
    incident: Annotated[Incident, strawberry.lazy("api.incidents.types")] | None = plan.one(
        INCIDENT.id == ALERT.incident_id, "The incident that it opened or joined."
    )
