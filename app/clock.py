"""Time. Only PostgreSQL's clock decides when something is due; no process trusts its own.

Statements call `clock_timestamp()` without naming its schema, so that a test can put a schema with a
clock of its own first in the search path and move five minutes in a millisecond.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import ColumnElement, DateTime, Executable, Interval, cast, func, select


class Executes(Protocol):
    """A session or a connection."""

    async def scalar(self, statement: Executable, /) -> Any:
        """The first column of the first row."""


def now() -> ColumnElement[datetime]:
    """The database's clock, as an expression. It moves within a transaction."""
    return func.clock_timestamp(type_=DateTime(timezone=True))


def once() -> ColumnElement[datetime]:
    """The database's clock, asked once per statement, for conditions that an index is to serve.

    A volatile function is asked anew for every row, so that PostgreSQL would read all of them.
    """
    return select(now()).scalar_subquery()


def after(delay: timedelta) -> ColumnElement[datetime]:
    """The moment that lies `delay` after the database's now, as an expression."""
    return now() + cast(delay, Interval)


async def read(database: Executes) -> datetime:
    """Ask the database for its time, in UTC."""
    moment: datetime = await database.scalar(select(now()))
    return moment.astimezone(UTC)
