"""The schema as a reference to read: every type with its members, from the schema itself, so never stale."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLUnionType,
)

from api.schema import core

FIRST = ("Query", "Mutation", "Subscription")
KINDS: dict[type[GraphQLNamedType], str] = {
    GraphQLObjectType: "type",
    GraphQLInterfaceType: "interface",
    GraphQLInputObjectType: "input",
    GraphQLEnumType: "enum",
    GraphQLUnionType: "union",
    GraphQLScalarType: "scalar",
}


@dataclass(frozen=True, slots=True)
class Member:
    """A field, an input field or a value of an enum."""

    name: str
    signature: str
    description: str
    deprecated: str


@dataclass(frozen=True, slots=True)
class Type:
    """One type of the schema."""

    name: str
    kind: str
    description: str
    members: tuple[Member, ...]


@cache
def types() -> tuple[Type, ...]:
    """All types: the roots first, then by name."""
    named = [one for name, one in core().type_map.items() if not name.startswith("__")]
    return tuple(_type(one) for one in sorted(named, key=_order))


def _order(type_: GraphQLNamedType) -> tuple[int, str]:
    return FIRST.index(type_.name) if type_.name in FIRST else len(FIRST), type_.name


def _type(type_: GraphQLNamedType) -> Type:
    kind = next(word for kind, word in KINDS.items() if isinstance(type_, kind))
    return Type(type_.name, kind, type_.description or "", tuple(_members(type_)))


def _members(type_: Any) -> Iterator[Member]:
    for name, value in getattr(type_, "values", {}).items():
        yield Member(name, name, value.description or "", value.deprecation_reason or "")
    for name, field in getattr(type_, "fields", {}).items():
        signature = f"{name}{_arguments(field)}: {field.type}"
        yield Member(name, signature, field.description or "", field.deprecation_reason or "")


def _arguments(field: Any) -> str:
    arguments = getattr(field, "args", {})
    return f"({', '.join(f'{name}: {one.type}' for name, one in arguments.items())})" if arguments else ""
