"""Who takes turns, who stands in, who is on call until when, and the calendars that show it."""

from __future__ import annotations

from datetime import datetime, time

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from app.incidents.on_call.words import ShiftSource, Weekday
from app.incidents.words import IncidentRole
from app.security.models import Person
from app.storage.base import Base, Key, words
from app.storage.outbox import Outgoing


class Rota(Base):
    """Who takes turns in a role. It is never changed: another replaces it, and what was stays to be read."""

    __tablename__ = "rota"
    id: Mapped[Key]
    role: Mapped[IncidentRole] = mapped_column(words(IncidentRole, "role"))
    members: Mapped[list[int]] = mapped_column(ARRAY(BigInteger()))
    weekday: Mapped[Weekday] = mapped_column(words(Weekday, "weekday"))
    at: Mapped[time]
    zone: Mapped[str]
    set_at: Mapped[datetime]
    set_by: Mapped[str]
    replaced_at: Mapped[datetime | None]

    __table_args__ = (
        Index("uq_rota_role", "role", unique=True, postgresql_where=text("replaced_at is null")),
    )


class OnCallCover(Outgoing, Base):
    """Somebody stands in for a while; PagerDuty calls it an override.

    The row is its own outbox to PagerDuty, once its schedule is known. `external_id` is what PagerDuty calls
    it, `told_at` when it last heard of it.
    """

    __tablename__ = "on_call_cover"
    role: Mapped[IncidentRole] = mapped_column(words(IncidentRole, "role"))
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id))
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[str | None]
    schedule_id: Mapped[str | None]
    external_id: Mapped[str | None]
    told_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("begins_at < ends_at", "forwards"),
        Index("ix_on_call_cover_role_ends_at", "role", "ends_at"),
    )


class OnCallShift(Base):
    """Somebody is on call from one moment until another. What changes becomes a new row with a higher id.

    What PagerDuty says has its own names, for not everybody there is known here; without an end it goes on.
    """

    __tablename__ = "on_call_shift"
    id: Mapped[Key]
    role: Mapped[IncidentRole] = mapped_column(words(IncidentRole, "role"))
    source: Mapped[ShiftSource] = mapped_column(words(ShiftSource, "source"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    name: Mapped[str | None]
    email: Mapped[str | None]
    schedule_id: Mapped[str | None]
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    planned_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("begins_at < ends_at", "forwards"),
        CheckConstraint("source = 'pagerduty' or person_id is not null and ends_at is not null", "planned"),
        CheckConstraint("source <> 'pagerduty' or name is not null", "named"),
        Index("ix_on_call_shift_role_ends_at", "role", "ends_at"),
        Index(
            "uq_on_call_shift_role_begins_at",
            "role",
            "begins_at",
            unique=True,
            postgresql_where=text("source <> 'pagerduty'"),
        ),
    )


class OnCallCalendar(Base):
    """A private address at which a calendar program reads shifts: a person's own, or everybody's."""

    __tablename__ = "on_call_calendar"
    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id))
    everybody: Mapped[bool]
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    made_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_read_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "uq_on_call_calendar_person_id",
            "person_id",
            "everybody",
            unique=True,
            postgresql_where=text("revoked_at is null"),
        ),
    )
