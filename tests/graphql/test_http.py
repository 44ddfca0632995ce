from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from api import operations
from api.budget import Budget
from api.context import Context
from api.http import graphql_endpoint, schema_endpoint
from tests.graphql.conftest import House

pytestmark = pytest.mark.anyio

GRAPHQL = "application/graphql-response+json"
BEARER = {"Authorization": "Bearer ops_1"}
COOKIE = {"Cookie": "__Host-session=1"}


@pytest.fixture
def house(settled: House) -> House:
    return settled


async def explorer(_request: Request) -> Response:
    return PlainTextResponse("the explorer")


@pytest.fixture
async def client(house: House) -> AsyncIterator[httpx2.AsyncClient]:
    budget = Budget(points=5_000)

    async def identify(request: Request) -> Context:
        named = {"authorization": house.token, "cookie": house.olive}
        found = [actor for header, actor in named.items() if header in request.headers]
        return Context(house.database, found[0] if found else house.nobody, budget=budget)

    endpoint = graphql_endpoint(identify, explorer)
    routes = [
        Route("/graphql", endpoint, methods=["GET", "POST"]),
        Route("/schema.graphql", schema_endpoint),
    ]
    transport = httpx2.ASGITransport(app=Starlette(routes=routes))
    async with httpx2.AsyncClient(transport=transport, base_url="http://ops.example") as found:
        yield found


async def post(client: httpx2.AsyncClient, query: str, accept: str = GRAPHQL, **more: Any) -> httpx2.Response:
    return await client.post("/graphql", json={"query": query, **more}, headers={**BEARER, "Accept": accept})


async def change(house: House, statement: str) -> None:
    async with house.database.engine.begin() as connection:
        await connection.exec_driver_sql(statement)


def code(response: httpx2.Response) -> str:
    assert "data" not in response.json()
    found: str = response.json()["errors"][0]["extensions"]["code"]
    return found


async def test_the_answer_is_in_the_media_type_that_was_asked_for(client: httpx2.AsyncClient) -> None:
    for accept, expected in [(GRAPHQL, GRAPHQL), ("*/*", "application/json"), (f"{GRAPHQL};q=0", "")]:
        response = await post(client, "{ me { name } }", accept)

        assert response.headers["content-type"].startswith(expected or "application/json")
        assert response.status_code == (200 if expected else 406)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($n: Int!) { incident(number: $n) { id } }", "INVALID_INPUT"),
        ("{ incidents(first: 101) { nodes { id } } }", "INVALID_INPUT"),
        ("{ me { " + "name " * 1_000 + "} }", "LIMIT_EXCEEDED"),
    ],
)
async def test_a_wrong_document_is_a_coded_400_without_data(
    client: httpx2.AsyncClient, query: str, expected: str
) -> None:
    response = await post(client, query)

    assert (response.status_code, code(response)) == (400, expected)
    assert (await post(client, query, "application/json")).status_code == 200  # the draft, section 6.4.1


@pytest.mark.parametrize(
    ("content", "type_", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"variables": {}}', "application/json", 400),
        (b'{"query": 1}', "application/json", 400),
        (b'[{"query": "{ __typename }"}]', "application/json", 400),
        (b'{"query": "{ __typename }", "variables": ' + b"[" * 200_000, "application/json", 400),
        (b'{"query": "\xff"}', "application/json", 400),
        (b"x" * 1_000_001, "application/json", 413),
        (b"query=%7B__typename%7D", "application/x-www-form-urlencoded", 415),
        (b'{"query": "{ __typename }"}', "text/plain", 415),
        (b'{"query": "{ __typename }"}', "application/json; charset=utf-16", 415),
    ],
)
async def test_a_wrong_body_is_refused(
    client: httpx2.AsyncClient, content: bytes, type_: str, status: int
) -> None:
    response = await client.post("/graphql", content=content, headers={**BEARER, "Content-Type": type_})

    assert response.status_code == status
    assert code(response)


