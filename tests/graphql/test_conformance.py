"""GraphQL over HTTP, fact by fact, against the whole application."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.graphql.facts import Fact, facts
from tests.graphql.partners import Partners

pytestmark = pytest.mark.anyio

FACTS = list(facts())


def test_all_facts_are_here() -> None:
    assert Counter(one.level for one in FACTS) == {"MUST": 13, "SHOULD": 23, "MAY": 25}
    assert len({one.id for one in FACTS}) == 61


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.id)
@pytest.mark.parametrize("who", ["operator", "least"])
async def test_graphql_over_http(partners: Partners, who: str, fact: Fact) -> None:
    answer = await partners.send("GET" if fact.params else "POST", who, **_request(fact))

    assert answer.status_code in fact.status, (fact.what, answer.text)
    assert answer.headers["content-type"].startswith(fact.answered_in or "application/")
    assert fact.without not in answer.json()
    assert answer.content.decode("utf-8")


def _request(fact: Fact) -> dict[str, Any]:
    headers = {"Accept": fact.accept, "Content-Type": None if fact.params else fact.type}
    given = {name: value for name, value in headers.items() if value is not None}
    body = {"content": fact.body} if isinstance(fact.body, str) else {"json": fact.body} if fact.body else {}
    return {"headers": given, "params": fact.params, **body}
