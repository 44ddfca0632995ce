"""The statements that a report is made of. Columns have the names of the report."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, literal_column, select
from sqlalchemy.dialects.postgresql import JSONB

from app.incidents import models
from app.incidents.checklist import demands
from app.incidents.models import Incident
from app.security.models import Person

INCIDENT, EVENT, STEP, PAGE = (
    one.__table__.c for one in (Incident, models.IncidentEvent, models.EscalationStep, models.Page)
)
ALERT, DECISION, PARTICIPANT, OBLIGATION, SOURCE, PERSON, WAIVER = (
    one.__table__.c
    for one in (
        models.Alert,
        models.SeverityDecision,
        models.Participant,
        models.Obligation,
        models.AlertSource,
        Person,
        models.ChecklistWaiver,
    )
)
ITEM = demands.ITEM


def incident(number: int) -> Select[Any]:
    """The incident itself."""
    names = (
        "title",
        "severity",
        "status",
        "generation",
        "triggered_at",
        "acknowledged_at",
        "acknowledged_by",
        "mitigated_at",
        "resolved_at",
        "closed_at",
    )
    return select(INCIDENT.id.label("number"), *(INCIDENT[name] for name in names)).where(
        INCIDENT.id == number
    )


def participants(number: int) -> Select[Any]:
    """Who took part, and as what."""
    name = func.coalesce(PERSON.name, "Trust & Safety").label("name")
    return (
        select(name, PARTICIPANT.role, PARTICIPANT.assumed_at, PARTICIPANT.renounced_at)
        .join_from(models.Participant, Person, PERSON.id == PARTICIPANT.person_id, isouter=True)
        .where(PARTICIPANT.incident_id == number)
        .order_by(PARTICIPANT.assumed_at, PARTICIPANT.id)
    )


def decisions(number: int) -> Select[Any]:
    """Every decision on the severity."""
    return (
        select(
            DECISION.from_severity.label("from"),
            DECISION.to_severity.label("to"),
            DECISION.rule,
            DECISION.rule_version,
            DECISION.reason,
            DECISION.trend,
            DECISION.decided_by,
            DECISION.decided_at,
            DECISION.evidence,
        )
        .where(DECISION.incident_id == number)
        .order_by(DECISION.id)
    )


def escalation(number: int) -> Select[Any]:
    """The timers, and what became of them."""
    columns = (
        STEP.generation,
        STEP.step,
        STEP.role,
        STEP.due_at,
        STEP.fired_at,
        STEP.cancelled_at,
        STEP.cancel_reason,
    )
    return select(*columns).where(STEP.incident_id == number).order_by(STEP.generation, STEP.step)


def pages(number: int) -> Select[Any]:
    """Every page."""
    columns = (
        PAGE.generation,
        PAGE.step,
        PAGE.role,
        PAGE.provider,
        PAGE.status,
        PAGE.attempts,
        PAGE.queued_at,
        PAGE.accepted_at,
        PAGE.confirmed_at,
        PAGE.acknowledged_at,
        PAGE.acknowledged_by,
    )
    return select(*columns).where(PAGE.incident_id == number).order_by(PAGE.id)


def alerts(number: int) -> Select[Any]:
    """The alerts it stands for."""
    columns = (
        SOURCE.name.label("source"),
        ALERT.dedup_key,
        ALERT.summary,
        ALERT.severity,
        ALERT.status,
        ALERT.count,
        ALERT.first_occurred_at,
        ALERT.last_occurred_at,
    )
    return (
        select(*columns)
        .join_from(models.Alert, models.AlertSource, SOURCE.id == ALERT.source_id)
        .where(ALERT.incident_id == number)
        .order_by(ALERT.first_occurred_at, ALERT.id)
    )


def obligations(number: int) -> Select[Any]:
    """What was owed by a certain time."""
    columns = (
        OBLIGATION.generation,
        OBLIGATION.kind,
        OBLIGATION.due_at,
        OBLIGATION.met_at,
        OBLIGATION.met_by,
        OBLIGATION.waived_by,
        OBLIGATION.waive_reason,
    )
    return select(*columns).where(OBLIGATION.incident_id == number).order_by(OBLIGATION.due_at, OBLIGATION.id)


def checklist(number: int) -> Select[Any]:
    """The steps that its severity asks for, with evidence and signatures."""
    signature = func.jsonb_build_object(
        "name", PERSON.name, "role", WAIVER.role, "signed_at", WAIVER.signed_at, "reason", WAIVER.reason
    )
    waivers = (
        select(func.coalesce(func.jsonb_agg(signature), literal_column("'[]'::jsonb"), type_=JSONB()))
        .join_from(models.ChecklistWaiver, Person, PERSON.id == WAIVER.person_id)
        .where(WAIVER.item_id == ITEM.id)
        .scalar_subquery()
    )
    return (
        select(
            ITEM.key,
            demands.TITLE.label("title"),
            demands.IS_DONE.label("done"),
            demands.missing().label("missing"),
            ITEM.done_by,
            ITEM.done_at,
            ITEM.evidence,
            ITEM.evidence_url,
            waivers.label("waivers"),
        )
        .join(Incident, (INCIDENT.id == ITEM.incident_id) & (INCIDENT.generation == ITEM.generation))
        .where(INCIDENT.id == number, demands.IS_OWED)
        .order_by(ITEM.id)
    )


def timeline(number: int) -> Select[Any]:
    """Every entry."""
    columns = (
        EVENT.seq,
        EVENT.kind,
        EVENT.actor_name.label("actor"),
        EVENT.occurred_at,
        EVENT.recorded_at,
        EVENT.text,
        EVENT.payload.label("data"),
        func.encode(EVENT.hash, "hex").label("hash"),
    )
    return select(*columns).where(EVENT.incident_id == number).order_by(EVENT.seq)
