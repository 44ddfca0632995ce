"""Whatever goes wrong for a program is a problem document, with the same members everywhere (RFC 9457)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.wire import conftest, line, routes
from tests.wire.conftest import HTML, SAME_ORIGIN, Town
from tests.wire.line import Answer, Pairs

pytestmark = pytest.mark.anyio

MEMBERS = {"type", "title", "status", "detail", "code", "request_id"}
BEARER = [("authorization", "Bearer none")]
JSON = [("content-type", "application/json")]
LARGE = b"x" * (513 * 1024)
# Status, code, and how to come by it.
TROUBLES: dict[str, tuple[int, str, str, str, Pairs, bytes | None]] = {
    "no such page": (404, "NOT_FOUND", "GET", "/nowhere", [], None),
    "no such file": (404, "NOT_FOUND", "GET", "/static/nothing.css", [], None),
    "no page for programs": (401, "UNAUTHENTICATED", "GET", "/incidents", [], None),
    "no stream": (401, "UNAUTHENTICATED", "GET", "/events", [], None),
    "no token": (401, "UNAUTHENTICATED", "GET", "/incidents", BEARER, None),
    "no scraper": (401, "UNAUTHENTICATED", "GET", "/metrics", BEARER, None),
    "wrong method": (405, "METHOD_NOT_ALLOWED", "POST", "/incidents/new", SAME_ORIGIN, b""),
    "foreign method": (405, "METHOD_NOT_ALLOWED", "PUT", "/incidents", [], None),
    "long address": (414, "REQUEST_URI_TOO_LONG", "GET", "/" + "a" * 2001, [], None),
    "forgery": (403, "FORBIDDEN", "POST", "/incidents", [], b""),
    "no source": (401, "UNAUTHENTICATED", "POST", "/ingest/alertmanager/x", BEARER, b"{}"),
    "no key": (401, "UNAUTHENTICATED", "POST", "/ingest/alertmanager/x", [], b"{}"),
    "no JSON": (400, "INVALID_INPUT", "POST", "/v2/enqueue", JSON, b"{"),
    "no event": (400, "INVALID_INPUT", "POST", "/v2/enqueue", JSON, b"{}"),
    "no signature": (401, "UNAUTHENTICATED", "POST", "/hooks/pagerduty", JSON, b"{}"),
    "large alert": (413, "TOO_LARGE", "POST", "/v2/enqueue", JSON, LARGE),
}
MACHINES = ("/ingest/", "/v2/", "/hooks/", "/events", "/static/", "/metrics")


@pytest.fixture(scope="module")
async def adrift() -> AsyncIterator[Town]:
    """Neither its database nor its queue answers."""
    urls = ("postgresql://127.0.0.1:1/opsbook", "redis://127.0.0.1:1")
    async with conftest.opened(*urls, settled=False) as found:
        yield found


def demand_document(answer: Answer, status: int, code: str) -> None:
    document = answer.json()
    assert answer["content-type"] == "application/problem+json"
    assert document.keys() >= MEMBERS
    assert document["type"] == "about:blank"
    assert (answer.status, document["status"], document["code"]) == (status, status, code)
    assert document["request_id"] == answer["x-request-id"]
    assert document["title"]
    assert document["detail"]


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_a_program_gets_a_document_with_the_same_members(town: Town, trouble: str) -> None:
    status, code, method, target, headers, body = TROUBLES[trouble]

    answer = await town.ask(method, target, headers=headers, body=body)

    demand_document(answer, status, code)


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_a_browser_gets_a_page_where_people_come(town: Town, trouble: str) -> None:
    status, code, method, target, headers, body = TROUBLES[trouble]

    answer = await town.ask(method, target, headers=[*headers, *HTML], body=body)

    if target.startswith(MACHINES):
        demand_document(answer, status, code)
    elif answer.status != 303:
        assert (answer.status, answer["content-type"]) == (status, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    "raw", [b"nonsense\r\n\r\n", b"GET / HTTP/3.0\r\n\r\n", b"GET http://a/ HTTP/1.1\r\n\r\n"]
)
async def test_what_is_no_request_gets_one_too(town: Town, raw: bytes) -> None:
    async with line.opened(town.port) as connection:
        connection.send(raw)
        answer = await connection.answer()

    assert answer["content-type"] == "application/problem+json"
    assert answer.json().keys() == MEMBERS - {"request_id"}
    assert answer.json()["status"] == answer.status


@pytest.mark.parametrize("target", ["/readyz", "/healthz", "/incidents", "/settings"])
async def test_while_the_database_is_away_everything_says_so(adrift: Town, target: str) -> None:
    answer = await adrift.ask("GET", target, headers=[("cookie", "__Host-session=any")])

    demand_document(answer, 503, "UNAVAILABLE")
    assert answer["retry-after"] == "2"


@pytest.mark.parametrize("target", ["/ingest/alertmanager/x", "/v2/enqueue"])
async def test_while_the_database_is_away_senders_are_told_to_try_again(adrift: Town, target: str) -> None:
    payload = b'{"summary": "s", "source": "s", "severity": "error"}'
    event = b'{"routing_key": "k", "event_action": "trigger", "payload": %b}' % payload

    answer = await adrift.ask("POST", target, headers=BEARER, body=event)

    demand_document(answer, 503, "UNAVAILABLE")


async def test_probes_tell_more_when_asked(town: Town, adrift: Town) -> None:
    brief, verbose = [(await town.ask("GET", f"/readyz{query}")).json() for query in ("", "?verbose")]
    failing = (await adrift.ask("GET", "/readyz")).json()

    assert brief == {"status": "well"}
    assert [one["name"] for one in verbose["checks"]] == ["database", "queue"]
    assert {one["name"]: one["status"] for one in failing["checks"]} == {
        "database": "unwell",
        "queue": "degraded",
    }
    assert (await adrift.ask("GET", "/livez")).json() == {"status": "well"}


async def requests_of(town: Town) -> tuple[set[str], set[str]]:
    """The routes and the methods that this process has served, for whichever test."""
    text = (await town.ask("GET", "/metrics")).text
    requests = [
        sample.labels
        for family in text_string_to_metric_families(text)
        if family.name == "http_server_request_duration_seconds"
        for sample in family.samples
    ]
    return {one["route"] for one in requests}, {one["method"] for one in requests}


async def test_metrics_can_be_read_by_a_parser_whatever_was_asked_before(town: Town) -> None:
    before, _ = await requests_of(town)
    await town.ask("GET", '/nowhere"}\\n# HELP x')
    await town.ask("PUT", "/incidents")

    asked, methods = await requests_of(town)

    assert asked - before <= {"none", *(path for _, path in routes.routes())}
    assert methods <= {
        "GET",
        "HEAD",
        "POST",
        "PUT",
        "other",
        "DELETE",
        "PATCH",
        "OPTIONS",
    }
