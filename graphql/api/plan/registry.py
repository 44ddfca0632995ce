"""Finds the plan that a schema's type or field was declared with."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLField, GraphQLNamedType, GraphQLObjectType, GraphQLSchema

from api.plan.declare import PLAN, Plan, TypePlan

DECLARATION = "strawberry-definition"


def of_field(field: GraphQLField) -> Plan | None:
    """How a field is read, or None when only its resolver knows."""
    declaration = field.extensions.get(DECLARATION)
    return declaration.metadata.get(PLAN) if declaration else None


def of_type(type_: GraphQLNamedType) -> TypePlan | None:
    """Where the rows of a type are, or None for a type without rows."""
    declaration = type_.extensions.get(DECLARATION)
    found: TypePlan | None = getattr(getattr(declaration, "origin", None), "__plan__", None)
    return found


def nodes(schema: GraphQLSchema) -> dict[str, tuple[GraphQLObjectType, TypePlan]]:
    """The types that `node(id:)` reads, by the prefix of their ids."""
    plans: list[tuple[Any, TypePlan | None]] = [(one, of_type(one)) for one in schema.type_map.values()]
    return {plan.prefix: (one, plan) for one, plan in plans if plan and plan.prefix}
