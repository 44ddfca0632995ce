"""The schema's manners, checked. Fields stay in the order in which one reads them, never in the alphabet's.

Sources: Relay, "GraphQL Cursor Connections Specification" and "Global Object Identification"; the rules of
graphql-schema-linter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    DEFAULT_DEPRECATION_REASON,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
)

from api.plan import declare, registry
from api.plan.keyset import LARGEST_PAGE
from api.schema import core

TYPES = [one for name, one in core().type_map.items() if not name.startswith("__")]
SPECIFIED = {"Int", "String", "Float", "Boolean", "ID"}
OURS = [one for one in TYPES if one.name not in SPECIFIED]
OBJECTS = [one for one in OURS if isinstance(one, GraphQLObjectType)]
FIELDS = [(f"{one.name}.{name}", field) for one in OBJECTS for name, field in one.fields.items()]
CONNECTIONS = [one for one in OBJECTS if one.name.endswith("Connection")]
MUTATIONS = [(place, field) for place, field in FIELDS if place.startswith("Mutation.")]

PASCAL, CAMEL, CAPITALS = (
    re.compile(one) for one in (r"[A-Z][A-Za-z0-9]*", r"[a-z][A-Za-z0-9]*", r"[A-Z][A-Z0-9_]*")
)
SENTENCE = re.compile(r"[A-Z`].*[.?]", re.DOTALL)
INPUTS = ("Input", "Ref", "Filter")
PAGE_INFO = {
    "hasNextPage": "Boolean!",
    "hasPreviousPage": "Boolean!",
    "startCursor": "String",
    "endCursor": "String",
}
PAGING = {"first": "Int", "after": "String", "last": "Int", "before": "String"}


def _members(type_: GraphQLNamedType) -> Iterator[tuple[str, Any]]:
    """A type, its fields with their arguments, and its values, by their places."""
    yield type_.name, type_
    for name, one in [*getattr(type_, "fields", {}).items(), *getattr(type_, "values", {}).items()]:
        yield f"{type_.name}.{name}", one
        for argument, given in getattr(one, "args", {}).items():
            yield f"{type_.name}.{name}({argument})", given


MEMBERS = [member for type_ in TYPES for member in _members(type_)]


def shape(type_: Any) -> dict[str, str]:
    """The fields of a type, as they are written in the definition language."""
    return {name: str(field.type) for name, field in type_.fields.items()}


def test_everything_is_described_in_a_sentence() -> None:
    assert [place for place, one in MEMBERS if not SENTENCE.fullmatch(one.description or "")] == []


def test_what_is_deprecated_says_what_to_use_instead() -> None:
    reasons = {place: getattr(one, "deprecation_reason", None) for place, one in MEMBERS}

    assert [place for place, why in reasons.items() if why in ("", DEFAULT_DEPRECATION_REASON)] == []


def test_names_are_cased_as_everywhere_in_graphql() -> None:
    types = [one.name for one in OURS if not PASCAL.fullmatch(one.name)]
    names = [name for one in OURS for name in getattr(one, "fields", {}) if not CAMEL.fullmatch(name)]
    arguments = [name for _, field in FIELDS for name in field.args if not CAMEL.fullmatch(name)]
    values = [name for one in OURS for name in getattr(one, "values", {}) if not CAPITALS.fullmatch(name)]

    assert types + names + arguments + values == []


def test_inputs_are_called_inputs() -> None:
    inputs = [one.name for one in OURS if isinstance(one, GraphQLInputObjectType)]

    assert [name for name in inputs if not name.endswith(INPUTS)] == []


def test_what_has_an_id_is_a_node() -> None:
    with_id = [one for one in OBJECTS if "id" in one.fields]

    assert [
        one.name for one in with_id if shape(one)["id"] != "ID!" or "Node" not in map(str, one.interfaces)
    ] == []
    assert {one.name for one in with_id} == {type_.name for type_, _ in registry.nodes(core()).values()}


@pytest.mark.parametrize("type_", CONNECTIONS, ids=str)
def test_a_connection_has_the_shape_that_relay_expects(type_: GraphQLObjectType) -> None:
    edge = get_named_type(type_.fields["edges"].type)
    node = get_named_type(type_.fields["nodes"].type)

    assert edge.name == type_.name.replace("Connection", "Edge")
    assert shape(type_) == {"edges": f"[{edge}!]!", "nodes": f"[{node}!]!", "pageInfo": "PageInfo!"}
    assert shape(edge) == {"cursor": "String!", "node": f"{node}!"}


def test_a_page_says_what_lies_around_it() -> None:
    assert shape(core().type_map["PageInfo"]) == PAGE_INFO


@pytest.mark.parametrize(
    ("place", "field"),
    [(place, field) for place, field in FIELDS if get_named_type(field.type) in CONNECTIONS],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_connection_is_asked_for_as_relay_does(place: str, field: GraphQLField) -> None:
    given = {name: str(one.type) for name, one in field.args.items() if name in PAGING}

    assert given.items() <= PAGING.items()
    assert {"first", "after"} <= set(given)
    assert ("last" in given) == ("before" in given)
    assert isinstance(registry.of_field(field), declare.Connection)


def test_a_list_is_paged_or_has_a_size() -> None:
    lists = [(place, field) for place, field in FIELDS if is_list_type(get_nullable_type(field.type))]
    objects = [
        (place, registry.of_field(field))
        for place, field in lists
        if not is_leaf_type(get_named_type(field.type))
    ]
    unsized = [place for place, plan in objects if not _is_sized(place, plan)]

    assert unsized == [], "make it a connection, or say its size: plan.many(…, size=…)"


def _is_sized(place: str, plan: Any) -> bool:
    if isinstance(plan, declare.Many | declare.Computed):
        return 0 < plan.size <= LARGEST_PAGE
    return isinstance(plan, declare.OfPage) or place.endswith(".userErrors")


def test_no_list_holds_nothing_in_a_place() -> None:
    holed = [place for place, field in FIELDS if re.search(r"[A-Za-z]\]", str(field.type))]

    assert holed == []


@pytest.mark.parametrize(("place", "field"), MUTATIONS, ids=[place for place, _ in MUTATIONS])
def test_a_mutation_takes_one_input_and_answers_a_payload(place: str, field: GraphQLField) -> None:
    payload = shape(get_named_type(field.type))
    errors = payload.pop("userErrors")

    assert list(field.args) == ["input"]
    assert str(field.args["input"].type).endswith(tuple(f"{one}!" for one in INPUTS))
    assert (str(field.type)[-8:], errors) == ("Payload!", "[UserError!]!")
    assert [name for name, type_ in payload.items() if type_.endswith("!")] == []  # null when it was refused
