from __future__ import annotations

import pytest

from app.errors import Forbidden, InvalidInput
from tests.views.guard.conftest import Inner, ask
from views.guard.csrf import SameOrigin

pytestmark = pytest.mark.anyio

BASE = "https://ops.example"
UNSAFE = ["POST", "PUT", "PATCH", "DELETE", "TRACE", "ANYTHING"]


async def is_let_through(
    method: str = "POST", path: str = "/incidents", host: str = "ops.example", **headers: str
) -> bool:
    inner = Inner()
    pairs = [(name.replace("_", "-"), value) for name, value in headers.items()]
    try:
        await ask(SameOrigin(inner, base_url=BASE), method, path, headers=pairs, host=host)
    except Forbidden:
        return False
    return bool(inner.scope)


@pytest.mark.parametrize("method", UNSAFE)
async def test_our_own_pages_may_change_things(method: str) -> None:
    assert await is_let_through(method, sec_fetch_site="same-origin")


@pytest.mark.parametrize("method", UNSAFE)
@pytest.mark.parametrize(
    "site", ["cross-site", "same-site", "none", "", "Same-Origin", "same-origin, cross-site"]
)
async def test_nobody_elses_may_even_with_our_origin_and_a_token(method: str, site: str) -> None:
    assert not await is_let_through(method, sec_fetch_site=site, origin=BASE, authorization="Bearer ops_x")


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_reading_is_open_to_links_from_anywhere(method: str) -> None:
    assert await is_let_through(method, sec_fetch_site="cross-site", origin="https://evil.example")


@pytest.mark.parametrize("origin", [BASE, "HTTPS://Ops.Example", "http://127.0.0.1:8000"])
async def test_without_fetch_metadata_the_origin_has_to_be_ours(origin: str) -> None:
    assert await is_let_through(origin=origin, host="127.0.0.1:8000")


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "https://evil.example",
        "http://ops.example",
        BASE + ".evil.example",
        BASE + ":8443",
        "https://ops.example@evil",
    ],
)
async def test_an_origin_that_only_looks_like_ours_is_refused(origin: str) -> None:
    assert not await is_let_through(origin=origin, authorization="Bearer ops_x", host="other.example")


async def test_without_both_only_a_token_gets_in() -> None:
    assert not await is_let_through()
    assert not await is_let_through(cookie="__Host-session=k")
    assert not await is_let_through(authorization="Basic YTpi", cookie="__Host-session=k")
    assert await is_let_through(authorization="Bearer ops_x")


async def test_a_program_without_a_token_is_told_so_by_graphql_itself() -> None:
    assert await is_let_through(path="/graphql")
    assert not await is_let_through(path="/graphql", cookie="__Host-session=k")
    assert not await is_let_through(path="/graphql", origin="https://evil.example")
    assert not await is_let_through(path="/graphql/")


@pytest.mark.parametrize("path", ["/ingest/alertmanager/prod", "/v2/enqueue", "/hooks/pagerduty"])
async def test_machines_need_no_browsers_headers(path: str) -> None:
    assert await is_let_through(path=path)
    assert await is_let_through(path=path, sec_fetch_site="cross-site")


@pytest.mark.parametrize("path", ["/ingest", "/v2", "/hooksx", "/x/ingest/a", "//ingest/a", "/Ingest/a"])
async def test_what_only_looks_like_a_machines_address_is_guarded(path: str) -> None:
    assert not await is_let_through(path=path)


@pytest.mark.parametrize("name", ["sec-fetch-site", "origin", "authorization"])
async def test_a_header_that_came_twice_is_refused(name: str) -> None:
    pairs = [(name, "same-origin"), (name, "cross-site")]

    with pytest.raises(InvalidInput):
        await ask(SameOrigin(Inner(), base_url=BASE), "POST", headers=pairs)


async def test_an_answer_that_was_judged_says_by_what() -> None:
    app = SameOrigin(Inner(), base_url=BASE)

    judged = await ask(app, "POST", headers=[("sec-fetch-site", "same-origin")])
    read = await ask(app, "GET")

    assert judged.all("vary") == ["Sec-Fetch-Site, Origin"]
    assert read.all("vary") == []
