"""Silences as partners read them, and what one would hold back."""

from __future__ import annotations

from datetime import datetime

import strawberry
from sqlalchemy import Integer, Text, case, cast, func, select

from api import plan, viewer
from api.calls import Call
from api.incidents.parts import ALERT, Alert
from api.node import Node
from api.plan import column
from app import clock
from app.incidents import models
from app.incidents.silences import keeping

SILENCE = models.Silence.__table__.c
HELD_BACK = models.Alert.__table__.alias("held_back").c
HELD = (
    select(cast(func.count(), Integer))
    .where(HELD_BACK.silence_id == SILENCE.id, HELD_BACK.status == "suppressed")
    .scalar_subquery()
)
STATE = case(
    (SILENCE.starts_at > clock.now(), "scheduled"), (SILENCE.ends_at > clock.now(), "active"), else_="over"
)


@plan.table_type(
    models.Silence.__table__,
    sees=viewer.SEES_INCIDENTS,
    node="silence",
    description="Alerts that somebody expects: they are kept and shown, and page nobody while it lasts.",
)
class Silence(Node):
    """A silence."""

    matchers: list[str] = column(SILENCE.matchers, "What an alert must say, all of it.")
    reason: str = column(SILENCE.reason, "Why.")
    state: str = column(cast(STATE, Text), "`scheduled`, `active` or `over`.")
    starts_at: datetime = column(SILENCE.starts_at, "From when.")
    ends_at: datetime = column(SILENCE.ends_at, "Until when; what still fires then pages.")
    includes_s0: bool = column(SILENCE.includes_s0, "Whether an S0 is held back as well.", name="includesS0")
    created_at: datetime = column(SILENCE.created_at, "When it was made.")
    created_by: str = column(SILENCE.created_by, "Who made it.")
    ended_by: str | None = column(SILENCE.ended_by, "Who ended it early.")
    held: int = column(HELD, "How many alerts it holds back now.")
    alerts: list[Alert] = plan.many(
        ALERT.silence_id == SILENCE.id,
        "What it held back, the newest last.",
        order=[ALERT.first_occurred_at, ALERT.id],
    )


@strawberry.type(description="What a silence would have held back in the last seven days.")
class SilencePreview:
    """A look back."""

    matched: int = strawberry.field(description="How many alerts fit.")
    looked_at: int = strawberry.field(
        description=f"How many alerts there were, at most the newest {keeping.MOST_LOOKED_AT:,}."
    )
    examples: list[str] = strawberry.field(description="What some of them said.")


async def preview_of(info: strawberry.Info[Call], matchers: list[str]) -> SilencePreview | None:
    """Look back; None for who sees no incidents. Raises: InvalidInput at `matchers`."""
    context = info.context.context
    if not viewer.may_see_incidents(context.actor):
        return None
    async with context.database.unit_of_work() as work:
        found = await keeping.preview(work, matchers)
    return SilencePreview(matched=found.matched, looked_at=found.looked_at, examples=list(found.examples))
