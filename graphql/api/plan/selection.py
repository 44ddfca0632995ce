"""Which fields of an object a document asks for, merged as the specification says.

Source: GraphQL specification, section 6.3.2, "Field Collection".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
)
from graphql.execution.values import VariableValues, get_directive_values

Fields = dict[str, list[FieldNode]]


@dataclass(frozen=True, slots=True)
class Selector:
    """Collects the fields of one operation, with `@skip` and `@include` decided by its variables."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: VariableValues

    def fields(self, type_: GraphQLObjectType, sets: Iterable[SelectionSetNode | None]) -> Fields:
        """The calls for each response key of an object of `type_`, in the order of the document."""
        found: Fields = {}
        seen: set[str] = set()
        for one in sets:
            if one is not None:
                self._collect(type_, one, found, seen)
        return found

    def below(self, type_: GraphQLObjectType, nodes: Iterable[FieldNode]) -> Fields:
        """The fields that several merged calls ask of what they return."""
        return self.fields(type_, (node.selection_set for node in nodes))

    def _collect(
        self, type_: GraphQLObjectType, chosen: SelectionSetNode, found: Fields, seen: set[str]
    ) -> None:
        for node in filter(self._is_included, chosen.selections):
            if isinstance(node, FieldNode):
                key = node.alias.value if node.alias else node.name.value
                found.setdefault(key, []).append(node)
            else:
                inner = self._inner(type_, node, seen)
                if inner is not None:
                    self._collect(type_, inner, found, seen)

    def _inner(
        self, type_: GraphQLObjectType, node: SelectionNode, seen: set[str]
    ) -> SelectionSetNode | None:
        if isinstance(node, FragmentSpreadNode):
            if node.name.value in seen:
                return None
            seen.add(node.name.value)
            fragment = self.fragments[node.name.value]
            return (
                fragment.selection_set if self._matches(type_, fragment.type_condition.name.value) else None
            )
        assert isinstance(node, InlineFragmentNode)  # noqa: S101 - the grammar has no fourth kind
        condition = node.type_condition
        matches = condition is None or self._matches(type_, condition.name.value)
        return node.selection_set if matches else None

    def _matches(self, type_: GraphQLObjectType, name: str) -> bool:
        condition = self.schema.type_map[name]
        return condition is type_ or any(condition is one for one in type_.interfaces)

    def _is_included(self, node: SelectionNode) -> bool:
        if not node.directives:
            return True
        skip = get_directive_values(GraphQLSkipDirective, node, self.variables)
        include = get_directive_values(GraphQLIncludeDirective, node, self.variables)
        return not (skip and skip["if"]) and not (include and not include["if"])
