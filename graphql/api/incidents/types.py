"""The incident as partners read it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import case, select

from api import plan, viewer
from api.connections import Connection
from api.incidents.checklist import FOLLOWUP, ITEM, ChecklistItem, Retrospective
from api.incidents.communication import UPDATE, UPDATES_OVERDUE, StatusUpdate
from api.incidents.merged import OTHER, RelatedIncident
from api.incidents.metrics import IncidentMetrics
from api.incidents.parts import (
    ALERT,
    EVENT,
    OBLIGATION,
    PAGE,
    PARTICIPANT,
    STEP,
    Alert,
    EscalationStep,
    Obligation,
    Page,
    Participant,
    TimelineEvent,
)
from api.incidents.severity import DECISION, STANDING, SeverityDecision, TrendStanding
from api.incidents.silences import HELD_BACK, SILENCE, Silence
from api.node import Node
from api.people import PERSON, Person
from api.plan import column
from api.policies import VERSION, EscalationPolicyVersion
from api.words import IncidentStatus, Severity
from app.incidents import rules
from app.incidents.checklist import demands
from app.incidents.models import Incident as IncidentTable

INCIDENT = IncidentTable.__table__.c
is_severe = INCIDENT.severity.in_([one for one in Severity if rules.needs_commander(one)])


@plan.table_type(
    IncidentTable.__table__,
    sees=viewer.SEES_INCIDENTS,
    node="incident",
    description="One fault that people answer, from the first alert until it is over.",
)
class Incident(Node):
    """An incident."""

    number: int = column(INCIDENT.id, "The number that people say: OPS-12 is 12.")
    title: str = column(INCIDENT.title, "What is wrong, in a line.")
    status: IncidentStatus = column(INCIDENT.status, "Where it stands.")
    severity: Severity = column(INCIDENT.severity, "How bad it is.")
    severity_source: str = column(INCIDENT.severity_source, "Who decided the severity: `rule` or `person`.")
    severity_decisions: list[SeverityDecision] = plan.many(
        DECISION.incident_id == INCIDENT.id,
        "Every decision on the severity, newest last, each with the evidence it was taken on.",
        order=[DECISION.decided_at, DECISION.id],
    )
    trends: list[TrendStanding] = plan.many(
        STANDING.incident_id == INCIDENT.id,
        "The streams of the activity feed whose trend lines it is about, the worst first.",
        order=[STANDING.held, STANDING.severity, STANDING.stream],
        size=3,
    )
    version: int = column(
        INCIDENT.version, "Goes up with every change; commands take it as `expectedVersion`."
    )
    generation: int = column(
        INCIDENT.generation, "Counts how often it was opened: 2 after the first reopening."
    )
    triggered_at: datetime = column(INCIDENT.triggered_at, "When it began.")
    acknowledged_at: datetime | None = column(INCIDENT.acknowledged_at, "When somebody took it.")
    acknowledged_by: str | None = column(INCIDENT.acknowledged_by, "Who took it.")
    lapses_at: datetime | None = column(
        case(((INCIDENT.status == IncidentStatus.ACKNOWLEDGED) & is_severe, INCIDENT.lapses_at)),
        "When paging begins again unless somebody enters something in the timeline; S0 and S1 only.",
    )
    mitigated_at: datetime | None = column(INCIDENT.mitigated_at, "When customers were well again.")
    resolved_at: datetime | None = column(INCIDENT.resolved_at, "When it was over.")
    closed_at: datetime | None = column(INCIDENT.closed_at, "When everything owed was done.")
    flapping_since: datetime | None = column(
        INCIDENT.flapping_at, "Since when its alerts come and go; it ends when nothing fired for ten minutes."
    )
    merged_into: RelatedIncident | None = plan.one(
        OTHER.id == INCIDENT.merged_into_id, "The incident that it goes on in."
    )
    merged: list[RelatedIncident] = plan.many(
        OTHER.merged_into_id == INCIDENT.id, "The incidents that go on in it.", order=[OTHER.id], size=3
    )
    silences: list[Silence] = plan.many(
        SILENCE.id.in_(
            select(HELD_BACK.silence_id).where(
                HELD_BACK.incident_id == INCIDENT.id, HELD_BACK.status == "suppressed"
            )
        ),
        "Those that hold back alerts of it.",
        order=[SILENCE.ends_at, SILENCE.id],
        size=3,
    )
    commander: Person | None = plan.one(PERSON.id == INCIDENT.commander_id, "Who leads.")
    participants: list[Participant] = plan.many(
        PARTICIPANT.incident_id == INCIDENT.id,
        "Who takes part or took part, oldest first.",
        order=[PARTICIPANT.assumed_at, PARTICIPANT.id],
        size=10,
    )
    alerts: Connection[Alert] = plan.connection(
        ALERT.incident_id == INCIDENT.id,
        "The alerts it stands for, oldest first.",
        keys=[ALERT.first_occurred_at, ALERT.id],
        backward=False,
    )
    escalation: list[EscalationStep] = plan.many(
        (STEP.incident_id == INCIDENT.id) & (STEP.generation == INCIDENT.generation),
        "Who is paged when, since it was last opened.",
        order=[STEP.step],
        size=5,
    )
    escalation_policy: EscalationPolicyVersion = plan.one(
        VERSION.id == INCIDENT.policy_version_id, "What it pages by, whatever was revised since it began."
    )
    pages: list[Page] = plan.many(
        PAGE.incident_id == INCIDENT.id,
        "Every page that was sent or is to be sent for it.",
        order=[PAGE.generation, PAGE.step, PAGE.id],
        size=10,
    )
    timeline: Connection[TimelineEvent] = plan.connection(
        EVENT.incident_id == INCIDENT.id,
        "What happened, oldest first. Append-only.",
        keys=[EVENT.seq],
    )
    obligations: list[Obligation] = plan.many(
        OBLIGATION.incident_id == INCIDENT.id,
        "What the handbook demands by a certain time.",
        order=[OBLIGATION.due_at, OBLIGATION.id],
        size=5,
    )
    checklist: list[ChecklistItem] = plan.many(
        (ITEM.incident_id == INCIDENT.id) & (ITEM.generation == INCIDENT.generation) & demands.IS_OWED,
        "What is owed after it, in the handbook's order; empty until it is resolved.",
        order=[ITEM.id],
        size=4,
    )
    retrospective: Retrospective | None = plan.one(
        FOLLOWUP.incident_id == INCIDENT.id, "The retrospective's issue; null until somebody asked for it."
    )
    updates_overdue: int = column(
        UPDATES_OVERDUE, "How many words to readers are owed and late; see `obligations`."
    )
    status_updates: list[StatusUpdate] = plan.many(
        UPDATE.incident_id == INCIDENT.id,
        "What was told to whom, oldest first; also what waits for approval or was sent back.",
        order=[UPDATE.seq],
        size=10,
    )
    metrics: IncidentMetrics = plan.part("How quickly it was answered.")
