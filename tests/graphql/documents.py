"""Generates documents over the schema, for the property that both ways to read give the same answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
)
from hypothesis import strategies as st

from api.plan import declare, registry

DEPTH = 5
IDS = [
    "incident_1",
    "incident_2",
    "incident_99",
    "person_1",
    "event_3",
    "page_1",
    "activity_2",
    "x_1",
    "incident_x",
]
STREAMS = ["incidents", "nothing"]
FILTERS = [
    "",
    "open: true",
    "open: false",
    "severity: [S0, S1]",
    'text: "e"',
    "status: [TRIGGERED], open: true",
]
# They differ from one moment to the next, or only a resolver knows them.
UNLIKE = {
    "incidentMetrics",
    "mappingPreview",
    "now",
    "rateLimit",
    "statusUpdateDraft",
    "statusUpdatePreview",
    "trends",
}

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "id": st.sampled_from(IDS),
    "name": st.sampled_from(STREAMS),
    "threshold": st.integers(0, 9),
    "number": st.integers(0, 4),
    "matchers": st.just(["source ~ prom.*"]),
}

Draw = Callable[[st.SearchStrategy[Any]], Any]


@st.composite
def queries(draw: Draw, schema: GraphQLSchema) -> str:
    """A query whose every alias is its own, so that nothing conflicts."""
    assert schema.query_type is not None
    return Writer(draw, schema).object(schema.query_type, DEPTH)


class Writer:
    """Writes selections, drawing each choice."""

    def __init__(self, draw: Draw, schema: GraphQLSchema) -> None:
        self.draw = draw
        self.schema = schema
        self.aliases = 0

    def object(self, type_: GraphQLObjectType, depth: int) -> str:
        fields = [name for name, one in type_.fields.items() if name not in UNLIKE and self._fits(one, depth)]
        chosen = self.draw(st.lists(st.sampled_from(fields), max_size=4)) if fields else []
        parts = [self._field(name, type_.fields[name], depth) for name in chosen]
        if self.draw(st.integers(0, 4)) == 0:
            parts.append(f"... on {type_.name} {{ __typename }}")
        parts = parts or ["__typename"]
        return "{ " + " ".join(parts) + " }"

    def _fits(self, field: GraphQLField, depth: int) -> bool:
        return is_leaf_type(get_named_type(field.type)) or depth > 0

    def _field(self, name: str, field: GraphQLField, depth: int) -> str:
        self.aliases += 1
        skip = self.draw(st.sampled_from(["", "", "", " @skip(if: true)", " @include(if: true)"]))
        start = f"a{self.aliases}: {name}{self._arguments(name, field)}{skip}"
        type_ = get_named_type(field.type)
        if isinstance(type_, GraphQLInterfaceType):
            return f"{start} {self._node(depth - 1)}"
        return f"{start} {self.object(type_, depth - 1)}" if isinstance(type_, GraphQLObjectType) else start

    def _node(self, depth: int) -> str:
        types = [type_ for type_, _ in registry.nodes(self.schema).values()]
        chosen = self.draw(st.lists(st.sampled_from(types), max_size=3))
        inner = " ".join(f"... on {one.name} {self.object(one, depth)}" for one in chosen)
        return "{ __typename id " + inner + " }"

    def _arguments(self, name: str, field: GraphQLField) -> str:
        if not field.args:
            return ""
        if isinstance(registry.of_field(field), declare.Connection):
            return self._page(field)
        argument = next(one for one in VALUES if one in field.args)
        return f"({argument}: {json.dumps(self.draw(VALUES[argument]))})"

    def _page(self, field: GraphQLField) -> str:
        sizes = ["first", "last"] if "last" in field.args else ["first"]
        given = [f"{self.draw(st.sampled_from(sizes))}: {self.draw(st.integers(0, 12))}"]
        if "filter" in field.args:
            given.append(f"filter: {{{self.draw(st.sampled_from(FILTERS))}}}")
        return f"({', '.join(given)})"
