from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api import engine, operations, plainly
from api.schema import core
from app.security.permissions import Actor
from tests.graphql.conftest import House
from tests.graphql.documents import queries

pytestmark = pytest.mark.anyio

VARIABLES: dict[str, Any] = {
    "zone": "Europe/Berlin",
    "mapping": {"summary": "name", "dedup_key": "name"},
    "example": '{"name": "a"}',
    "from": "2026-11-01T00:00:00Z",
    "to": "2026-12-01T00:00:00Z",
    "number": 2,
    "first": 2,
    "text": "e",
    "stream": "incidents",
    "name": "incidents",
    "threshold": 5,
    "minutes": 30,
    "id": "person_1",
    "audience": "COMMUNITY",
    "publicStatus": "RESOLVED",
    "affected": ["payments"],
    "summary": "Some fail.",
    "matchers": ["source ~ prom.*"],
    "severity": ["S0", "S1"],
}


@pytest.fixture
def house(settled: House) -> House:
    return settled


async def both(
    house: House, text: str, variables: dict[str, Any], actor: Actor | None = None
) -> tuple[Any, Any]:
    call = house.call(text, actor or house.ada, **variables)
    planned = json.loads((await engine.run(call)).body())
    plain = await plainly.run(call)
    assert plain.errors is None, plain.errors
    return planned, {"data": plain.data}


@given(text=st.deferred(lambda: queries(core())))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
async def test_a_plan_answers_like_resolvers_do(house: House, text: str) -> None:
    planned, plain = await both(house, text, {})

    assert planned == plain


@pytest.mark.parametrize(
    "name", [name for name, text in operations.by_name().items() if "mutation" not in text]
)
async def test_every_page_reads_the_same_both_ways(house: House, name: str) -> None:
    planned, plain = await both(house, operations.named(name), VARIABLES)

    planned["data"].pop("now", None)
    plain["data"].pop("now", None)
    assert planned == plain


@pytest.mark.parametrize("direction", [("first", "after", "endCursor"), ("last", "before", "startCursor")])
async def test_pages_join_without_a_gap_in_both_directions(
    house: House, direction: tuple[str, str, str]
) -> None:
    size, mark, cursor = direction
    text = (
        f"query($c: String) {{ incident(number: 2) {{ timeline({size}: 4, {mark}: $c) {{ nodes {{ seq }}"
        " pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"
    )
    seen, at = [], None
    while True:
        planned, plain = await both(house, text, {"c": at})
        assert planned == plain
        page = planned["data"]["incident"]["timeline"]
        seen += page["nodes"] if size == "first" else page["nodes"][::-1]
        at = page["pageInfo"][cursor]
        if not page["pageInfo"]["hasNextPage" if size == "first" else "hasPreviousPage"]:
            break

    sequences = [node["seq"] for node in seen]
    assert sequences == sorted(sequences, reverse=size == "last")
    assert len(set(sequences)) == len(sequences) > 9
