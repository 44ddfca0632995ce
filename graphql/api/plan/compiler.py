"""Turns what a document asks for into one SQL expression whose value is the finished JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from graphql import FieldNode, GraphQLField, GraphQLObjectType, get_named_type, is_non_null_type
from sqlalchemy import BigInteger, ColumnElement, ScalarSelect, Select, Text, func, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from api.plan import declare, registry, texts
from api.plan.inputs import Arguments, Hole, Inputs, Site
from api.plan.pages import Pages
from api.plan.rows import Rows, rows
from api.plan.selection import Fields, Selector
from api.plan.texts import Piece

Pieces = Sequence[Piece]
LARGEST_KEY = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Call:
    """A field as a document calls it: where, the type it returns, the merged calls, what they select."""

    site: Site
    type_: GraphQLObjectType
    nodes: list[FieldNode]
    fields: Fields


class Compiler:
    """Compiles one operation, for the arguments' shape that `inputs` shows.

    `needs_completion` says afterwards that some field has only a resolver: then the JSON also carries, under
    hidden keys, what resolvers need and which type an abstract value is of.
    """

    def __init__(self, selector: Selector, inputs: Inputs, *, completed: bool = False) -> None:
        self.selector = selector
        self.inputs = inputs
        self.completed = completed
        self.needs_completion = False
        self._names = 0

    def object(
        self, type_: GraphQLObjectType, fields: Fields, place: Rows | None, path: tuple[str, ...]
    ) -> Pieces:
        """An object of `type_` made of the row at `place`."""
        members: list[tuple[str, Pieces]] = []
        for key, nodes in fields.items():
            if nodes[0].name.value == "__typename":
                members.append((key, [f'"{type_.name}"']))
                continue
            field = type_.fields.get(nodes[0].name.value)
            plan = registry.of_field(field) if field else None
            if field is None or plan is None or isinstance(plan, declare.Computed):
                members += self._needs(plan, place)
            else:
                members.append((key, self._member(plan, self._call(field, nodes, (*path, key)), place)))
        return texts.object_(dict(members).items())

    def _needs(self, plan: declare.Plan | None, place: Rows | None) -> list[tuple[str, Pieces]]:
        self.needs_completion = True
        if not isinstance(plan, declare.Computed) or place is None:
            return []
        return [
            (declare.hidden(one.key or ""), [texts.or_text(func.to_json(place.here(one)).cast(Text), "null")])
            for one in plan.needs
        ]

    def _member(self, plan: declare.Plan, call: Call, place: Rows | None) -> Pieces:
        made: Pieces
        match plan:
            case declare.Column(expression):
                made = texts.leaf(call.site.field.type, place.here(expression) if place else expression)
            case declare.Part():
                made = self.object(call.type_, call.fields, place, call.site.path)
            case declare.One():
                made = self._one(plan, call, place)
            case declare.Many():
                made = self._many(plan, call, place)
            case declare.Connection():
                made = self._connection(plan, call, place)
            case _:
                made = self._node(call)
        return made

    def _call(self, field: GraphQLField, nodes: list[FieldNode], path: tuple[str, ...]) -> Call:
        type_ = get_named_type(field.type)
        fields = self.selector.below(type_, nodes) if isinstance(type_, GraphQLObjectType) else {}
        return Call(Site.at(field, nodes[0], path), cast(GraphQLObjectType, type_), nodes, fields)

    def _one(self, plan: declare.One, call: Call, place: Rows | None) -> Pieces:
        inner = self._rows(call.type_, place)
        filters = plan.filter(Arguments(call.site, self.inputs.arguments(call.site)))
        value = texts.Joined(self.object(call.type_, call.fields, inner, call.site.path))
        found = [_from(select(value), inner).where(*inner.conditions(plan.where, *filters)).scalar_subquery()]
        if plan.otherwise is not None:
            found.append(self._otherwise(plan.otherwise, call, inner))
        if is_non_null_type(call.site.field.type):
            return [func.coalesce(*found, type_=Text())]
        return [func.coalesce(*found, literal_column("'null'"), type_=Text())]

    def _otherwise(self, stand_in: declare.StandIn, call: Call, inner: Rows) -> ScalarSelect[str]:
        place = inner.moved(stand_in.row.subquery(self.name()))
        value = texts.Joined(self.object(call.type_, call.fields, place, call.site.path))
        return _from(select(value), place).where(place.here(stand_in.where)).scalar_subquery()

    def _many(self, plan: declare.Many, call: Call, place: Rows | None) -> Pieces:
        inner = self._rows(call.type_, place)
        item = texts.Joined(self.object(call.type_, call.fields, inner, call.site.path))
        ordered: ColumnElement[str] = aggregate_order_by(texts.COMMA, *inner.all_here(plan.order))
        joined = select(func.string_agg(item, ordered, type_=Text()))
        return texts.array(_from(joined, inner).where(*inner.conditions(plan.where)).scalar_subquery())

    def _connection(self, plan: declare.Connection, call: Call, place: Rows | None) -> Pieces:
        item = cast(GraphQLObjectType, get_named_type(call.type_.fields["nodes"].type))
        return [Pages(self, plan, call.site, self._rows(item, place)).value(call.type_, item, call.fields)]

    def _node(self, call: Call) -> Pieces:
        site = call.site
        prefix, _ = split_id(self.inputs.arguments(site)["id"])
        found = registry.nodes(self.selector.schema).get(prefix)
        if found is None:
            return ["null"]
        type_, plan = found
        inner = rows(plan, self.name(), None)
        value = [*self.object(type_, self.selector.below(type_, call.nodes), inner, site.path)]
        if self.completed:
            value = mark_type(value, type_.name)
        wanted = Hole(BigInteger(), lambda inputs: split_id(inputs.arguments(site)["id"])[1])
        assert plan.key is not None  # noqa: S101 - only types with a key are nodes
        chosen = _from(select(texts.Joined(value)), inner).where(*inner.conditions(plan.key == wanted))
        return [texts.or_text(chosen.scalar_subquery(), "null")]

    def _rows(self, type_: GraphQLObjectType, place: Rows | None) -> Rows:
        plan = registry.of_type(type_)
        assert plan is not None, f"{type_.name} has no rows"  # noqa: S101 - a test plans every field
        return rows(plan, self.name(), place)

    def name(self) -> str:
        """A new name for a table in the statement."""
        self._names += 1
        return f"t{self._names}"


def split_id(text: str) -> tuple[str, int | None]:
    """The type's prefix and the key in a node's id; the key of what cannot be one is None."""
    prefix, _, number = text.rpartition("_")
    usual = number.isascii() and number.isdigit() and len(number) < len(str(LARGEST_KEY))
    return prefix, int(number) if usual else None


def mark_type(value: list[Piece], name: str) -> list[Piece]:
    """Say in an object's JSON, under a hidden key, which type it is of."""
    key = f'"{declare.hidden("type")}":"{name}"'
    rest = [str(value[0])[1:], *value[1:]]
    return ["{" + key + ("" if rest == ["}"] else ","), *rest]


def _from(chosen: Select[Any], place: Rows) -> Select[Any]:
    return chosen.select_from(place.source).correlate_except(place.source)
