"""What an operation costs: a point for each object it may return, by the page sizes that it asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_leaf_type,
)

from api.plan import declare, keyset, registry
from api.plan.inputs import Inputs, Site

MUTATION = 10
INTROSPECTION = 500

Cost = int | Callable[[Inputs], int]
Fielded = GraphQLObjectType | GraphQLInterfaceType


@dataclass(frozen=True, slots=True)
class Price:
    """What an operation costs, and the calls of connections that make it so."""

    cost: Cost
    pages: list[tuple[declare.Connection, Site]]


def of(
    schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Price:
    """Work the cost out once; what hangs on variables is left as a function of them."""
    root = schema.get_root_type(operation.operation)
    assert root is not None  # noqa: S101 - validation has seen that the schema has this kind
    counter = Counter(schema, fragments)
    inner = counter.selection(root, operation.selection_set)
    base = MUTATION * len(operation.selection_set.selections) if root is schema.mutation_type else 1
    return Price(_sum([base, inner]), counter.pages)


def value(cost: Cost, inputs: Inputs) -> int:
    """The points, with the variables of one request."""
    return cost if isinstance(cost, int) else cost(inputs)


@dataclass(frozen=True, slots=True)
class Counter:
    """Counts selections. Fragments are expanded: limits.py has seen that they stay small."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    pages: list[tuple[declare.Connection, Site]] = field(default_factory=list)

    def selection(self, type_: GraphQLNamedType, chosen: SelectionSetNode | None) -> Cost:
        """What the fields of one object cost."""
        return _sum([self._one(type_, node) for node in chosen.selections]) if chosen else 0

    def _one(self, type_: GraphQLNamedType, node: object) -> Cost:
        if isinstance(node, FieldNode):
            return self._field(type_, node)
        if isinstance(node, FragmentSpreadNode):
            fragment = self.fragments[node.name.value]
            return self.selection(
                self.schema.type_map[fragment.type_condition.name.value], fragment.selection_set
            )
        assert isinstance(node, InlineFragmentNode)  # noqa: S101 - the grammar has no fourth kind
        inner = self.schema.type_map[node.type_condition.name.value] if node.type_condition else type_
        return self.selection(inner, node.selection_set)

    def _field(self, type_: GraphQLNamedType, node: FieldNode) -> Cost:
        name = node.name.value
        if name.startswith("__"):
            return 0 if name == "__typename" else INTROSPECTION
        assert isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)  # noqa: S101 - validated
        called = type_.fields[name]
        returned = get_named_type(called.type)
        if is_leaf_type(returned):
            return 0
        return _times(self._size(called, node), self.selection(returned, node.selection_set))

    def _size(self, called: GraphQLField, node: FieldNode) -> Cost:
        plan = registry.of_field(called)
        if isinstance(plan, declare.Many | declare.Computed):
            return plan.size
        if not isinstance(plan, declare.Connection):
            return 1
        connection, site = plan, Site.at(called, node, (node.name.value,))
        self.pages.append((connection, site))
        if site.constant is not None:
            return _clamped(keyset.size(connection, site.constant))
        return lambda inputs: _clamped(keyset.size(connection, inputs.arguments(site)))


def _clamped(size: int) -> int:
    return min(max(size, 1), keyset.LARGEST_PAGE)


def _times(size: Cost, inner: Cost) -> Cost:
    """So many objects, each a point and what it holds."""
    if isinstance(size, int) and isinstance(inner, int):
        return size * (1 + inner)
    return lambda inputs: value(size, inputs) * (1 + value(inner, inputs))


def _sum(costs: list[Cost]) -> Cost:
    fixed = sum(one for one in costs if isinstance(one, int))
    varying = [one for one in costs if not isinstance(one, int)]
    if not varying:
        return fixed
    return lambda inputs: fixed + sum(one(inputs) for one in varying)
