"""The audit trail: who changed what, when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Text

from api import plan, viewer
from api.node import Node
from api.plan import Arguments, column
from api.plan.declare import Condition
from api.scalars import JSON
from app.audit.models import AuditEvent as AuditTable

AUDIT = AuditTable.__table__.c


@plan.table_type(
    AuditTable.__table__,
    sees=viewer.SEES_AUDIT,
    node="audit",
    description="One command that changed something. Needs the scope `audit:read`.",
)
class AuditEvent(Node):
    """A row of the trail."""

    time: datetime = column(AUDIT.time, "When it was done.")
    action: str = column(AUDIT.action, "What was done, such as `incident.acknowledge`.")
    outcome: str = column(AUDIT.outcome, "How it ended.")
    actor: str = column(AUDIT.actor_name, "Who did it, by name.")
    actor_reference: str = column(AUDIT.actor, "Who did it, as a stable reference such as `person:3`.")
    target_type: str = column(AUDIT.target_type, "What kind of thing it was done to.")
    target_id: str = column(AUDIT.target_id, "Which one.")
    changes: JSON = column(AUDIT.changes, "What the command was given, without secrets.")


def of_action(arguments: Arguments) -> Iterator[Condition]:
    """One action alone, when the caller names it."""
    if arguments.has("action"):
        yield AUDIT.action == arguments.hole("action", Text())
