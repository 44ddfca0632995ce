"""The tables of the activity feed, of what was counted from it, and of what is usual."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Float, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.activity.words import StreamKind, StreamScope
from app.storage.base import Base, Key, words


class ActivityEvent(Base):
    """One thing that happened, in Opsbook or in a system that reports to it.

    `value` is what it adds to its minute: 1, or as many as it stands for. A trigger counts it, see ADR 0018.
    `source_id` is no foreign key: each event would lock its source's row, and all senders would meet there.
    """

    __tablename__ = "activity_event"
    id: Mapped[Key]
    stream: Mapped[str]
    kind: Mapped[str]
    summary: Mapped[str]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    subject_path: Mapped[str | None]
    payload: Mapped[dict[str, Any]]
    value: Mapped[float] = mapped_column(Float(53), server_default=text("1"))
    source_id: Mapped[int | None]
    external_id: Mapped[str | None]

    __table_args__ = (
        Index("ix_activity_event_newest", "occurred_at", "id"),
        Index("ix_activity_event_stream", "stream", "occurred_at", "id"),
        Index("ix_activity_event_kind", "kind", "occurred_at", "id"),
        Index(
            "uq_activity_event_external",
            "source_id",
            "external_id",
            unique=True,
            postgresql_where=text("external_id is not null"),
        ),
    )


class ActivityStream(Base):
    """A stream, made by its first event; what people set about it is in `version` and after.

    `kept_from` is since when the feed holds every event: older ones are only in the counts.
    """

    __tablename__ = "activity_stream"
    id: Mapped[Key]
    name: Mapped[str] = mapped_column(unique=True)
    first_at: Mapped[datetime]
    kept_from: Mapped[datetime | None]
    kind: Mapped[StreamKind] = mapped_column(words(StreamKind, "kind"), server_default="activity")
    scope: Mapped[StreamScope | None] = mapped_column(words(StreamScope, "scope"))
    core: Mapped[bool] = mapped_column(server_default=text("false"))
    threshold: Mapped[float | None] = mapped_column(Float(53))
    version: Mapped[int] = mapped_column(server_default=text("1"))
    changed_at: Mapped[datetime | None]
    changed_by: Mapped[str | None]
    reason: Mapped[str | None]


class ActivityKind(Base):
    """That a stream has a kind of event: the list that reporters are held to."""

    __tablename__ = "activity_kind"
    stream: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)


class ActivityDelta(Base):
    """What one statement added to a minute, until the general worker folds it into the hours."""

    __tablename__ = "activity_delta"
    id: Mapped[Key]
    stream: Mapped[str]
    kind: Mapped[str]
    minute: Mapped[datetime]
    events: Mapped[int]
    value: Mapped[float] = mapped_column(Float(53))


class ActivityHour(Base):
    """The sums of a stream's sixty minutes of one hour, the minute :00 first."""

    __tablename__ = "activity_hour"
    stream: Mapped[str] = mapped_column(primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    minutes: Mapped[list[float]] = mapped_column(ARRAY(Float(53)))


class ActivityKindHour(Base):
    """How many events of a kind an hour had."""

    __tablename__ = "activity_kind_hour"
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    stream: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    events: Mapped[int]


class ActivityUsual(Base):
    """What is usual for a stream in an hour of the week: a minute's value, and how far minutes stray from it.

    Hour 0 is Monday 00:00 UTC. `for_hour` is the hour that it was worked out for, from `weeks` weeks before.
    """

    __tablename__ = "activity_usual"
    stream: Mapped[str] = mapped_column(primary_key=True)
    hour_of_week: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    expected: Mapped[float] = mapped_column(Float(53))
    spread: Mapped[float] = mapped_column(Float(53))
    weeks: Mapped[int] = mapped_column(SmallInteger)
    for_hour: Mapped[datetime]
    computed_at: Mapped[datetime]


class ActivityReceipt(Base):
    """That a report was taken in under an Idempotency-Key."""

    __tablename__ = "activity_receipt"
    source_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(primary_key=True)
    received_at: Mapped[datetime] = mapped_column(index=True)
