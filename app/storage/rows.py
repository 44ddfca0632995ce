"""Rows that a transaction adds: kept until something may look for them, then written a table at a time.

SQLAlchemy's unit of work does the same for objects, at three times the price (measured). Most of what a
command writes is never looked at again in its transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import event, insert
from sqlalchemy.orm import ORMExecuteState, Session

from app.storage.base import Base

_WAITING = "rows that wait"


class RowSession(Session):
    """A session that also writes waiting rows before a statement of the models and before the commit."""


def add(session: Session, kind: type[Base], values: Mapping[str, Any]) -> None:
    """Let one row wait. `values` are by column, and all rows of a kind name the same ones."""
    waiting = session.info.setdefault(_WAITING, {})
    waiting.setdefault(kind.__table__, []).append(values)


@event.listens_for(RowSession, "do_orm_execute")
def _before_statement(state: ORMExecuteState) -> None:
    if state.is_orm_statement:
        write(state.session)


@event.listens_for(RowSession, "before_commit")
def write(session: Session) -> None:
    """Write what waits, after the objects it may belong to."""
    if waiting := session.info.pop(_WAITING, None):
        session.flush()
        connection = session.connection()
        for table, rows in waiting.items():
            connection.execute(insert(table), rows)
