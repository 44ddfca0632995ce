"""The table of the audit trail. A trigger refuses to change or delete its rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from app.storage.base import Base, Key


class AuditEvent(Base):
    """One command that changed something, or tried to."""

    __tablename__ = "audit_event"
    id: Mapped[Key]
    time: Mapped[datetime]
    action: Mapped[str]
    outcome: Mapped[str]
    actor: Mapped[str]
    actor_name: Mapped[str]
    target_type: Mapped[str]
    target_id: Mapped[str]
    changes: Mapped[dict[str, Any]]

    __table_args__ = (
        Index("ix_audit_event_time", "time", "id"),
        Index("ix_audit_event_action", "action", "id"),
    )
