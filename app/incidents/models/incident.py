"""The incident, its timeline, its people and what it owes them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.incidents.words import IncidentRole, IncidentStatus, Severity
from app.security.models import Person
from app.storage.base import Base, Key, words

CHRONOLOGY = (
    "acknowledged_at >= triggered_at and mitigated_at >= triggered_at"
    " and resolved_at >= triggered_at and closed_at >= resolved_at"
)
GOES_ON = "merged_into_id is null or (status = 'merged' and merged_into_id <> id)"
QUIET = "quiet_at is not null and status in ('triggered', 'acknowledged', 'mitigated')"
# Of these somebody is reminded when they are due; the policy owner's loop-in pages by itself.
UNTOLD = (
    "kind in ('first_public_update', 'next_update', 'next_enterprise_update')"
    " and nudged_at is null and met_at is null and waived_by is null"
)

# Of these an acknowledgement lapses when nothing follows it.
HELD = "status = 'acknowledged' and severity in ('S0', 'S1')"
HALF_AN_HOUR = text("interval '30 minutes'")

# Entries of the timeline that say who answered when, or that nobody did: what figures are made of.
ANSWERS = ("acknowledged", "acknowledged_also", "policy_owner_acknowledged", "escalated")
_IS_ANSWER = text(f"kind in {ANSWERS}")


class Incident(Base):
    """One fault that people answer. Its `id` is its number: OPS-12 is row 12.

    `generation` counts reopenings; pages and steps of an earlier one are history. `version` goes up with
    every change that a person would want to look at before deciding. `lapses_at` is when paging begins again
    unless somebody does something; only the acknowledged and severe wait for it.
    every change that a person would want to look at before deciding. What was merged says where it goes on:
    always in one that is not merged itself. `quiet_at` is since when nothing fires of what is open.
    """

    __tablename__ = "incident"
    id: Mapped[Key]
    title: Mapped[str]
    severity: Mapped[Severity] = mapped_column(words(Severity, "severity"))
    severity_source: Mapped[str]
    status: Mapped[IncidentStatus] = mapped_column(words(IncidentStatus, "status"))
    generation: Mapped[int]
    version: Mapped[int]
    source_id: Mapped[int | None] = mapped_column(ForeignKey("alert_source.id"))
    group_key: Mapped[str | None]
    policy_version_id: Mapped[int] = mapped_column(ForeignKey("escalation_policy_version.id"))
    commander_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    acknowledged_by: Mapped[str | None]
    lapses_after: Mapped[timedelta] = mapped_column(server_default=HALF_AN_HOUR)
    lapses_at: Mapped[datetime | None]
    triggered_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    mitigated_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"))
    quiet_at: Mapped[datetime | None]
    flaps: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    flaps_since: Mapped[datetime | None]
    flapping_at: Mapped[datetime | None]
    last_seq: Mapped[int]
    last_hash: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        CheckConstraint(CHRONOLOGY, "chronology"),
        CheckConstraint(GOES_ON, "merged_into"),
        # One open incident per group of a source: the database says so, however many senders race.
        Index(
            "uq_incident_open_group",
            "source_id",
            "group_key",
            unique=True,
            postgresql_where=text("status in ('triggered', 'acknowledged', 'mitigated')"),
        ),
        Index("ix_incident_group", "source_id", "group_key", "id"),
        Index("ix_incident_lapses", "lapses_at", postgresql_where=text(HELD)),
        Index(
            "ix_incident_merged_into", "merged_into_id", postgresql_where=text("merged_into_id is not null")
        ),
        Index("ix_incident_quiet", "quiet_at", postgresql_where=text(QUIET)),
        Index("ix_incident_newest", "triggered_at", "id"),
        Index("ix_incident_status", "status", "triggered_at", "id"),
    )


class IncidentEvent(Base):
    """One entry of the timeline: append-only, numbered per incident, each hash covering the one before."""

    __tablename__ = "incident_event"
    id: Mapped[Key]
    incident_id: Mapped[int] = mapped_column(ForeignKey(Incident.id))
    seq: Mapped[int]
    kind: Mapped[str]
    actor: Mapped[str]
    actor_name: Mapped[str]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    text: Mapped[str]
    payload: Mapped[dict[str, Any]]
    previous_hash: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        UniqueConstraint("incident_id", "seq"),
        # Figures over time read these of thousands of incidents, and nothing else of their timelines.
        Index(
            "ix_incident_event_answers",
            "incident_id",
            postgresql_include=["kind", "actor", "occurred_at", "payload"],
            postgresql_where=_IS_ANSWER,
        ),
    )


class SeverityDecision(Base):
    """One decision on the severity, with the rule and the evidence it was taken on."""

    __tablename__ = "severity_decision"
    id: Mapped[Key]
    incident_id: Mapped[int] = mapped_column(ForeignKey(Incident.id), index=True)
    from_severity: Mapped[Severity | None] = mapped_column(words(Severity, "from_severity"))
    to_severity: Mapped[Severity] = mapped_column(words(Severity, "to_severity"))
    rule: Mapped[str]
    rule_version: Mapped[int]
    reason: Mapped[str]
    trend: Mapped[str]
    decided_by: Mapped[str]
    decided_at: Mapped[datetime]
    evidence: Mapped[dict[str, Any]]


class Participant(Base):
    """Somebody, or a team by its role, taking part from one moment to another."""

    __tablename__ = "participant"
    id: Mapped[Key]
    incident_id: Mapped[int] = mapped_column(ForeignKey(Incident.id), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    role: Mapped[IncidentRole] = mapped_column(words(IncidentRole, "role"))
    assumed_at: Mapped[datetime]
    renounced_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "uq_participant_active",
            "incident_id",
            "role",
            text("coalesce(person_id, 0)"),
            unique=True,
            postgresql_where=text("renounced_at is null"),
        ),
    )


class Obligation(Base):
    """What the handbook demands by a certain time, until it is met.

    `ordinal` counts those of a kind; `nudged_at` is when somebody was reminded of it.
    """

    __tablename__ = "obligation"
    id: Mapped[Key]
    incident_id: Mapped[int] = mapped_column(ForeignKey(Incident.id), index=True)
    generation: Mapped[int]
    kind: Mapped[str]
    ordinal: Mapped[int] = mapped_column(server_default=text("1"))
    due_at: Mapped[datetime]
    nudged_at: Mapped[datetime | None]
    met_at: Mapped[datetime | None]
    met_by: Mapped[str | None]
    waived_by: Mapped[list[str] | None]
    waive_reason: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("incident_id", "generation", "kind", "ordinal"),
        Index("ix_obligation_nudge", "due_at", postgresql_where=text(UNTOLD)),
    )
