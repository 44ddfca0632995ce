"""What every kind of answer tells browsers and caches."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.wire import conftest, line
from tests.wire.conftest import HTML, SAME_ORIGIN, Town
from tests.wire.line import Answer
from views.assets import assets

pytestmark = pytest.mark.anyio

ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
DOCUMENT = [*HTML]
FRAGMENT = [("hx-request", "true")]
JSON = [("content-type", "application/json"), *SAME_ORIGIN]
# Name -> method, target, who asks, with what, and how it is answered.
KINDS: dict[str, tuple[str, str, str | None, list[tuple[str, str]], bytes | None, int]] = {
    "page": ("GET", "/incidents", "olive", DOCUMENT, None, 200),
    "head of a page": ("HEAD", "/incidents", "olive", DOCUMENT, None, 200),
    "part of a page": ("GET", "/incidents", "olive", FRAGMENT, None, 200),
    "page before the door": ("GET", "/sign-in", None, DOCUMENT, None, 200),
    "page of a link": ("GET", "/acknowledge/none", None, DOCUMENT, None, 200),
    "redirect": ("GET", "/", "olive", DOCUMENT, None, 303),
    "redirect to the door": ("GET", "/incidents", None, DOCUMENT, None, 303),
    "redirect after a form": ("POST", "/settings/theme", "olive", SAME_ORIGIN, b"theme=dark", 303),
    "refused form": ("POST", "/sign-in", None, [*DOCUMENT, *SAME_ORIGIN], b"", 422),
    "refused part": ("GET", "/incidents/1/head", None, FRAGMENT, None, 401),
    "problem page": ("GET", "/nowhere", None, DOCUMENT, None, 404),
    "problem": ("GET", "/nowhere", None, [], None, 404),
    "forgery": ("POST", "/incidents", "olive", DOCUMENT, b"", 403),
    "foreign method": ("TRACE", "/incidents", "olive", [], None, 405),
    "no HTTP": ("TRACK", "/incidents", "olive", [], None, 400),
    "alert": ("POST", "/v2/enqueue", None, [], b"{}", 400),
    "webhook": ("POST", "/hooks/pagerduty", None, [], b"{}", 401),
    "GraphQL": ("POST", "/graphql", "olive", JSON, b'{"query": "{ me { name } }"}', 200),
    "GraphQL by GET": ("GET", "/graphql?query=%7Bnow%7D", "olive", SAME_ORIGIN, None, 200),
    "refused GraphQL": ("POST", "/graphql", None, JSON, b'{"query": "{ me { name } }"}', 401),
    "schema": ("GET", "/schema.graphql", None, [], None, 200),
    "probe": ("GET", "/livez", None, [], None, 200),
    "metrics": ("GET", "/metrics", None, [], None, 200),
    "no file": ("GET", "/static/nothing.css", None, [], None, 404),
}
MAY_BE_KEPT = {"schema": "no-cache", "GraphQL by GET": "private, no-cache"}
TYPES = (
    "text/html; charset=utf-8",
    "application/json",
    "application/problem+json",
    "text/plain; charset=utf-8",
)


@pytest.fixture(scope="module")
async def secure(town_url: str) -> AsyncIterator[Town]:
    """Behind a proxy that speaks TLS."""
    base = {"base_url": "https://ops.example", "metrics_token": "t" * 20}
    async with conftest.opened(town_url, "redis://127.0.0.1:1", settled=False, **base) as found:
        yield found


async def answer_of(town: Town, kind: str) -> Answer:
    method, target, who, headers, body, status = KINDS[kind]
    answer = await town.ask(method, target, who, headers=headers, body=body)
    assert answer.status == status
    return answer


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_of_answer_is_guarded(town: Town, kind: str) -> None:
    answer = await answer_of(town, kind)

    assert {name: answer[name] for name in ALWAYS} == ALWAYS
    assert answer["content-security-policy"].startswith("default-src 'none'; script-src 'self'; ")
    assert "camera=()" in answer["permissions-policy"]
    assert answer["cache-control"] == MAY_BE_KEPT.get(kind, "no-store")
    assert answer.all("server") == answer.all("x-powered-by") == []


@pytest.mark.parametrize("kind", KINDS)
async def test_every_body_says_what_it_is_and_in_which_signs(town: Town, kind: str) -> None:
    answer = await answer_of(town, kind)

    if answer.body:
        type_ = answer["content-type"]
        assert type_ in TYPES or "charset=utf-8" in type_


@pytest.mark.parametrize("kind", KINDS)
async def test_where_there_is_https_browsers_stay_with_it(secure: Town, kind: str) -> None:
    if kind in ("no HTTP", "metrics"):
        pytest.skip("no browser comes there")
    method, target, _, headers, body, _ = KINDS[kind]

    answer = await secure.ask(method, target, headers=headers, body=body)

    assert answer["strict-transport-security"] == "max-age=63072000; includeSubDomains"


async def test_over_plain_http_nothing_is_said_of_it(town: Town) -> None:
    assert (await town.ask("GET", "/sign-in")).all("strict-transport-security") == []


async def test_a_stream_is_guarded_and_kept_nowhere(town: Town) -> None:
    async with line.opened(town.port) as connection:
        cookie = town.cookie("olive")[0][1]
        connection.send(f"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n".encode())
        head = (await connection.reader.readuntil(b"\r\n\r\n")).decode().lower()

    assert "content-type: text/event-stream; charset=utf-8" in head
    assert "cache-control: no-store" in head
    assert "content-security-policy: default-src 'none'" in head


async def test_the_head_of_a_stream_ends(town: Town) -> None:
    cookie = town.cookie("olive")[0][1]
    async with line.opened(town.port) as connection:
        for _ in range(2):
            connection.send(f"HEAD /events HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n".encode())
            answer = await connection.answer(to="HEAD")
            assert (answer.status, answer["content-type"]) == (200, "text/event-stream; charset=utf-8")


@pytest.mark.parametrize("name", ["opsbook.css", "ui.js", "fonts/geist.woff2", "favicon-s0.svg"])
async def test_a_file_may_be_kept_under_the_name_of_its_content_alone(town: Town, name: str) -> None:
    hashed = await town.ask("GET", assets().address(name), headers=[("accept-encoding", "gzip")])
    plain = await town.ask("GET", f"/static/{name}")
    again = await town.ask("GET", f"/static/{name}", headers=[("if-none-match", plain["etag"])])

    assert hashed["cache-control"] == "public, max-age=31536000, immutable"
    assert plain["cache-control"] == "no-cache"
    assert (again.status, again.body) == (304, b"")
    for answer in (hashed, plain, again):
        assert answer["x-content-type-options"] == "nosniff"
        assert answer["cross-origin-resource-policy"] == "same-origin"
        assert answer["vary"] == "accept-encoding"


async def test_what_depends_on_a_header_says_so(town: Town) -> None:
    varies = {kind: ", ".join((await answer_of(town, kind)).all("vary")) for kind in KINDS}

    assert "HX-Request" in varies["page"]
    assert {"Accept", "Authorization", "Cookie"} <= set(varies["GraphQL by GET"].split(", "))
    assert {"Sec-Fetch-Site", "Origin"} <= set(varies["refused form"].split(", "))
