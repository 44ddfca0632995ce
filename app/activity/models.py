"""The table of the activity feed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from app.storage.base import Base, Key


class ActivityEvent(Base):
    """One thing that happened, in Opsbook or in a system that reports to it."""

    __tablename__ = "activity_event"
    id: Mapped[Key]
    stream: Mapped[str]
    kind: Mapped[str]
    summary: Mapped[str]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    subject_path: Mapped[str | None]
    payload: Mapped[dict[str, Any]]

    __table_args__ = (
        Index("ix_activity_event_newest", "occurred_at", "id"),
        Index("ix_activity_event_stream", "stream", "occurred_at", "id"),
    )
