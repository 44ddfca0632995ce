"""Whatever is asked, the answer comes soon, in words and with nothing of ours in it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from functools import partial

import pytest

from api.failures import Refused
from api.schema import core
from app.embedded import Engines
from tests.engines import Databases
from tests.graphql.conftest import House, built
from tests.graphql.documents import UNLIKE
from tests.graphql.generated import documents, tame
from tests.graphql.partners import LEAK, Partners, codes, joined, soon
from tests.graphql.test_both_ways import both

pytestmark = pytest.mark.anyio

# Of each field, in `make test` and with `--long`.
EXAMPLES, MANY = 8, 200
PATIENCE_SECONDS = 2.0
BROKEN = {"INTERNAL", "UNAVAILABLE"}
ROOTS = [root for root in (core().query_type, core().mutation_type) if root]
FIELDS = [(root.name, field) for root in ROOTS for field in root.fields]
READS = [field for root, field in FIELDS if root == "Query" and field not in UNLIKE]


@pytest.fixture(scope="module")
def count(request: pytest.FixtureRequest) -> int:
    return MANY if request.config.getoption("--long") else EXAMPLES


@pytest.fixture(scope="module")
def busy_url(databases: Databases) -> Iterator[str]:
    with databases.fresh() as url:
        yield url


@pytest.fixture(scope="module")
async def busy(busy_url: str, engines: Engines) -> AsyncIterator[Partners]:
    async with built(busy_url) as house, joined(house, busy_url, engines.redis_url) as found:
        yield found


@pytest.mark.parametrize(("root", "field"), FIELDS)
async def test_every_answer_comes_soon_and_in_words(
    busy: Partners, root: str, field: str, count: int
) -> None:
    for text in documents(root, field, count):
        for who in ("operator", "least"):
            answer = await soon(partial(busy.ask, who, text), PATIENCE_SECONDS)

            assert (answer.status_code in (200, 400), codes(answer) & BROKEN) == (True, set()), text
            assert not LEAK.search(answer.text), text


@pytest.mark.parametrize("field", READS)
async def test_a_plan_answers_what_resolvers_answer(settled: House, field: str, count: int) -> None:
    answered = 0
    for text in tame("Query", field, count):
        for actor in (settled.olive, settled.ada, settled.stranger):
            with contextlib.suppress(Refused):
                planned, plain = await both(settled, text, {}, actor)

                assert planned == plain, text
                answered += 1
    assert answered > 0
