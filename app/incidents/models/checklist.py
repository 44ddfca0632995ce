"""What is owed after an incident: the checklist, its waivers, and what was filed elsewhere because of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.incidents.models.incident import Incident
from app.incidents.words import ChecklistKey, WaiverRole
from app.security.models import Person
from app.storage.base import Base, Key, words
from app.storage.outbox import Outgoing


class ChecklistItem(Base):
    """One step of the post-incident checklist, for one opening of an incident. Done is what has evidence."""

    __tablename__ = "checklist_item"
    id: Mapped[Key]
    incident_id: Mapped[int] = mapped_column(ForeignKey(Incident.id))
    generation: Mapped[int]
    key: Mapped[ChecklistKey] = mapped_column(words(ChecklistKey, "key"))
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None]
    evidence: Mapped[dict[str, Any]]
    evidence_url: Mapped[str | None]

    __table_args__ = (UniqueConstraint("incident_id", "generation", "key"),)


class ChecklistWaiver(Base):
    """One of the two signatures that let an item be left out. It is never taken back and stays to be seen."""

    __tablename__ = "checklist_waiver"
    id: Mapped[Key]
    item_id: Mapped[int] = mapped_column(ForeignKey(ChecklistItem.id))
    role: Mapped[WaiverRole] = mapped_column(words(WaiverRole, "role"))
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id))
    signed_at: Mapped[datetime]
    reason: Mapped[str]

    __table_args__ = (UniqueConstraint("item_id", "role"), UniqueConstraint("item_id", "person_id"))


class Followup(Outgoing, Base):
    """The retrospective's issue at GitHub. The row is its own outbox; `marker` finds the issue again."""

    __tablename__ = "followup"
    incident_id: Mapped[int] = mapped_column(ForeignKey(Incident.id), unique=True)
    marker: Mapped[str] = mapped_column(unique=True)
    requested_at: Mapped[datetime]
    requested_by: Mapped[str]
    external_url: Mapped[str | None]
    external_number: Mapped[int | None]
    external_state: Mapped[str | None]
    in_project: Mapped[bool]
    read_at: Mapped[datetime | None]
