"""What is around a page: presses of its button in Slack, and what each key of the pager may still send."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Float, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.incidents.models.escalation import Page
from app.incidents.models.incident import Incident
from app.storage.base import Base
from app.storage.outbox import Outgoing


class SlackPress(Outgoing, Base):
    """An authentic word from Slack, kept once, `waiting` until it is done.

    While `answer_until` lies ahead its message can be edited. It is due whenever the message is to show
    something new, or `whisper` is to be said to whoever pressed. `answer_url` is sealed: whoever has it can
    write into the channel.
    """

    __tablename__ = "slack_press"
    press_key: Mapped[str] = mapped_column(unique=True)
    action_id: Mapped[str | None]
    value: Mapped[str | None]
    user_id: Mapped[str | None]
    user_name: Mapped[str | None]
    pressed_at: Mapped[datetime | None]
    page_id: Mapped[int | None] = mapped_column(ForeignKey(Page.id))
    incident_id: Mapped[int | None] = mapped_column(ForeignKey(Incident.id), index=True)
    received_at: Mapped[datetime]
    outcome: Mapped[str]
    whisper: Mapped[str | None]
    answer_url: Mapped[str | None]
    answer_until: Mapped[datetime | None]
    answers: Mapped[int] = mapped_column(default=0)


class PageBudget(Base):
    """How many calls may leave through one key of PagerDuty's: `tokens`, as of `filled_at`."""

    __tablename__ = "page_budget"
    name: Mapped[str] = mapped_column(primary_key=True)
    tokens: Mapped[float] = mapped_column(Float())
    filled_at: Mapped[datetime]
    calls: Mapped[int]
