"""Every argument of every field and command with values that break things: refused in words, or taken."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLInputObjectType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_enum_type,
    is_leaf_type,
    is_list_type,
    parse_value,
    value_from_ast_untyped,
)

from api.documents import prepare
from api.failures import Refused
from api.schema import core
from app.errors import OpsbookError
from tests.engines import Databases
from tests.graphql import ways
from tests.graphql.conftest import House, built
from tests.graphql.test_commands import GIVEN, MUTATIONS

pytestmark = pytest.mark.anyio

TEXTS: list[Any] = [
    "",
    " ",
    "\0",
    "half a pair \ud800",
    "' or 1=1; --",
    '"\\%_{}[]()<script>${x}',
    "\u202e☎🏃\u0301",
    "x" * 100_000,
]
NUMBERS: list[Any] = [0, -1, 2**31 - 1, -(2**31), 2**31, 2**63, 10**400, 1.5, "1", True]
HARD = {
    "String": [*TEXTS, 1, True],
    "ID": [*TEXTS, "incident_" + "9" * 40, "person_-1", "_", 0, 10**400],
    "Int": NUMBERS,
    "BigInt": NUMBERS,
    "Float": [*NUMBERS, 1e308],
    "Decimal": [*TEXTS, "NaN", "1e999999", "Infinity"],
    "Boolean": ["true", 1],
    "DateTime": [*TEXTS, 1, "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-02-30T00:00:00Z"],
    "JSON": [None, "\0", [[[]]] * 9, {"": {"": 1e308}}],
}
BROKEN = ("INTERNAL", "UNAVAILABLE")


@pytest.fixture(scope="module")
def patient_url(databases: Databases) -> Iterator[str]:
    with databases.fresh() as url:
        yield url


@pytest.fixture(scope="module")
async def house(patient_url: str) -> AsyncIterator[House]:
    async with built(patient_url) as found:
        yield found


def test_every_scalar_has_values_that_break_things() -> None:
    inputs = [one for one in core().type_map.values() if isinstance(one, GraphQLInputObjectType)]
    scalars = {
        get_named_type(field.type)
        for type_ in inputs
        for field in type_.fields.values()
        if is_leaf_type(get_named_type(field.type)) and not hasattr(get_named_type(field.type), "values")
    }

    assert {type_.name for type_ in scalars} - set(HARD) == set(), "add values to HARD"


@pytest.mark.parametrize("name", MUTATIONS)
async def test_commands_refuse_in_words_and_name_a_field_that_is_there(house: House, name: str) -> None:
    mutation = core().mutation_type
    assert mutation is not None
    type_ = get_named_type(mutation.fields[name].args["input"].type)
    assert isinstance(type_, GraphQLInputObjectType)
    document = f"mutation($i: {type_.name}!) {{ {name}(input: $i) {{ userErrors {{ path }} }} }}"
    given = value_from_ast_untyped(parse_value("{" + GIVEN[name][0] + "}"))

    for field, value in hard(type_):
        answer = await asked(house, document, i={**given, field: value})

        paths = [error["path"] for error in answer[name]["userErrors"]] if answer else []
        assert {path[1] for path in paths if path} <= set(type_.fields), (field, value)


PLACES = sorted(
    f"{name}.{field}"
    for name in ways.towards()
    for field, one in core().type_map[name].fields.items()  # type: ignore[attr-defined]
    if one.args
)


@pytest.mark.parametrize("place", PLACES)
async def test_fields_refuse_in_words(house: House, place: str) -> None:
    type_name, name = place.split(".")
    type_ = core().type_map[type_name]
    assert isinstance(type_, GraphQLObjectType)
    for argument, one in type_.fields[name].args.items():
        call = f"{name}({argument}: $v) {{ __typename }}"
        document = _nested(ways.towards()[type_name], call, one)

        for value in values(one):
            await asked(house, document, v=value)


def _nested(calls: list[str], call: str, argument: GraphQLArgument) -> str:
    for one in reversed(calls):
        call = f"{one} {{ {call} }}"
    return f"query($v: {argument.type}) {{ {call} }}"


def values(argument: GraphQLArgument) -> Iterator[Any]:
    type_ = get_named_type(argument.type)
    if isinstance(type_, GraphQLInputObjectType):
        yield from ({field: value} for field, value in hard(type_))
    else:
        yield from () if is_enum_type(type_) else HARD[type_.name]


def hard(type_: GraphQLInputObjectType) -> Iterator[tuple[str, Any]]:
    for name, field in type_.fields.items():
        for value in HARD.get(get_named_type(field.type).name, ()):
            yield name, [value] if is_list_type(get_nullable_type(field.type)) else value


async def asked(house: House, document: str, **variables: Any) -> Any:
    """The data, or None when it was refused in words."""
    try:
        return await house.ask(document, house.ada, **variables)
    except OpsbookError as error:
        refused = error
    assert refused.code not in BROKEN, (document, variables)
    assert "encountered error" not in refused.message or "Write a " in refused.message
    return None


@pytest.mark.parametrize("text", [r'"a\u0000"', '"""a\0"""', '"a\0"'])
def test_a_text_in_a_document_that_cannot_be_stored_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        prepare(f"{{ activity(stream: {text}) {{ nodes {{ id }} }} }}", None)

    assert refused.value.errors[0]["extensions"]["code"] in ("INVALID_INPUT", "GRAPHQL_PARSE_FAILED")
