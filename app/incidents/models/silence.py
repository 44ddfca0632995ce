"""Silences: what people do not want to be paged for, and until when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ColumnElement, and_, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Mapped, mapped_column

from app import clock
from app.storage.base import Base, Key


class Silence(Base):
    """Alerts that all `matchers` fit are kept and shown, and page nobody, from one moment to another.

    An S0 pages nevertheless, unless `includes_s0`. One that was ended early ends then, by `ended_by`.
    """

    __tablename__ = "silence"
    id: Mapped[Key]
    matchers: Mapped[list[str]]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)
    reason: Mapped[str]
    includes_s0: Mapped[bool]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    ended_by: Mapped[str | None]

    __table_args__ = (CheckConstraint("ends_at >= starts_at", "span"),)


IS_ACTIVE: ColumnElement[bool] = and_(Silence.starts_at <= clock.once(), Silence.ends_at > clock.once())
_one = func.jsonb_build_array(Silence.id, func.to_jsonb(Silence.matchers), Silence.includes_s0)
# All that count now, as one value: whoever asks for something else gets them without a statement more.
ACTIVE = select(func.jsonb_agg(aggregate_order_by(_one, Silence.id))).where(IS_ACTIVE).scalar_subquery()
