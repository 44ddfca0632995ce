"""Many values in one statement: arrays are binds, so that it stays the same one however many they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, TableValuedAlias, any_, bindparam, column, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import TypeEngine


def among(one: InstrumentedAttribute[Any], name: str) -> ColumnElement[bool]:
    """Whether a column's value is one of those that are bound to `name`."""
    return one == any_(bindparam(name, type_=ARRAY(one.type)))


def table(name: str, **columns: TypeEngine[Any]) -> TableValuedAlias:
    """Rows that `bind` binds, column by column."""
    arrays = [bindparam(f"{name}_{one}", type_=ARRAY(kind)) for one, kind in columns.items()]
    shape = [column(one, kind) for one, kind in columns.items()]
    return func.unnest(*arrays).table_valued(*shape).render_derived(name)


def bind(name: str, **columns: Iterable[Any]) -> dict[str, list[Any]]:
    """The values of a `table`."""
    return {f"{name}_{one}": list(values) for one, values in columns.items()}
