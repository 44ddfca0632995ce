"""The slow way: every object is fetched by a simple statement of its own, and graphql-core does all the rest.

It shares with the plans only what the types declare; a property test holds the two ways against each other.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import graphql
import msgspec
from graphql import ExecutionResult, GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema, get_named_type
from sqlalchemy import ColumnElement, FromClause, Select, select
from sqlalchemy.sql.visitors import replacement_traverse

from api.calls import Call
from api.plan import declare, keyset, registry
from api.plan.compiler import split_id
from api.plan.declare import Condition, hidden
from api.plan.inputs import Arguments, Hole, Site
from api.plan.statement import DIALECT
from api.schema import bind, declared

Row = dict[str, Any]
Info = GraphQLResolveInfo[Any]


@cache
def schema() -> GraphQLSchema:
    """The same schema with resolvers that fetch."""
    made = declared()._schema
    bind(made, resolve, resolve)
    return made


async def run(call: Call) -> ExecutionResult:
    """Execute a query the slow way."""
    found = graphql.execute(schema(), call.document.ast, {}, call, dict(call.variables), call.document.name)
    return found if isinstance(found, ExecutionResult) else await found


async def resolve(parent: Row, info: Info, **_: Any) -> Any:
    """Resolve one field of one object."""
    field = info.parent_type.fields[info.field_name]
    site = Site.at(field, info.field_nodes[0], tuple(map(str, info.path.as_list())))
    plan = registry.of_field(field)
    fetch = Fetch(info.context, info.parent_type, parent)
    type_: Any = get_named_type(field.type)
    match plan:
        case declare.Column():
            found = await fetch.value(parent, info.field_name, type_.name)
        case declare.Part():
            found = await fetch.part(type_)
        case declare.One():
            found = await fetch.one(plan, site, type_)
        case declare.Many():
            found = await fetch.many(plan, type_)
        case declare.Connection():
            found = await fetch.page(plan, site, get_named_type(type_.fields["nodes"].type))
        case declare.Node():
            found = await fetch.node(site, info.schema)
        case _:
            found = parent[info.field_name]
    return found


class Fetch:
    """Fetches what belongs to one parent."""

    def __init__(self, call: Call, parent_type: GraphQLObjectType, parent: Row) -> None:
        self.call = call
        self.inputs = call.inputs
        self.parent = parent
        plan = registry.of_type(parent_type)
        self.parent_table = plan.table if plan else None
        self.parent_type = parent_type

    async def value(self, row: Row, name: str, type_name: str) -> Any:
        """A column's value; what belongs to no row is asked for by itself."""
        if f"={name}" not in row:
            row = (await self._fetch(self.parent_type, select(*_columns(self.parent_type))))[0]
        found = row[f"={name}"]
        return msgspec.json.decode(found) if type_name == "JSON" and found is not None else found

    async def part(self, type_: GraphQLObjectType) -> Row:
        """The same row, as another type."""
        if self.parent_table is None:
            return (await self._fetch(type_, select(*_columns(type_))))[0]
        keys = [_is(column, self.parent[hidden(column.key)]) for column in self.parent_table.primary_key]
        return (await self.rows(type_, keys, ()))[0]

    async def one(self, plan: declare.One, site: Site, type_: GraphQLObjectType) -> Row | None:
        """The row that the condition finds."""
        filters = plan.filter(Arguments(site, self.inputs.arguments(site)))
        found = await self.rows(type_, map(self._for_parent, [plan.where, *filters]), ())
        if not found and plan.otherwise is not None:
            found = await self._stand_in(plan.otherwise, type_)
        return found[0] if found else None

    async def many(self, plan: declare.Many, type_: GraphQLObjectType) -> list[Row]:
        """All rows in their order."""
        return await self.rows(type_, [self._for_parent(plan.where)], plan.order)

    async def rows(
        self, type_: GraphQLObjectType, where: Iterable[Condition | None], order: Sequence[ColumnElement[Any]]
    ) -> list[Row]:
        """The rows of a type that the viewer sees."""
        plan = registry.of_type(type_)
        assert plan is not None  # noqa: S101 - every planned type has one
        assert plan.table is not None  # noqa: S101 - and rows, when it is asked for by condition
        own = [one for one in (plan.sees, *where) if one is not None]
        chosen = select(*_columns(type_)).select_from(plan.table).where(*own).order_by(*order)
        return await self._fetch(type_, chosen)

    async def page(self, plan: declare.Connection, site: Site, item: Any) -> Row:
        """One page, cut out of all rows."""
        filters = plan.filter(Arguments(site, self.inputs.arguments(site)))
        order = [one.desc() if plan.descending else one.asc() for one in plan.keys]
        everything = await self.rows(item, map(self._for_parent, [plan.where, *filters]), order)
        return _page(plan, keyset.page(plan, site, self.inputs), everything)

    async def node(self, site: Site, schema_: GraphQLSchema) -> Row | None:
        """Any object by its id."""
        prefix, number = split_id(self.inputs.arguments(site)["id"])
        type_, plan = registry.nodes(schema_).get(prefix, (None, None))
        if type_ is None or plan is None or plan.key is None or number is None:
            return None
        found = await self.rows(type_, [plan.key == number], ())
        return {**found[0], hidden("type"): type_.name} if found else None

    async def _stand_in(self, stand_in: declare.StandIn, type_: GraphQLObjectType) -> list[Row]:
        source = stand_in.row.subquery("stand_in")
        plan = registry.of_type(type_)
        table = plan.table if plan else None
        columns = [
            _moved(one, table, source)
            for one in _columns(type_)
            if not one.name.startswith(hidden("")) or one.name[1:] in source.c
        ]
        return await self._fetch(type_, select(*columns).where(self._for_parent(stand_in.where)))

    async def _fetch(self, type_: GraphQLObjectType, chosen: Select[Any]) -> list[Row]:
        compiled = chosen.compile(dialect=DIALECT, compile_kwargs={"literal_binds": True})
        holes: dict[int, Hole] = compiled.__dict__.get("holes", {})
        values = [hole.read(self.inputs) for hole in holes.values()]
        async with self.call.context.database.reading() as connection:
            return [dict(row) for row in await connection.fetch(str(compiled), *values)]

    def _for_parent(self, condition: Any) -> Any:
        """A condition in which the parent's columns are values."""
        if condition is None or self.parent_table is None:
            return condition
        table = self.parent_table

        def replace(element: Any, **_: Any) -> Any:
            if getattr(element, "table", None) is not table:
                return None
            value = self.parent[hidden(element.key)]
            return Hole(element.type, lambda _: value)

        return replacement_traverse(condition, {}, replace)


