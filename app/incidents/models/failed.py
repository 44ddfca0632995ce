"""What senders sent that could not be read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.incidents.models.alert import AlertSource
from app.storage.base import Base, Key


class FailedDelivery(Base):
    """A body that its source's format could not read, kept so that it can be replayed.

    The same body again only counts: `digest` is of all that is read. `excerpt` is how it begins, as text.
    """

    __tablename__ = "failed_delivery"
    id: Mapped[Key]
    source_id: Mapped[int] = mapped_column(ForeignKey(AlertSource.id))
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    content_type: Mapped[str]
    headers: Mapped[list[list[str]]] = mapped_column(JSONB)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    excerpt: Mapped[str]
    idempotency_key: Mapped[str | None]
    error: Mapped[str]
    times: Mapped[int]
    received_at: Mapped[datetime]
    replayed_at: Mapped[datetime | None]
    replayed_by: Mapped[str | None]

    __table_args__ = (
        Index("uq_failed_delivery_digest", "source_id", "digest", unique=True),
        Index("ix_failed_delivery_source", "source_id", "received_at"),
        Index("ix_failed_delivery_received", "received_at"),
    )
