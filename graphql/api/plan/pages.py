"""A connection inside a statement: the rows of one page, its edges and what lies around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from graphql import FieldNode, GraphQLObjectType, get_named_type
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Text,
    exists,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from api.plan import keyset, texts
from api.plan.declare import Condition, Connection
from api.plan.inputs import Arguments, Hole, Site
from api.plan.rows import Rows
from api.plan.selection import Fields
from api.plan.texts import Piece

if TYPE_CHECKING:
    from api.plan.compiler import Compiler

POSITION = "#"  # the column that counts a page's rows; no table has one of this name


class Pages:
    """Compiles one call of a connection."""

    def __init__(self, compiler: Compiler, plan: Connection, site: Site, inner: Rows) -> None:
        self.compiler = compiler
        self.plan = plan
        self.site = site
        self.inner = inner
        self.arguments = compiler.inputs.arguments(site)
        self.backward = keyset.is_backward(self.arguments)

        self.mark = Hole(Text(), lambda inputs: keyset.page(plan, site, inputs).digest)
        self.sizes = {extra: self._size(extra) for extra in (0, 1)}

    def value(self, type_: GraphQLObjectType, item: GraphQLObjectType, fields: Fields) -> ColumnElement[str]:
        """The connection as one text."""
        around = {one.name.value for calls in fields.values() for one in calls} & {"pageInfo"}
        self.counted = bool(around)
        self.page = self.inner.moved(self._page().subquery(self.compiler.name()))
        members = [(key, self._member(type_, item, calls, key)) for key, calls in fields.items()]
        chosen = select(texts.Joined(texts.object_(members))).select_from(self.page.source)
        # One row, also when nothing that was asked for is an aggregate.
        chosen = chosen.having(literal_column("true"))
        return chosen.correlate_except(self.page.source).scalar_subquery()

    def _member(
        self, type_: GraphQLObjectType, item: GraphQLObjectType, calls: list[FieldNode], key: str
    ) -> Sequence[Piece]:
        name = calls[0].name.value
        if name == "__typename":
            return [f'"{type_.name}"']
        inner = get_named_type(type_.fields[name].type)
        assert isinstance(inner, GraphQLObjectType)  # noqa: S101 - a connection has only such fields
        fields = self.compiler.selector.below(inner, calls)
        path = (*self.site.path, key)
        if name == "nodes":
            return self._list(self.compiler.object(item, fields, self.page, path))
        if name == "edges":
            return self._list(self._edge(inner, item, fields, path))
        return self._page_info(inner, fields)

    def _edge(
        self, type_: GraphQLObjectType, item: GraphQLObjectType, fields: Fields, path: tuple[str, ...]
    ) -> Sequence[Piece]:
        members: list[tuple[str, Sequence[Piece]]] = []
        for key, calls in fields.items():
            name = calls[0].name.value
            if name == "__typename":
                members.append((key, [f'"{type_.name}"']))
            elif name == "cursor":
                members.append((key, ['"', self._cursor(), '"']))
            else:
                below = self.compiler.selector.below(item, calls)
                members.append((key, self.compiler.object(item, below, self.page, (*path, key))))
        return texts.object_(members)

    def _list(self, row: Sequence[Piece]) -> list[Piece]:
        ordered: Any = aggregate_order_by(texts.COMMA, *self._forwards()) if self.backward else texts.COMMA
        joined = func.string_agg(texts.Joined(row), ordered, type_=Text())
        return texts.array(joined.filter(self._is_asked_for()) if self.counted else joined)

    def _forwards(self) -> list[ColumnElement[Any]]:
        if self.counted:
            return [self.page.source.c[POSITION].desc()]
        return [one.desc() if self.plan.descending else one.asc() for one in self._keys(self.page)]

    def _page(self) -> Any:
        """The rows of the page, and one more to see whether there are others."""
        keys = self._keys(self.inner)
        order = [one.desc() if self._walks_down else one.asc() for one in keys]
        columns: list[ColumnElement[Any]] = list(self.inner.source.c)
        if self.counted:
            columns.append(func.row_number().over(order_by=order).label(POSITION))
        marks = [self._beyond(name) for name in ("after", "before") if self._has(name)]
        chosen = select(*columns).select_from(self.inner.source).correlate_except(self.inner.source)
        return (
            chosen.where(*self._conditions(), *marks)
            .order_by(*order)
            .limit(self.sizes[1 if self.counted else 0])
        )

    @property
    def _walks_down(self) -> bool:
        return self.plan.descending != self.backward

    def _conditions(self) -> list[Condition]:
        filters = self.plan.filter(Arguments(self.site, self.arguments))
        return self.inner.conditions(self.plan.where, *filters)

    def _keys(self, place: Rows) -> list[ColumnElement[Any]]:
        return place.all_here(self.plan.keys)

    def _size(self, extra: int) -> ColumnElement[int]:
        if self.site.constant is not None:
            size = keyset.page(self.plan, self.site, self.compiler.inputs).size
            return literal_column(str(size + extra), Integer())
        return Hole(BigInteger(), lambda inputs: keyset.page(self.plan, self.site, inputs).size + extra)

    def _is_asked_for(self) -> Condition:
        return self.page.source.c[POSITION] <= self.sizes[0]

    def _has(self, name: str) -> bool:
        return self.arguments.get(name) is not None

    def _beyond(self, name: str) -> Condition:
        return keyset.beyond(self.plan, self.site, self._keys(self.inner), name)

    def _cursor(self) -> ColumnElement[str]:
        return keyset.cursor(self.mark, self._keys(self.page))

    def _page_info(self, type_: GraphQLObjectType, fields: Fields) -> list[Piece]:
        makers: dict[str, Callable[[], list[Piece]]] = {
            "hasNextPage": lambda: self._more(extra=not self.backward, outside="before"),
            "hasPreviousPage": lambda: self._more(extra=self.backward, outside="after"),
            "startCursor": lambda: self._end(first=not self.backward),
            "endCursor": lambda: self._end(first=self.backward),
            "__typename": lambda: [f'"{type_.name}"'],
        }
        return texts.object_((key, makers[calls[0].name.value]()) for key, calls in fields.items())

    def _more(self, *, extra: bool, outside: str) -> list[Piece]:
        """Whether rows follow: the extra row came, or some lie on the far side of the other mark."""
        one_more = func.count() > self.sizes[0] if extra else false()
        if not self._has(outside):
            return [one_more.cast(Text)]
        beyond = exists().where(*self._conditions(), not_(self._beyond(outside)))
        there = beyond.select_from(self.inner.source).correlate_except(self.inner.source)
        return [or_(one_more, there).cast(Text)]

    def _end(self, *, first: bool) -> list[Piece]:
        """The cursor of the row that was read first, or last."""
        # Ordered by name: beside an aggregate in another order, rows do not stay as they came.
        ordered: Any = aggregate_order_by(texts.COMMA, self.page.source.c[POSITION])
        cursors = func.string_agg(self._cursor(), ordered).filter(self._is_asked_for())
        found = func.split_part(cursors, texts.COMMA, literal_column("1" if first else "-1"), type_=Text())
        return [texts.or_text(texts.Joined(['"', found, '"']), "null")]
