"""Under which names, by which methods and paths Opsbook answers, and what it believes of a proxy."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from tests.wire import conftest, line
from tests.wire.conftest import HTML, SAME_ORIGIN, Town

pytestmark = pytest.mark.anyio

METHODS = ["TRACE", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "LOCK"]
TRAVERSALS = [
    "/static/../pyproject.toml",
    "/static/../../../etc/passwd",
    "/static/..%2f..%2fpyproject.toml",
    "/static/%2e%2e/%2e%2e/pyproject.toml",
    "/static/%252e%252e%252fpyproject.toml",
    "/static/..%5c..%5cpyproject.toml",
    "/static/....//....//pyproject.toml",
    "/static//etc/passwd",
    "/static/%2fetc%2fpasswd",
    "/static/opsbook.css%00.txt",
    "/static/opsbook.css/",
    "/static/",
    "/static",
    "/.git/config",
    "/.env",
    "/pyproject.toml",
    "/app/settings.py",
    "//evil.example/sign-in",
    "//evil.example/sign-in/",
    "/%2f%2fevil.example/",
    "/sign-in%00",
    "/%ff%fe",
    "/sign-in;x=1",
    "/SIGN-IN",
]


async def said_to(town: Town, raw: bytes) -> bytes:
    async with line.opened(town.port) as connection:
        connection.send(raw)
        return await connection.rest()


@pytest.mark.parametrize(
    "hosts",
    [
        [],
        [b"evil.example"],
        [b"127.0.0.1", b"127.0.0.1"],
        [b"127.0.0.1", b"evil.example"],
        [b"127.0.0.1, evil.example"],
        [b"evil@127.0.0.1"],
        [b"127.0.0.1.evil.example"],
        [b"127.0.0.1:\xb2"],
        [b"localhost."],
        [b""],
    ],
)
async def test_a_foreign_or_doubled_host_is_refused(town: Town, hosts: list[bytes]) -> None:
    lines = b"".join(b"Host: %b\r\n" % one for one in hosts)

    said = await said_to(town, b"GET /sign-in HTTP/1.1\r\n%bConnection: close\r\n\r\n" % lines)

    assert said.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    ("target", "host", "status"),
    [
        (b"http://127.0.0.1/sign-in", b"127.0.0.1", b"200"),
        (b"http://127.0.0.1:81/sign-in", b"127.0.0.1:81", b"200"),
        (b"http://evil.example/sign-in", b"127.0.0.1", b"400"),
        (b"http://127.0.0.1/sign-in", b"evil.example", b"400"),
        (b"http://evil.example/sign-in", b"evil.example", b"400"),
        (b"http://127.0.0.1:81/sign-in", b"127.0.0.1", b"400"),
        (b"gopher://127.0.0.1@evil.example/", b"127.0.0.1", b"400"),
        (b"evil.example:443", b"127.0.0.1", b"400"),
    ],
)
async def test_a_whole_address_has_to_name_the_same_host(
    town: Town, target: bytes, host: bytes, status: bytes
) -> None:
    raw = b"GET %b HTTP/1.1\r\nHost: %b\r\nConnection: close\r\n\r\n" % (target, host)

    assert (await said_to(town, raw)).startswith(b"HTTP/1.1 %b " % status)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "path", ["/sign-in", "/graphql", "/static/opsbook.css", "/livez", "/v2/enqueue", "*"]
)
async def test_other_methods_are_taken_nowhere(town: Town, method: str, path: str) -> None:
    answer = await town.ask(method, path, "ada", headers=SAME_ORIGIN)

    assert (answer.status, answer["allow"]) == (405, "GET, HEAD, POST")
    assert b"__Host-session" not in answer.body


@pytest.mark.parametrize("method", ["TRACK", "get", "FOO", "G ET"])
async def test_what_is_no_method_is_no_request(town: Town, method: str) -> None:
    assert (await town.ask(method, "/sign-in")).status == 400


@pytest.mark.parametrize("path", TRAVERSALS)
async def test_no_path_leads_out_of_what_is_served(town: Town, path: str) -> None:
    answer = await town.ask("GET", path, headers=HTML)

    assert answer.status == 404
    assert answer.all("location") == []


@pytest.mark.parametrize("path", [b"/sign-in\x00", b"/\xe4", b"/a b", b"sign-in", b""])
async def test_what_is_no_path_is_no_request(town: Town, path: bytes) -> None:
    raw = b"GET %b HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n" % path

    assert (await said_to(town, raw)).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "path", ["/sign-in/", "/incidents/", "/ingest/alertmanager/x/", "/v2/enqueue/", "/graphql/"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_nobody_is_led_elsewhere_by_a_slash_too_many(town: Town, method: str, path: str) -> None:
    answer = await town.ask(method, path, headers=[("authorization", "Bearer ops_x")], body=b"{}")

    assert (answer.status, answer.all("location")) == (404, [])


@pytest.mark.parametrize(
    ("proxies", "counted"), [(("127.0.0.0/8",), "from 198.51.100.9"), (("10.0.0.0/8",), "from 127.0.0.1")]
)
async def test_only_a_proxy_of_ours_says_who_asks(
    database_url: str, redis_url: str, proxies: tuple[str, ...], counted: str
) -> None:
    forwarded = [("x-forwarded-for", "127.0.0.1, 198.51.100.9"), ("x-real-ip", "203.0.113.1")]
    trusted = tuple(map(ip_network, proxies))

    async with conftest.opened(database_url, redis_url, trusted_proxies=trusted) as town:
        await town.post("/sign-in", None, {"email": "olive@example.com"}, forwarded)

        assert await town.one("select count(*) from sign_in_attempt where subject like $1", f"%{counted}")
