"""Many values in one statement: arrays are binds, so that it stays the same one however many they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, TableValuedAlias, any_, bindparam, column, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.selectable import LateralFromClause
from sqlalchemy.types import TypeEngine


def among(one: InstrumentedAttribute[Any], name: str) -> ColumnElement[bool]:
    """Whether a column's value is one of those that are bound to `name`."""
    return one == any_(bindparam(name, type_=ARRAY(one.type)))


def table(name: str, **columns: TypeEngine[Any]) -> TableValuedAlias:
    """Rows that `bind` binds, column by column."""
    arrays = [bindparam(f"{name}_{one}", type_=ARRAY(kind)) for one, kind in columns.items()]
    shape = [column(one, kind) for one, kind in columns.items()]
    return func.unnest(*arrays).table_valued(*shape).render_derived(name)


def each(rows: TableValuedAlias, found: Select[*tuple[Any, ...]]) -> LateralFromClause:
    """Ask a question for one row of a `table` after the other, by an index, whatever the statistics say.

    In a storm tables grow faster than their statistics, and a plain join would read all of them.
    """
    # An offset keeps the question from being merged into the join.
    return found.offset(0).correlate(rows).lateral()


def bind(name: str, **columns: Iterable[Any]) -> dict[str, list[Any]]:
    """The values of a `table`."""
    return {f"{name}_{one}": list(values) for one, values in columns.items()}
