"""How large a document may be. Checked before validation, whose rules can be made to take long.

Source: OWASP, GraphQL cheat sheet; the defaults of GraphQL Armor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from api.failures import LIMIT_EXCEEDED, Refused

CHARACTERS = 10_000
TOKENS = 1_000
COST = 10_000


@dataclass(frozen=True, slots=True)
class Size:
    """How much a selection asks for, fragments expanded. Introspection, which nests deep, counts apart."""

    fields: int = 0
    depth: int = 0
    aliases: int = 0
    directives: int = 0
    introspection_fields: int = 0
    introspection_depth: int = 0

    def __add__(self, other: Size) -> Size:
        return Size(
            self.fields + other.fields,
            max(self.depth, other.depth),
            self.aliases + other.aliases,
            self.directives + other.directives,
            self.introspection_fields + other.introspection_fields,
            max(self.introspection_depth, other.introspection_depth),
        )


LARGEST = Size(
    fields=200, depth=10, aliases=15, directives=50, introspection_fields=500, introspection_depth=16
)
ROOT_FIELDS = 10
WORDS = {
    "fields": "fields",
    "depth": "levels",
    "aliases": "aliases",
    "directives": "directives",
    "introspection_fields": "introspection fields",
    "introspection_depth": "introspection levels",
}


def check_text(text: str) -> None:
    """Refuse a document by its length.

    Raises: Refused.
    """
    if len(text) > CHARACTERS:
        raise refused(f"The document has {len(text):,} characters; the limit is {CHARACTERS:,}.")


def check(document: DocumentNode) -> None:
    """Refuse a document by what it asks for, every operation of it.

    Raises: Refused.
    """
    fragments = {
        one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
    }
    measure = Measure(fragments)
    for one in document.definitions:
        if isinstance(one, OperationDefinitionNode):
            _compare(measure.operation(one))
            if len(one.selection_set.selections) > ROOT_FIELDS:
                raise refused(f"An operation may have {ROOT_FIELDS} fields at its root.")
        elif isinstance(one, FragmentDefinitionNode):
            _compare(_of_fragment(one, measure.fragment(one.name.value)))


def _of_fragment(node: FragmentDefinitionNode, size: Size) -> Size:
    if not node.type_condition.name.value.startswith("__"):
        return size
    return replace(size, fields=0, depth=0, introspection_fields=size.fields, introspection_depth=size.depth)


def refused(message: str) -> Refused:
    """A refusal for size, which no repetition will heal."""
    return Refused.because(LIMIT_EXCEEDED, message)


def _compare(size: Size) -> None:
    for name, word in WORDS.items():
        found, limit = getattr(size, name), getattr(LARGEST, name)
        if found > limit:
            raise refused(f"The document asks for {found:,} {word}; the limit is {limit}.")


@dataclass(slots=True)
class Measure:
    """Measures selections. Each fragment is measured once, however often it is spread."""

    fragments: Mapping[str, FragmentDefinitionNode]
    _known: dict[str, Size] = field(default_factory=dict)

    def operation(self, node: OperationDefinitionNode) -> Size:
        """A whole operation."""
        size = self._set(node.selection_set)
        return replace(size, directives=size.directives + len(node.directives or ()))

    def fragment(self, name: str) -> Size:
        """A fragment; one that spreads itself counts once and is left to validation."""
        if name not in self._known:
            self._known[name] = Size()
            found = self.fragments.get(name)
            self._known[name] = self._set(found.selection_set) if found else Size()
        return self._known[name]

    def _set(self, chosen: SelectionSetNode | None) -> Size:
        return sum((self._selection(one) for one in chosen.selections), Size()) if chosen else Size()

    def _selection(self, node: SelectionNode) -> Size:
        directives = Size(directives=len(node.directives or ()))
        if isinstance(node, FieldNode):
            return directives + self._field(node)
        if isinstance(node, FragmentSpreadNode):
            return directives + self.fragment(node.name.value)
        inner: SelectionSetNode | None = getattr(node, "selection_set", None)
        return directives + self._set(inner)

    def _field(self, node: FieldNode) -> Size:
        inner = self._set(node.selection_set)
        aliases = inner.aliases + (node.alias is not None)
        if node.name.value in ("__schema", "__type"):
            return Size(1, 1, aliases, inner.directives, inner.fields + 1, inner.depth + 1)
        return replace(inner, fields=inner.fields + 1, depth=inner.depth + 1, aliases=aliases)
