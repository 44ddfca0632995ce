"""What attackers send, as one who holds the least of all tokens and as nobody at all."""

from __future__ import annotations

from functools import partial

import pytest
from httpx2 import Response

from tests.graphql.abuses import ABUSES, INTROSPECTION, Abuse
from tests.graphql.partners import GRAPHQL, LEAK, Partners, codes, soon

pytestmark = pytest.mark.anyio

PATIENCE_SECONDS = 1.0


async def send(partners: Partners, who: str, abuse: Abuse) -> Response:
    request = abuse.request()
    return await partners.send(
        abuse.method, who, **{**request, "headers": {"Accept": GRAPHQL, **request["headers"]}}
    )


def test_the_list_is_long_enough() -> None:
    assert len({abuse.name for abuse in ABUSES}) == len(ABUSES) >= 25


@pytest.mark.parametrize("abuse", ABUSES, ids=lambda abuse: abuse.name)
async def test_the_least_of_all_tokens_abuses_nothing(partners: Partners, abuse: Abuse) -> None:
    answer = await soon(partial(send, partners, "least", abuse), PATIENCE_SECONDS)

    assert (answer.status_code, codes(answer)) == (abuse.status, {abuse.code} if abuse.code else set())
    assert answer.json().get("data") == abuse.data
    assert not LEAK.search(answer.text)


@pytest.mark.parametrize("abuse", ABUSES, ids=lambda abuse: abuse.name)
async def test_nobody_gets_as_far_as_that(partners: Partners, abuse: Abuse) -> None:
    answer = await send(partners, "nobody", abuse)

    assert answer.status_code in range(400, 500)
    assert codes(answer)
    assert "data" not in answer.json()
    assert not LEAK.search(answer.text)


async def test_nobody_learns_the_schema(partners: Partners) -> None:
    answer = await partners.send(
        "POST", "nobody", json=INTROSPECTION, headers={"Authorization": "Basic eDp5"}
    )

    assert codes(answer) <= {"UNAUTHENTICATED", "FORBIDDEN"}
    assert "data" not in answer.json()
