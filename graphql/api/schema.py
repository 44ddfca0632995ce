"""The schema: Strawberry's types, whose planned fields take their values from what a plan has read."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
)
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.name_converter import NameConverter

from api.mutation import Mutation
from api.plan import declare, registry
from api.plan.payloads import from_payload
from api.query import Query
from api.scalars import SCALARS
from api.subscription import Subscription

Resolver = Callable[..., Any]


class Names(NameConverter):
    """Connections are named after what they list: TimelineConnection holds TimelineEvents."""

    def from_generic(self, generic_type: Any, types: list[Any]) -> str:
        """Join the noun and `Connection` or `Edge`."""
        return super().from_generic(generic_type, types).replace("Event", "", 1)


@cache
def schema() -> strawberry.Schema:
    """The schema whose planned fields take what a plan has read. Built once in a process."""
    made = declared()
    bind(made._schema, from_plan, from_payload)
    return made


def declared() -> strawberry.Schema:
    """The schema as it is declared; nothing resolves its planned fields yet."""
    return strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        config=StrawberryConfig(name_converter=Names(), scalar_map=SCALARS, disable_field_suggestions=True),
    )


def core() -> GraphQLSchema:
    """The schema as graphql-core knows it."""
    return schema()._schema


def bind(made: GraphQLSchema, row: Resolver, payload: Resolver) -> None:
    """Resolve planned fields of rows and of payloads so, and let enums pass what is already written."""
    for type_ in made.type_map.values():
        if isinstance(type_, GraphQLEnumType):
            type_.coerce_output_value = _written(type_)  # type: ignore[method-assign]
        if isinstance(type_, GraphQLInterfaceType):
            type_.resolve_type = _named_type
        if isinstance(type_, GraphQLObjectType):
            type_.is_type_of = None
            _bind_fields(type_, row, payload)


def _bind_fields(type_: GraphQLObjectType, row: Resolver, payload: Resolver) -> None:
    has_rows = registry.of_type(type_) is not None
    for field in type_.fields.values():
        plan = registry.of_field(field)
        if isinstance(plan, declare.OfPage) or (has_rows and plan and not isinstance(plan, declare.Computed)):
            field.resolve = row
        elif isinstance(plan, declare.One):
            field.resolve = payload


def from_plan(parent: Any, info: GraphQLResolveInfo[Any], **_: Any) -> Any:
    """Take a planned field's value from its parent, which a plan has read."""
    return parent[info.path.key]


def _named_type(value: Any, _info: Any, _type: Any) -> str:
    name: str = value[declare.hidden("type")]
    return name


def _written(type_: GraphQLEnumType) -> Any:
    usual = type_.coerce_output_value

    def write(value: Any) -> str:
        return value if type(value) is str and value in type_.values else usual(value)

    return write
