"""How each stream stands: what a worker said of its last complete minute, and what followed from it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.activity.words import TrendState
from app.incidents.models.incident import Incident
from app.incidents.words import AlertScope, Severity
from app.storage.base import Base, words


class TrendStanding(Base):
    """One stream, one row: so there is one episode of it at a time, and one incident for that.

    `severity` is what the last minute comes to and `held` what the stream stands at, which gets better only
    after ten minutes inside. `told` is the worst of this episode that an incident knows of, null between
    episodes; `incident_id` is the incident of this episode or of the last. `resumed_at` is the first minute
    after nobody watched, while that is so recent that it matters.
    """

    __tablename__ = "trend_standing"
    stream: Mapped[str] = mapped_column(primary_key=True)
    minute: Mapped[datetime]
    about: Mapped[AlertScope] = mapped_column(words(AlertScope, "about"))
    state: Mapped[TrendState] = mapped_column(words(TrendState, "state"))
    severity: Mapped[Severity] = mapped_column(words(Severity, "severity"))
    held: Mapped[Severity] = mapped_column(words(Severity, "held"))
    inside_since: Mapped[datetime | None]
    resumed_at: Mapped[datetime | None]
    told: Mapped[Severity | None] = mapped_column(words(Severity, "told"))
    incident_id: Mapped[int | None] = mapped_column(ForeignKey(Incident.id))
    evidence: Mapped[dict[str, Any]]

    __table_args__ = (Index("ix_trend_standing_incident_id", "incident_id"),)
