"""What senders sent that could not be read, and waits to be replayed."""

from __future__ import annotations

from datetime import datetime

from api import plan, viewer
from api.node import Node
from api.plan import column
from api.sources import SOURCE, AlertSource
from app.incidents.intake import failures
from app.incidents.models import FailedDelivery as FailedTable

FAILED = FailedTable.__table__.c
UNREAD = FAILED.replayed_at.is_(None)


@plan.table_type(
    FailedTable.__table__,
    sees=viewer.ADMINISTERS,
    node="delivery",
    description="A body that a source sent and that could not be read. It was answered 400.",
)
class FailedDelivery(Node):
    """A failed delivery."""

    source: AlertSource | None = plan.one(SOURCE.id == FAILED.source_id, "Who sent it.")
    received_at: datetime = column(FAILED.received_at, "When it last came.")
    times: int = column(FAILED.times, "How often the same body came.")
    error: str = column(FAILED.error, "Why it could not be read, with the field.")
    content_type: str = column(FAILED.content_type, "What its sender called it.")
    body: str = column(FAILED.excerpt, f"How it begins: at most {failures.EXCERPT:,} bytes.")
    replayed_at: datetime | None = column(FAILED.replayed_at, "When it was replayed.")
    replayed_by: str | None = column(FAILED.replayed_by, "Who replayed it.")
