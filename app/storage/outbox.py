"""Durable work: a row with a due time, claimed under a lease, is done at least once and never forgotten.

A claim raises `attempts` and sets a lease with a fresh token. Whoever settles the row shows the token, so a
process that was frozen past its lease cannot undo what its successor did. `due_at` is null once settled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from app import clock
from app.storage import arrays
from app.storage.base import Key


class Outgoing:
    """The columns that make a row durable work."""

    id: Mapped[Key]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    lease_until: Mapped[datetime | None]
    lease_token: Mapped[UUID | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]


Row = TypeVar("Row", bound=Outgoing)
Order = ColumnElement[Any] | InstrumentedAttribute[Any]


async def claim(
    session: AsyncSession,
    kind: type[Row],
    *,
    lease: timedelta,
    limit: int,
    urgency: Sequence[Order] = (),
    among: Sequence[ColumnElement[bool]] = (),
) -> Sequence[Row]:
    """Take due rows that nobody holds, the most urgent first, and hold them for `lease`.

    `among` narrows down which.
    """
    token = uuid4()
    due = (
        select(kind.id)
        .where(_is_free(kind), kind.due_at <= clock.once(), *among)
        .order_by(*urgency, kind.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")  # as a plain subquery it may run more than once, and then claims more than `limit`
    )
    taken = await session.scalars(
        update(kind)
        .where(kind.id.in_(select(due.c.id)))
        .values(lease_token=token, lease_until=clock.after(lease), attempts=kind.attempts + 1)
        .returning(kind)
    )
    return taken.all()


async def hold(session: AsyncSession, kind: type[Row], claimed: Iterable[Row]) -> Mapping[int, Row]:
    """Lock rows that were claimed, to settle them by hand; `is_ours` says which nobody has taken over."""
    locked = await session.scalars(
        select(kind)
        .where(arrays.among(kind.id, "ids"))
        .order_by(kind.id)
        .with_for_update()
        .execution_options(populate_existing=True),
        {"ids": [row.id for row in claimed]},
    )
    return {row.id: row for row in locked}


def is_ours(held: Outgoing, claimed: Outgoing) -> bool:
    """Whether a row that `hold` has given is still under the lease that it was claimed under."""
    return held.lease_token == claimed.lease_token


def release(row: Outgoing, *, due_at: datetime | None) -> None:
    """End the lease on a row that `hold` has given; it is due again at `due_at`, or settled."""
    row.due_at, row.lease_until, row.lease_token = due_at, None, None


async def settle(session: AsyncSession, row: Outgoing, **outcome: Any) -> bool:
    """Write how it went, if the lease is still ours; False when somebody else has taken the row over."""
    kind = type(row)
    values = {"due_at": None, "lease_until": None, "lease_token": None, **outcome}
    mine = and_(kind.id == row.id, kind.lease_token == row.lease_token)
    settled = await session.scalar(update(kind).where(mine).values(**values).returning(kind.id))
    return settled is not None


async def seconds_until_due(session: AsyncSession, kind: type[Outgoing]) -> float | None:
    """How long until the next row of a kind is due: negative when late, None when there is none."""
    wait = func.extract("epoch", func.min(func.greatest(kind.due_at, kind.lease_until)) - clock.now())
    seconds = await session.scalar(select(wait).where(kind.due_at.is_not(None)))
    return None if seconds is None else float(seconds)


def _is_free(kind: type[Outgoing]) -> ColumnElement[bool]:
    return or_(kind.lease_until.is_(None), kind.lease_until <= clock.once())
