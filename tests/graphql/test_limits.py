from __future__ import annotations

import json
from datetime import timedelta
from time import process_time

import pytest
from graphql import get_introspection_query

from api import engine, limits
from api.budget import Budget
from api.context import Context
from api.documents import BYTES_OF_TEXT, Documents, documents, prepare
from api.execute import answer
from api.failures import Refused
from app.errors import LimitExceeded
from tests.graphql.conftest import House

DEEP = "{ incidents(first: 1) { nodes { alerts { nodes { incident { alerts { nodes { incident { alerts {"
ALIASES = " ".join(f"a{number}: me {{ name }}" for number in range(16))
BOMB = "query { ...f0 } " + " ".join(
    f"fragment f{number} on Query {{ ...f{number + 1} ...f{number + 1} }}" for number in range(40)
)
TOO_MUCH = {
    "characters": "{ __typename } #" + "x" * 10_000,
    "tokens": "{ " + "now " * 1_001 + "}",
    "levels": DEEP + " nodes { id } } } } } } } } } } }",
    "aliases": "{ me { " + " ".join(f"a{number}: name" for number in range(16)) + " } }",
    "directives": "{ me { " + "name @skip(if: false) " * 51 + "} }",
    "fields": f"{BOMB} fragment f40 on Query {{ me {{ name }} }}",
    "at its root": "{ " + "__typename " * 11 + "}",
}


@pytest.fixture
def house(settled: House) -> House:
    return settled


@pytest.mark.parametrize("what", TOO_MUCH)
def test_a_document_that_asks_for_too_much_is_refused(what: str) -> None:
    with pytest.raises(Refused, match=what) as refused:
        prepare(TOO_MUCH[what], None)

    assert refused.value.errors[0]["extensions"]["code"] == "LIMIT_EXCEEDED"


@pytest.mark.parametrize("text", [BOMB + " fragment f40 on Query { me { name } }", "{" * 5_000, "{ a " * 240])
def test_a_hostile_document_is_refused_within_milliseconds(text: str) -> None:
    began = process_time()

    with pytest.raises(Refused):
        prepare(text, None)

    assert process_time() - began < 0.25


def test_a_fragment_that_spreads_itself_is_left_to_validation() -> None:
    with pytest.raises(Refused) as refused:
        prepare("{ ...f } fragment f on Query { ...f }", None)

    assert refused.value.errors[0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


def test_no_error_suggests_a_name() -> None:
    with pytest.raises(Refused) as refused:
        prepare("{ incident(numbr: 1) { titel } mee { name } }", None)

    assert "Did you mean" not in str(refused.value.errors)


def test_tools_may_introspect() -> None:
    assert prepare(get_introspection_query(), None)


@pytest.mark.anyio
async def test_cost_counts_the_rows_that_are_asked_for(house: House) -> None:
    text = "query($n: Int) { incidents(first: $n) { nodes { timeline(last: 10) { nodes { text } } } } }"
    budget = Budget()
    context = Context(house.database, house.olive, budget=budget)

    one, hundred = (engine.admit(context, documents().find(text), {"n": n}).balance for n in (1, 100))

    assert one is not None
    assert hundred is not None
    assert one.cost < 40
    assert hundred.cost > 2_000


@pytest.mark.anyio
async def test_an_operation_that_costs_too_much_is_refused_before_it_runs(house: House) -> None:
    text = "{ incidents(first: 100) { nodes { timeline(last: 100) { nodes { text } } } } }"
    context = Context(house.database, house.olive, budget=Budget())

    with pytest.raises(Refused, match="points; the limit is"):
        engine.admit(context, documents().find(text), {})


@pytest.mark.anyio
async def test_the_explorer_spends_as_the_api_does(house: House) -> None:
    text = "{ incidents(first: 100) { nodes { timeline(last: 100) { nodes { text } } } } }"

    refused = json.loads(await answer(house.context(), text, {}))

    assert refused["errors"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"


def test_a_spent_budget_says_when_it_is_full_again() -> None:
    seconds = [0.0]
    budget = Budget(points=10, clock=lambda: seconds[0])
    budget.spend("token:1", 8)
    seconds[0] = 20.0

    with pytest.raises(LimitExceeded) as refused:
        budget.spend("token:1", 3)

    assert refused.value.retry_after == timedelta(seconds=40)
    assert budget.spend("token:2", 3).remaining == 7


def test_a_budget_is_full_again_after_a_minute() -> None:
    seconds = [0.0]
    budget = Budget(points=10, clock=lambda: seconds[0])
    budget.spend("token:1", 10)
    seconds[0] = 60.0

    assert budget.spend("token:1", 4).remaining == 6


def test_remembered_documents_are_bounded() -> None:
    texts = [f"{{ me {{ a{number}: name }} }}" for number in range(10)]
    memory = Documents(room_bytes=3 * BYTES_OF_TEXT * len(texts[0]))

    found = [memory.find(text) for text in texts]

    assert memory.find(texts[-1]) is found[-1]
    assert memory.find(texts[0]) is not found[0]


def test_plans_are_bounded_with_their_documents(house: House) -> None:
    memory = Documents(room_bytes=10_000)
    early = memory.find("{ now }")
    late = memory.find("query($a: Boolean!) { incidents { nodes { id title @include(if: $a) } } }")

    for value in (True, False):
        call = engine.admit(house.context(), late, {"a": value})
        late.statement(call.inputs)

    assert late.bytes > 10_000
    assert memory.find("{ now }") is not early


@pytest.mark.anyio
async def test_a_remembered_document_is_admitted_in_a_third_of_a_millisecond(house: House) -> None:
    text = "query($n: Int) { incidents(first: $n) { nodes { id timeline(last: 5) { nodes { text } } } } }"
    context = Context(house.database, house.olive, budget=Budget())
    documents().find(text)
    began = process_time()

    for _ in range(200):
        engine.admit(context, documents().find(text), {"n": 50})

    assert (process_time() - began) / 200 < 0.0003


def test_characters_are_counted_before_parsing() -> None:
    with pytest.raises(Refused):
        limits.check_text("{" * (limits.CHARACTERS + 1))
