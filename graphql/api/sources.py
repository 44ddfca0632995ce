"""Who sends alerts, and whether a page would reach somebody now."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from api import plan, viewer
from api.calls import Call
from api.node import Node
from api.plan import column
from api.plan.declare import hidden
from api.scalars import JSON
from app.incidents import sources
from app.incidents.models import AlertSource as SourceTable
from app.incidents.models import Heartbeat as HeartbeatTable
from app.incidents.models import ReadinessCheck as ReadinessTable

SOURCE = SourceTable.__table__.c
HEARTBEAT = HeartbeatTable.__table__.c
READINESS = ReadinessTable.__table__.c


@plan.table_type(
    HeartbeatTable.__table__,
    sees=viewer.SEES_INCIDENTS,
    description="A sender that says nothing but that it lives.",
)
class Heartbeat:
    """When it is due."""

    every_seconds: int = column(HEARTBEAT.every_seconds, "How often it comes, in seconds.")
    grace_seconds: int = column(HEARTBEAT.grace_seconds, "How late it may be, in seconds.")
    severity: str = column(HEARTBEAT.severity, "How bad it is when it does not come.")
    scope: str | None = column(HEARTBEAT.scope, "What it is about.")
    last_beat_at: datetime | None = column(HEARTBEAT.last_beat_at, "When it last came.")
    due_at: datetime | None = column(
        HEARTBEAT.due_at,
        "By when it has to come again, grace included; null before the first, and while missed.",
    )
    missed_at: datetime | None = column(HEARTBEAT.missed_at, "Since when it is missed; null is not.")


@plan.table_type(
    SourceTable.__table__,
    sees=viewer.SEES_INCIDENTS,
    node="source",
    description="A sender of alerts. Its key is shown once, when it is made.",
)
class AlertSource(Node):
    """A sender."""

    name: str = column(SOURCE.name, "What it is called; part of its address.")
    format: str = column(SOURCE.format, f"What it speaks: {', '.join(sources.FORMATS)}.")
    created_at: datetime = column(SOURCE.created_at, "When it was made.")
    created_by: str = column(SOURCE.created_by, "Who made it.")
    last_seen_at: datetime | None = column(SOURCE.last_seen_at, "When something last came from it.")
    revoked_at: datetime | None = column(SOURCE.revoked_at, "Since when it is refused.")
    heartbeat: Heartbeat | None = plan.one(
        HEARTBEAT.source_id == SOURCE.id, "When it is due to say that it lives; null of other formats."
    )
    mapping: JSON | None = column(SOURCE.mapping, "How its bodies are read; null where its format says so.")
    mapping_example: str | None = column(SOURCE.mapping_example, "The body that the mapping was tried on.")

    @plan.computed("The address that it sends to.", needs=[SOURCE.name, SOURCE.format])
    @staticmethod
    def url(parent: strawberry.Parent[Any], info: strawberry.Info[Call]) -> str:
        """Join the installation's address and the format's path."""
        name, sends = parent[hidden("name")], parent[hidden("format")]
        return sources.address(info.context.base_url, name=name, sends=sends)


@plan.table_type(
    ReadinessTable.__table__,
    sees=viewer.SEES_INCIDENTS,
    description="One part of the question: would a page reach somebody now?",
)
class ReadinessCheck:
    """The last answer to one check."""

    name: str = column(READINESS.name, "Which check.")
    passed: bool = column(READINESS.passed, "Whether it passed.")
    detail: str = column(READINESS.detail, "What was found.")
    remedy: str = column(
        READINESS.remedy, "What to do about it, also when it passed and could be better; else empty."
    )
    checked_at: datetime = column(READINESS.checked_at, "When it was asked.")
