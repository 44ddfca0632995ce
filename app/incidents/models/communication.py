"""What was written to whom, every copy of it on its way, who reads it, and who agreed to leave a duty out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.incidents.communication.words import Channel, NoticeState, Purpose
from app.incidents.models.incident import Incident, Obligation
from app.incidents.words import WaiverRole
from app.security.models import Person
from app.storage.base import Base, Key, words
from app.storage.outbox import Outgoing
from app.templates.words import Audience, PublicStatus


class StatusUpdate(Base):
    """One message to one audience. It is written once; what was sent is never changed.

    `given` are the words that its author filled in, from which the next message begins. It waits for approval
    while `needs_approval` and neither sent nor discarded.
    """

    __tablename__ = "status_update"
    id: Mapped[Key]
    incident_id: Mapped[int] = mapped_column(ForeignKey(Incident.id))
    generation: Mapped[int]
    seq: Mapped[int]
    audience: Mapped[Audience] = mapped_column(words(Audience, "audience"))
    public_status: Mapped[PublicStatus] = mapped_column(words(PublicStatus, "public_status"))
    subject: Mapped[str]
    body: Mapped[str]
    given: Mapped[dict[str, Any]]
    template_path: Mapped[str]
    template_sha256: Mapped[str]
    edited: Mapped[bool]
    written_at: Mapped[datetime]
    written_by: Mapped[str]
    author_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    needs_approval: Mapped[bool]
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[str | None]
    approver_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    sent_at: Mapped[datetime | None]
    discarded_at: Mapped[datetime | None]
    discarded_by: Mapped[str | None]
    next_update_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("incident_id", "seq"),
        CheckConstraint(
            "sent_at is null or not needs_approval"
            " or approver_id is not null and approver_id is distinct from author_id",
            "approved",
        ),
        Index("ix_status_update_public", "audience", "sent_at"),
    )


class Subscriber(Base):
    """An address that gets what its audience is told, until its reader opts out or somebody removes it."""

    __tablename__ = "subscriber"
    id: Mapped[Key]
    audience: Mapped[Audience] = mapped_column(words(Audience, "audience"))
    email: Mapped[str]
    name: Mapped[str]
    added_at: Mapped[datetime]
    added_by: Mapped[str]
    opted_out_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("audience", "email"),)


class Notice(Outgoing, Base):
    """One copy of a message, by one channel, for one recipient. The row is its own outbox.

    `left_at` is set while a try is under way whose end Slack could not tell us afterwards.
    """

    __tablename__ = "notice"
    incident_id: Mapped[int] = mapped_column(ForeignKey(Incident.id), index=True)
    purpose: Mapped[Purpose] = mapped_column(words(Purpose, "purpose"))
    status_update_id: Mapped[int | None] = mapped_column(ForeignKey(StatusUpdate.id))
    obligation_id: Mapped[int | None] = mapped_column(ForeignKey(Obligation.id))
    subscriber_id: Mapped[int | None] = mapped_column(ForeignKey(Subscriber.id))
    channel: Mapped[Channel] = mapped_column(words(Channel, "channel"))
    recipient: Mapped[str]
    state: Mapped[NoticeState] = mapped_column(words(NoticeState, "state"))
    queued_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    external_id: Mapped[str | None]
    external_url: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("status_update_id", "purpose", "channel", "recipient"),
        UniqueConstraint("obligation_id", "channel", "recipient"),
        CheckConstraint("(purpose = 'nudge') = (obligation_id is not null)", "about"),
        CheckConstraint("(purpose = 'nudge') = (status_update_id is null)", "of"),
    )


class ObligationWaiver(Base):
    """One of the two signatures that let a duty be left out. It is never taken back and stays to be seen."""

    __tablename__ = "obligation_waiver"
    id: Mapped[Key]
    obligation_id: Mapped[int] = mapped_column(ForeignKey(Obligation.id))
    role: Mapped[WaiverRole] = mapped_column(words(WaiverRole, "role"))
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id))
    signed_at: Mapped[datetime]
    reason: Mapped[str]

    __table_args__ = (
        UniqueConstraint("obligation_id", "role"),
        UniqueConstraint("obligation_id", "person_id"),
    )