def _columns(type_: GraphQLObjectType) -> list[Any]:
    """What a row carries: its fields by name, and its columns under hidden keys."""
    plan = registry.of_type(type_)
    table = plan.table if plan else None
    own = [one.label(hidden(one.key)) for one in table.c] if table is not None else []
    plans = {name: registry.of_field(field) for name, field in type_.fields.items()}
    fields = [
        one.expression.label(f"={name}") for name, one in plans.items() if isinstance(one, declare.Column)
    ]
    return [*own, *fields]


def _is(column: ColumnElement[Any], value: Any) -> Condition:
    return column == Hole(column.type, lambda _: value)


def _moved(expression: Any, table: FromClause | None, source: FromClause) -> Any:
    def replace(element: Any, **_: Any) -> Any:
        return source.c.get(element.key) if getattr(element, "table", None) is table else None

    return replacement_traverse(expression, {}, replace)


def _page(plan: declare.Connection, page: keyset.Page, everything: list[Row]) -> Row:
    low = 0 if page.after is None else _index(plan, everything, page.after, past=True)
    high = len(everything) if page.before is None else _index(plan, everything, page.before, past=False)
    visible = everything[low:high]
    cut = max(len(visible) - page.size, 0)
    rows = visible[cut:] if page.backward else visible[: page.size]
    edges = [{"cursor": _cursor(plan, page.digest, row), "node": row} for row in rows]
    more = len(visible) > page.size
    around = {
        "hasNextPage": (more and not page.backward) or high < len(everything),
        "hasPreviousPage": (more and page.backward) or low > 0,
        "startCursor": edges[0]["cursor"] if edges else None,
        "endCursor": edges[-1]["cursor"] if edges else None,
    }
    return {"edges": edges, "nodes": rows, "pageInfo": around}


def _index(plan: declare.Connection, everything: list[Row], mark: tuple[Any, ...], *, past: bool) -> int:
    """How many rows come before a mark; `past` counts the row at the mark too."""

    def precedes(row: Row) -> bool:
        keys = _keys(plan, row)
        return (past and keys == mark) or (keys > mark if plan.descending else keys < mark)

    return sum(map(precedes, everything))


def _keys(plan: declare.Connection, row: Row) -> tuple[Any, ...]:
    return tuple(row[hidden(key.key or "")] for key in plan.keys)


def _cursor(plan: declare.Connection, digest: str, row: Row) -> str:
    texts = [digest, *(str(_number(key)) for key in _keys(plan, row))]
    return base64.urlsafe_b64encode(":".join(texts).encode()).decode().rstrip("=")


def _number(key: Any) -> int:
    if isinstance(key, datetime):
        since = key - keyset.EPOCH
        return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    number: int = key
    return number
