"""Every way through the schema, written as documents, and what was met on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import GraphQLField, GraphQLObjectType, get_named_type, is_leaf_type
from graphql.type import is_required_argument

from api.schema import core

# What a field that demands arguments is called with. `node` is asked by itself, id by id.
ARGUMENTS = {
    "ActivityStream.preview": "threshold: 1",
    "Query.activityStream": 'name: "incidents"',
    "Query.mappingPreview": (
        'mapping: {summary: "name", dedup_key: "name"}, example: "{\\"name\\": \\"a\\"}"'
    ),
    "Query.incident": "number: 1",
    "Query.incidentReport": "number: 1",
    "Query.silencePreview": 'matchers: ["source = prometheus"]',
    "Query.statusUpdateDraft": "number: 1, audience: COMMUNITY",
    "Query.statusUpdatePreview": (
        'input: {number: 1, audience: COMMUNITY, publicStatus: IDENTIFIED, affected: ["payments"],'
        ' summary: "Some fail."}'
    ),
}
APART = {"Query.node"}


def whole(type_: GraphQLObjectType, above: tuple[str, ...] = ()) -> str:
    """Select all that an object of a type leads to; a type that comes again is left at its leaves."""
    again = type_.name in above
    chosen = [
        _field(type_, name, field, (*above, type_.name))
        for name, field in type_.fields.items()
        if f"{type_.name}.{name}" not in APART and not (again and _leads_on(field))
    ]
    return "{ __typename " + " ".join(chosen) + " }"


def each(root: GraphQLObjectType) -> Iterator[str]:
    """A document for each field of a root."""
    for name, field in root.fields.items():
        if f"{root.name}.{name}" not in APART:
            yield "{ " + _field(root, name, field, (root.name,)) + " }"


def _leads_on(field: GraphQLField) -> bool:
    return not is_leaf_type(get_named_type(field.type))


def _field(type_: GraphQLObjectType, name: str, field: GraphQLField, above: tuple[str, ...]) -> str:
    place = f"{type_.name}.{name}"
    if any(is_required_argument(one) for one in field.args.values()):
        assert place in ARGUMENTS, f"say in ARGUMENTS, tests/graphql/ways.py, how {place} is called"
        name = called(place, name)
    returned = get_named_type(field.type)
    return f"{name} {whole(returned, above)}" if isinstance(returned, GraphQLObjectType) else name


def links() -> set[str]:
    """Every field of an object that readers reach which leads to another object, as `Type.field`."""
    found: set[str] = set()
    waiting = [core().query_type]
    while waiting:
        type_ = waiting.pop()
        for name, field in type_.fields.items() if type_ else ():
            returned = get_named_type(field.type)
            place = f"{type_}.{name}"
            if isinstance(returned, GraphQLObjectType) and place not in found:
                found.add(place)
                waiting.append(returned)
    return found


def towards() -> dict[str, list[str]]:
    """For each type that readers reach, the calls that lead from the root to it, the fewest first."""
    query = core().query_type
    assert query is not None
    found: dict[str, list[str]] = {query.name: []}
    waiting = [query]
    while waiting:
        type_ = waiting.pop(0)
        for name, field in type_.fields.items():
            returned = get_named_type(field.type)
            if isinstance(returned, GraphQLObjectType) and returned.name not in found:
                found[returned.name] = [*found[type_.name], called(f"{type_.name}.{name}", name)]
                waiting.append(returned)
    return found


def called(place: str, name: str) -> str:
    """A field with the arguments that it demands."""
    return f"{name}({ARGUMENTS[place]})" if place in ARGUMENTS else name


def objects(answer: Any) -> Iterator[Mapping[str, Any]]:
    """Every object of an answer, however deep."""
    if isinstance(answer, list):
        for one in answer:
            yield from objects(one)
    if isinstance(answer, dict) and "__typename" in answer:
        yield answer
        for one in answer.values():
            yield from objects(one)


def links_taken(answer: Any) -> set[str]:
    """The fields of an answer that led to an object."""
    return {
        f"{one['__typename']}.{name}"
        for one in objects(answer)
        for name, value in one.items()
        if next(objects(value), None) is not None
    }
