"""Who sends alerts, what they sent, and the alerts it stands for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, column_property, mapped_column

from app.incidents.models.incident import Incident
from app.incidents.models.silence import ACTIVE, Silence
from app.incidents.words import AlertSeverity, AlertStatus
from app.storage.base import Base, Key, words


class AlertSource(Base):
    """A sender of alerts. `name` is part of its address; its key is shown once and kept as a hash.

    `policy_id` is the way of paging that its incidents take; null is the usual one.
    `mapping` says how bodies of no known format are read; it was tried on `mapping_example`.
    """

    __tablename__ = "alert_source"
    id: Mapped[Key]
    name: Mapped[str] = mapped_column(unique=True)
    format: Mapped[str]
    key_sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    last_seen_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    policy_id: Mapped[int | None] = mapped_column(ForeignKey("escalation_policy.id"))
    mapping: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    mapping_example: Mapped[str | None] = mapped_column(deferred=True)  # every delivery reads its source
    # What is silenced now, for whoever asks for it together with the source.
    silences: Mapped[list[Any] | None] = column_property(ACTIVE, deferred=True)


class Heartbeat(Base):
    """A sender that says nothing but that it lives: by `due_at` it has to say so again.

    Nothing is due before the first beat, nor after a missed one: `missed_at` stays until the next.
    """

    __tablename__ = "heartbeat"
    source_id: Mapped[int] = mapped_column(ForeignKey(AlertSource.id), primary_key=True, autoincrement=False)
    every_seconds: Mapped[int]
    grace_seconds: Mapped[int]
    severity: Mapped[str]
    scope: Mapped[str | None]
    last_beat_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    missed_at: Mapped[datetime | None]

    __table_args__ = (CheckConstraint("due_at is null or missed_at is null", "awaited"),)


class InboundEvent(Base):
    """A body as it arrived, whose alerts are known."""

    __tablename__ = "inbound_event"
    id: Mapped[Key]
    source_id: Mapped[int] = mapped_column(ForeignKey(AlertSource.id))
    content_type: Mapped[str]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    idempotency_key: Mapped[str | None]
    received_at: Mapped[datetime]

    __table_args__ = (
        Index(
            "uq_inbound_event_idempotency",
            "source_id",
            "idempotency_key",
            unique=True,
            postgresql_where=text("idempotency_key is not null"),
        ),
        Index("ix_inbound_event_received", "received_at"),
    )


class Alert(Base):
    """One thing that one sender says is wrong, however often it repeats it.

    The names are those of PagerDuty's Events API v2; `origin` is its `payload.source`. One that a silence
    holds back is suppressed, and needs no incident.
    """

    __tablename__ = "alert"
    id: Mapped[Key]
    source_id: Mapped[int] = mapped_column(ForeignKey(AlertSource.id))
    incident_id: Mapped[int | None] = mapped_column(ForeignKey(Incident.id), index=True)
    silence_id: Mapped[int | None] = mapped_column(ForeignKey(Silence.id))
    dedup_key: Mapped[str]
    group_key: Mapped[str]
    summary: Mapped[str]
    origin: Mapped[str]
    severity: Mapped[AlertSeverity] = mapped_column(words(AlertSeverity, "severity"))
    component: Mapped[str | None]
    group: Mapped[str | None]
    class_: Mapped[str | None] = mapped_column("class")
    labels: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    custom_details: Mapped[dict[str, Any]]
    links: Mapped[list[Any]]
    status: Mapped[AlertStatus] = mapped_column(words(AlertStatus, "status"))
    count: Mapped[int]
    first_occurred_at: Mapped[datetime]
    last_occurred_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]

    __table_args__ = (
        # A key is taken only while its alert is open; after that it starts a new alert.
        Index(
            "uq_alert_open",
            "source_id",
            "dedup_key",
            unique=True,
            postgresql_where=text("status <> 'resolved'"),
        ),
        Index("ix_alert_silence_id", "silence_id", postgresql_where=text("silence_id is not null")),
        Index("ix_alert_first_occurred_at", "first_occurred_at"),
    )
