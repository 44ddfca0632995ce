"""No other site acts in anybody's name: every address that changes something, by everything a browser says of
where a request came from. Source: OWASP ASVS 5.0, 3.5.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from itertools import product

import pytest

from app.embedded import Engines
from tests.engines import Databases
from tests.wire import conftest, line
from tests.wire.conftest import HTML, SAME_ORIGIN, Town, fingerprint, furnish
from tests.wire.line import Pairs
from tests.wire.routes import COMMANDS, OPEN, OUTSIDE, PAGES, PARTS, address

pytestmark = pytest.mark.anyio

SITES = (None, "same-origin", "same-site", "cross-site", "none", "Same-Origin")
ORIGINS = (
    None,
    "http://127.0.0.1:{port}",
    "null",
    "https://evil.example",
    "http://127.0.0.1:1",
    "https://127.0.0.1:{port}",
    "http://sub.127.0.0.1:{port}",
)
OURS = "http://127.0.0.1:{port}"
REFUSED = "Another site started this request. Open Opsbook and do it there."
UNSAFE = [*COMMANDS, *OUTSIDE, "/graphql"]


@pytest.fixture(scope="module")
def prey_url(databases: Databases) -> Iterator[str]:
    with databases.fresh() as url:
        yield url


@pytest.fixture(scope="module")
async def town(prey_url: str, engines: Engines) -> AsyncIterator[Town]:
    """One of its own: what is let through here signs people out."""
    async with conftest.opened(prey_url, engines.redis_url) as found:
        yield found


def may_pass(site: str | None, origin: str | None, *, with_token: bool) -> bool:
    """What the rule says: Fetch Metadata first, Origin where a browser sends none, else only a token."""
    if site is not None:
        return site == "same-origin"
    return origin == OURS if origin is not None else with_token


@pytest.mark.parametrize("path", UNSAFE)
async def test_only_our_own_pages_and_who_has_a_token_get_to_act(town: Town, path: str) -> None:
    wrong = []
    async with line.opened(town.port) as connection:
        for site, origin, token, cookie in product(SITES, ORIGINS, (False, True), (False, True)):
            headers = [("sec-fetch-site", site)] if site is not None else []
            headers += [("origin", origin.format(port=town.port))] if origin is not None else []
            headers += [("authorization", "Bearer ops_none")] if token else []
            headers += town.cookie("nora") if cookie else []

            passed = await is_let_through(town, connection, address(path), headers)

            in_nobodys_name = token or (path == "/graphql" and not cookie)
            if passed is not may_pass(site, origin, with_token=in_nobodys_name):
                wrong.append((site, origin, token, cookie, passed))
    assert wrong == []


async def is_let_through(town: Town, connection: line.Line, target: str, headers: Pairs) -> bool:
    """Post nothing at all; whoever is let through is told what is missing."""
    lines = [("host", f"127.0.0.1:{town.port}"), ("accept", "text/plain"), ("content-length", "0"), *headers]
    head = "".join(f"{name}: {value}\r\n" for name, value in lines)
    connection.send(f"POST {target} HTTP/1.1\r\n{head}\r\n".encode())
    answer = await connection.answer()
    assert answer.status != 500
    return REFUSED not in answer.body.decode()


async def test_no_other_site_reads_anything_either(town: Town) -> None:
    answer = await town.ask("GET", "/incidents", "olive", headers=[*HTML, ("origin", "https://evil.example")])

    assert [name for name, _ in answer.headers if name.startswith("access-control-")] == []
    assert answer["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/graphql", "/incidents", "/settings/people"])
async def test_a_preflight_allows_nothing(town: Town, path: str) -> None:
    wanted = [("origin", "https://evil.example"), ("access-control-request-method", "POST")]

    answer = await town.ask("OPTIONS", path, headers=wanted)

    assert answer.status == 405
    assert [name for name, _ in answer.headers if name.startswith("access-control-")] == []


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_looking_changes_nothing_anywhere(own_town: Town, method: str) -> None:
    await furnish(own_town)
    before = await fingerprint(own_town)

    # The addresses of commands too: what a form sends by mistake or malice as a query must do nothing.
    for path in (*PAGES, *PARTS, *OPEN, *COMMANDS, *OUTSIDE):
        form = COMMANDS[path].form if path in COMMANDS else OUTSIDE.get(path, {})
        query = "&".join(f"{name}={value.replace(' ', '+')}" for name, value in form.items())
        headers = [*HTML, ("sec-fetch-site", "cross-site")]
        await own_town.ask(method, f"{address(path)}?{query}", "ada", headers=headers)

    assert await fingerprint(own_town) == before


async def test_a_form_of_another_kind_is_no_way_around(town: Town) -> None:
    query = (
        b'{"query": "mutation { endSession(input: {sessionId: \\"session_1\\"}) { userErrors { code } } }"}'
    )

    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        headers = [*SAME_ORIGIN, ("content-type", kind)]
        answer = await town.ask("POST", "/graphql", "olive", headers=headers, body=query)
        assert answer.status in (400, 415)