async def test_get_reads_and_never_changes(client: httpx2.AsyncClient) -> None:
    mutation = "mutation { resolveIncident(input: {number: 1}) { userErrors { code } } }"

    read = await client.get("/graphql", params={"query": "{ me { name } }"}, headers=BEARER)
    written = await client.get("/graphql", params={"query": mutation}, headers=BEARER)

    assert read.json()["data"] == {"me": {"name": "reader"}}
    assert (written.status_code, written.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("site", "status"), [("same-origin", 200), ("none", 200), ("cross-site", 403), ("", 403)]
)
async def test_get_with_a_cookie_comes_from_our_own_pages(
    client: httpx2.AsyncClient, site: str, status: int
) -> None:
    headers = {**COOKIE, **({"Sec-Fetch-Site": site} if site else {})}

    response = await client.get("/graphql", params={"query": "{ me { name } }"}, headers=headers)

    assert response.status_code == status


async def test_an_unchanged_answer_is_not_sent_again(client: httpx2.AsyncClient) -> None:
    first = await client.get("/graphql", params={"query": "{ incidents { nodes { id } } }"}, headers=BEARER)

    again = await client.get(
        "/graphql",
        params={"query": "{ incidents { nodes { id } } }"},
        headers={**BEARER, "If-None-Match": first.headers["etag"]},
    )

    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


async def test_nobody_is_asked_to_sign_in(client: httpx2.AsyncClient) -> None:
    for query in ("{ me { name } }", "{ " + "me { name } " * 100 + "}"):
        response = await client.post("/graphql", json={"query": query})

        assert (response.status_code, code(response)) == (401, "UNAUTHENTICATED")
        assert response.headers["www-authenticate"].startswith("Bearer")


async def test_documents_of_the_pages_are_known_by_hash_and_by_name(client: httpx2.AsyncClient) -> None:
    digest = hashlib.sha256(operations.named("people").encode()).hexdigest()
    persisted = {"persistedQuery": {"version": 1, "sha256Hash": digest}}

    answers = [
        await client.post("/graphql", json={"documentId": "people"}, headers=BEARER),
        await client.post("/graphql", json={"id": f"sha256:{digest}"}, headers=BEARER),
        await client.get("/graphql", params={"extensions": json.dumps(persisted)}, headers=BEARER),
    ]

    assert {answer.status_code for answer in answers} == {200}
    assert len({json.dumps(answer.json()["data"]) for answer in answers}) == 1


async def test_an_unknown_hash_says_so(client: httpx2.AsyncClient) -> None:
    response = await client.post("/graphql", json={"documentId": "0" * 64}, headers=BEARER)

    assert (response.status_code, code(response)) == (400, "PERSISTED_QUERY_NOT_FOUND")


async def test_a_spent_budget_is_429_with_a_time(client: httpx2.AsyncClient) -> None:
    incidents = "incidents(first: 100) { nodes { timeline(first: 20) { nodes { id } } } }"
    query = f"{{ {incidents} rateLimit {{ cost remaining }} }}"

    answers = [await post(client, query) for _ in range(3)]

    limit = answers[0].json()["data"]["rateLimit"]
    assert limit["cost"] + limit["remaining"] == 5_000
    assert [answer.status_code for answer in answers][-1] == 429
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60


async def test_a_defect_shows_a_reference_that_is_in_the_log(
    client: httpx2.AsyncClient, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    await change(house, "alter table readiness_check rename to gone")

    response = await post(client, "{ pagerdutyReadiness { name } }")

    await change(house, "alter table gone rename to readiness_check")
    error = response.json()["errors"][0]
    assert (response.status_code, error["extensions"]["code"]) == (500, "INTERNAL")
    assert "readiness_check" not in response.text
    assert error["extensions"]["reference"] in caplog.text


async def test_what_clients_do_wrong_is_not_logged(
    client: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="opsbook"):
        await post(client, "{ nothing }")
        await client.post("/graphql", content=b"{", headers={**BEARER, "Content-Type": "application/json"})

    assert [record for record in caplog.records if record.name.startswith("opsbook")] == []


async def test_a_browser_gets_the_explorer(client: httpx2.AsyncClient) -> None:
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

    assert (await client.get("/graphql", headers={"Accept": accept})).text == "the explorer"


async def test_the_schema_is_a_file_with_an_etag(client: httpx2.AsyncClient) -> None:
    first = await client.get("/schema.graphql")

    again = await client.get("/schema.graphql", headers={"If-None-Match": first.headers["etag"]})

    assert first.text.rstrip().endswith("}")
    assert again.status_code == 304
