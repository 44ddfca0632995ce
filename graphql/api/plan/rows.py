"""Rows of one type inside a statement: an alias of its table, with the viewer's row-level scope."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, FromClause
from sqlalchemy.sql.visitors import replacement_traverse

from api.plan.declare import Condition, TypePlan

E = TypeVar("E", bound=ColumnElement[Any])


@dataclass(frozen=True, slots=True)
class Rows:
    """A table as it is called at one place of a statement."""

    plan: TypePlan
    source: FromClause
    parent: Rows | None = None

    def here(self, expression: E) -> E:
        """An expression over the tables of declarations, said of this place and what it is nested in."""
        tables: dict[int, FromClause] = {}
        place: Rows | None = self
        while place is not None:
            if place.plan.table is not None:
                tables.setdefault(id(place.plan.table), place.source)
            place = place.parent

        def replace(element: Any, **_: Any) -> Any:
            source = tables.get(id(getattr(element, "table", None)))
            return None if source is None else source.c[element.key]

        plain = replace(expression)  # most are a column and nothing more
        made: E = plain if plain is not None else replacement_traverse(expression, {}, replace)
        return made

    def conditions(self, *extra: Condition | None) -> list[Condition]:
        """Everything that a row must fulfil: the viewer's scope first."""
        return [self.here(one) for one in (self.plan.sees, *extra) if one is not None]

    def all_here(self, expressions: Iterable[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
        """Several expressions, said of this place."""
        return [self.here(one) for one in expressions]

    def moved(self, source: FromClause) -> Rows:
        """The same rows under another name, such as those of a subquery."""
        return Rows(self.plan, source, self.parent)


def rows(plan: TypePlan, name: str, parent: Rows | None) -> Rows:
    """Call a type's table by `name` inside `parent`."""
    assert plan.table is not None  # noqa: S101 - a type without a table is only ever a part
    return Rows(plan, plan.table.alias(name), parent)
