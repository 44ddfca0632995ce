"""Who is paged when: policies, the timers they become, the pages themselves and what the provider reports."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.incidents.models.incident import HALF_AN_HOUR, Incident
from app.incidents.words import IncidentRole, PageStatus, PageTrouble, Signal
from app.security.models import Person
from app.storage.base import Base, Key, words
from app.storage.outbox import Outgoing


class EscalationPolicy(Base):
    """A named way of paging; what it says is in its versions. One is what incidents take that name none."""

    __tablename__ = "escalation_policy"
    id: Mapped[Key]
    name: Mapped[str] = mapped_column(unique=True)
    retired_at: Mapped[datetime | None]
    is_default: Mapped[bool] = mapped_column(server_default=text("false"))

    __table_args__ = (
        Index("uq_escalation_policy_default", "is_default", unique=True, postgresql_where=text("is_default")),
    )


class EscalationPolicyVersion(Base):
    """What a policy said from a certain moment on. Immutable: an incident keeps the one it began with.

    `steps` is a list of `{"role": …, "after_seconds": …}`, counted from when the incident was triggered;
    one that pages a certain person has their `person_id`. After the last one the commander is paged
    `repeats` more times. An acknowledgement that nothing follows lapses after `lapses_after`.
    """

    __tablename__ = "escalation_policy_version"
    id: Mapped[Key]
    policy_id: Mapped[int] = mapped_column(ForeignKey(EscalationPolicy.id))
    version: Mapped[int]
    steps: Mapped[list[Any]]
    repeats: Mapped[int] = mapped_column(server_default=text("3"))
    lapses_after: Mapped[timedelta] = mapped_column(server_default=HALF_AN_HOUR)
    reason: Mapped[str] = mapped_column(server_default=text("''"))
    created_at: Mapped[datetime]
    created_by: Mapped[str]

    __table_args__ = (UniqueConstraint("policy_id", "version"),)


class EscalationStep(Base):
    """A timer: page `role` at `due_at`, unless somebody acknowledges first. Fires or is cancelled, once.

    `person_id` is whom the policy names instead of whoever is on call. `due_at` counts from `since`.
    `repeats` is how often the commander is paged again if this one, too, stays unanswered, and `repeat` which
    of these times this is; it is null on rungs that others of the policy follow.
    """

    __tablename__ = "escalation_step"
    incident_id: Mapped[int] = mapped_column(ForeignKey(Incident.id), primary_key=True)
    generation: Mapped[int] = mapped_column(primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True)
    role: Mapped[IncidentRole] = mapped_column(words(IncidentRole, "role"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    since: Mapped[datetime | None]
    repeat: Mapped[int] = mapped_column(server_default=text("0"))
    repeats: Mapped[int | None]
    due_at: Mapped[datetime]
    fired_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None]

    __table_args__ = (
        CheckConstraint("fired_at is null or cancelled_at is null", "once"),
        CheckConstraint("fired_at >= due_at", "never_early"),
        Index(
            "ix_escalation_step_due",
            "due_at",
            postgresql_where=text("fired_at is null and cancelled_at is null"),
        ),
    )


class Page(Outgoing, Base):
    """One call for one role through one provider, under a fixed key. This row is the outbox.

    `wanted` is what the provider is to be told, `told` what it has accepted; `due_at` is set while
    they differ. `check_at` is when to look whether the page got through; `trouble` is what was found.
    `carried_by` is the key of the page that stands for this one, too, when many leave at once. `left_at`
    notes that it is about to leave through a provider that cannot be told the same thing twice.
    Step 0 is the policy owner's loop-in, which is no rung of the ladder.
    """

    __tablename__ = "page"
    due_at: Mapped[datetime | None] = mapped_column()  # its index is `ix_page_due`, in the order of claims
    incident_id: Mapped[int] = mapped_column(ForeignKey(Incident.id), index=True)
    generation: Mapped[int]
    step: Mapped[int]
    role: Mapped[IncidentRole] = mapped_column(words(IncidentRole, "role"))
    provider: Mapped[str]
    recipient: Mapped[str | None]
    dedup_key: Mapped[str] = mapped_column(unique=True)
    status: Mapped[PageStatus] = mapped_column(words(PageStatus, "status"))
    wanted: Mapped[Signal] = mapped_column(words(Signal, "wanted"))
    told: Mapped[Signal | None] = mapped_column(words(Signal, "told"))
    urgency: Mapped[int]
    provider_incident_id: Mapped[str | None] = mapped_column(index=True)
    queued_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None]
    check_at: Mapped[datetime | None]
    trouble: Mapped[PageTrouble | None] = mapped_column(words(PageTrouble, "trouble"))
    carried_by: Mapped[str | None]
    left_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_page_due", "urgency", "due_at", postgresql_where=text("due_at is not null")),
        Index("ix_page_check", "check_at", postgresql_where=text("check_at is not null")),
        Index("ix_page_trouble", "id", postgresql_where=text("trouble is not null and wanted = 'trigger'")),
        Index("ix_page_carried_by", "carried_by", postgresql_where=text("carried_by is not null")),
    )


class ProviderEvent(Base):
    """A webhook of the pager, kept as it came; the same one twice is one row."""

    __tablename__ = "provider_event"
    id: Mapped[Key]
    webhook_id: Mapped[str] = mapped_column(unique=True)
    event_type: Mapped[str]
    occurred_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    outcome: Mapped[str]
    incident_id: Mapped[int | None] = mapped_column(ForeignKey(Incident.id))


class ReadinessCheck(Base):
    """The last answer to one question of "would a page reach somebody now?"."""

    __tablename__ = "readiness_check"
    name: Mapped[str] = mapped_column(primary_key=True)
    passed: Mapped[bool]
    detail: Mapped[str]
    remedy: Mapped[str]
    checked_at: Mapped[datetime]
