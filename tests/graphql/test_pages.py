from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any, ClassVar

import asyncpg
import pytest

from api import engine
from app.errors import InvalidInput
from app.storage.engine import Database
from app.storage.unit_of_work import Silence
from tests.graphql.conftest import House

pytestmark = pytest.mark.anyio

INCIDENTS = "query($f: IncidentFilter, $n: Int, $l: Int, $a: String, $b: String) { incidents"
INCIDENTS += (
    "(filter: $f, first: $n, last: $l, after: $a, before: $b) { nodes { number } pageInfo { endCursor } } }"
)


SMALL = "{ me { name } }"
LARGE = """{
    me { name person { email } }
    incidents {
        nodes { commander { name } timeline { nodes { text } } participants { person { name } } }
        pageInfo { hasNextPage hasPreviousPage }
    }
    people { id }
    sources { url }
    node(id: "incident_1") { ... on Incident { alerts { nodes { incident { number } } } } }
}"""


def cursor(*parts: str) -> str:
    return base64.urlsafe_b64encode(":".join(parts).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("variables", "argument"),
    [
        ({"n": 1, "l": 1}, "last"),
        ({"n": -1}, "first"),
        ({"n": 101}, "first"),
        ({"l": 101}, "last"),
        ({"a": "nonsense"}, "after"),
        ({"b": "☎"}, "before"),
        ({"a": cursor("00000000", "1", "2")}, "after"),
        ({"a": cursor("00000000", "9" * 40, "9" * 40)}, "after"),
        ({"a": ""}, "after"),
    ],
)
async def test_a_wrong_page_names_its_argument(
    house: House, variables: dict[str, Any], argument: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await house.ask(INCIDENTS, **variables)

    assert refused.value.path == ("incidents", argument)


async def test_a_cursor_belongs_to_its_filter(house: House) -> None:
    first = await house.ask(INCIDENTS, n=1)
    mark = first["incidents"]["pageInfo"]["endCursor"]

    assert (await house.ask(INCIDENTS, n=1, a=mark))["incidents"]["nodes"] == [{"number": 2}]
    with pytest.raises(InvalidInput, match="after"):
        await house.ask(INCIDENTS, n=1, a=mark, f={"open": True})


@pytest.mark.parametrize(
    ("given", "numbers"),
    [
        (None, [3, 2, 1]),
        ({"status": ["ACKNOWLEDGED"]}, [1]),
        ({"severity": ["S0", "S1"]}, [3, 1]),
        ({"open": False}, []),
        ({"open": True, "text": "FEED LÄUFT"}, [2]),
        ({"text": "%"}, []),
        ({"triggeredAfter": "2000-01-01T00:00:00+01:00", "triggeredBefore": "2001-01-01T00:00:00Z"}, []),
        ({"status": None, "severity": []}, []),
    ],
)
async def test_filters_restrict(house: House, given: dict[str, Any] | None, numbers: list[int]) -> None:
    answer = await house.ask(INCIDENTS, f=given)

    assert [node["number"] for node in answer["incidents"]["nodes"]] == numbers


async def test_one_plan_serves_all_values_of_one_shape(house: House) -> None:
    calls = [house.call(INCIDENTS, n=number, f={"text": text}) for number, text in [(1, "a"), (2, "b")]]

    statements = {id(call.document.statement(call.inputs)) for call in calls}

    assert len(statements) == 1


@pytest.fixture
def house(settled: House) -> House:
    return settled


class Counting(asyncpg.Connection):  # type: ignore[misc]
    """A real connection that notes what is asked of it."""

    asked: ClassVar[list[str]] = []

    async def fetchval(self, query: str, *values: Any, **options: Any) -> Any:
        self.asked.append(query)
        return await super().fetchval(query, *values, **options)


@pytest.mark.parametrize("document", [SMALL, LARGE], ids=["small", "large"])
async def test_an_operation_is_one_statement(house: House, document: str) -> None:
    url = house.database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    async with asyncpg.create_pool(url, min_size=0, max_size=1, connection_class=Counting) as reads:
        counted = replace(house, database=Database(house.database.engine, reads, Silence()))
        Counting.asked.clear()

        await engine.run(counted.call(document))

    assert len(Counting.asked) == 1
