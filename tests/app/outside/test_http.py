import socket
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from app.outside import http
from tests.fakes import raw

pytestmark = pytest.mark.anyio
SOON = timedelta(seconds=0.2)


@pytest.fixture
async def client() -> AsyncIterator[http.Client]:
    async with http.opened() as client:
        yield client


@pytest.mark.parametrize("status", [200, 202, 301, 404, 500])
async def test_every_status_is_an_answer(client: http.Client, status: int) -> None:
    answer = b"HTTP/1.1 %d Whatever\r\nLocation: /elsewhere\r\nContent-Length: 2\r\n\r\nhi" % status

    async with raw.answering(answer) as server:
        got = await client.send("GET", server.url)

    assert isinstance(got, http.Answer)
    assert (got.status, got.body, got.cut) == (status, b"hi", False)
    assert got.headers["location"] == "/elsewhere"
    assert len(server.heads) == 1


async def test_long_body_is_cut(client: http.Client) -> None:
    long = b"x" * (http.KEPT_BYTES * 4)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(long)

    async with raw.answering(head + long) as server:
        got = await client.send("GET", server.url)

    assert isinstance(got, http.Answer)
    assert (len(got.body), got.cut) == (http.KEPT_BYTES, True)


async def test_packed_body_is_not_unpacked(client: http.Client) -> None:
    async with raw.answering(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nzzzz"
    ) as server:
        got = await client.send("GET", server.url)

    assert isinstance(got, http.Answer)
    assert got.body == b"zzzz"
    assert "accept-encoding: identity" in server.heads[0].lower()


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"],
    ids=["no answer", "half a head", "half a body"],
)
async def test_time_runs_out_wherever_the_answer_stops(client: http.Client, answer: bytes) -> None:
    async with raw.answering(answer, then_hang=True) as server:
        got = await client.send("GET", server.url, within=SOON)

    assert got == http.Failure("timeout")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (None, "connection_reset"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "connection_reset"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "bad_response"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", "bad_response"),
    ],
)
async def test_broken_answer_is_a_failure(client: http.Client, answer: bytes | None, kind: str) -> None:
    async with raw.answering(answer) as server:
        got = await client.send("POST", server.url, body=b"{}")

    assert isinstance(got, http.Failure)
    assert (got.kind, got.permanent) == (kind, False)


async def test_a_kept_connection_that_was_closed_meanwhile_is_a_reset(client: http.Client) -> None:
    async with raw.answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi") as server:
        await client.send("POST", server.url, body=b"{}")
        got = await client.send("POST", server.url, body=b"{}")

    # who is quick enough to notice dials anew
    assert isinstance(got, http.Answer) or got == http.Failure("connection_reset")


async def test_refused_connection_is_a_failure(client: http.Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]

    assert await client.send("GET", f"http://127.0.0.1:{port}") == http.Failure("connection_refused")


async def test_name_that_does_not_exist_is_a_failure(client: http.Client) -> None:
    assert await client.send("GET", "http://nowhere.invalid") == http.Failure("dns")


async def test_plain_answer_to_tls_is_a_failure(client: http.Client) -> None:
    async with raw.answering(b"HTTP/1.1 400 Bad\r\n\r\n") as server:
        got = await client.send("GET", server.url.replace("http:", "https:"), within=SOON)

    assert isinstance(got, http.Failure)
    assert got.kind in ("tls", "timeout")


@pytest.mark.parametrize("url", ["", "nonsense", "ftp://example.test", "http://", "http://[::1"])
async def test_address_that_is_none_is_a_failure_for_good(client: http.Client, url: str) -> None:
    assert await client.send("GET", url) == http.Failure("bad_url", permanent=True)


async def test_proxy_of_the_environment_is_not_used(
    client: http.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    async with raw.answering(b"HTTP/1.1 204 No Content\r\n\r\n") as server:
        got = await client.send("GET", server.url)

    assert isinstance(got, http.Answer)


async def test_cookies_are_not_kept(client: http.Client) -> None:
    answer = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: 0\r\n\r\n"

    async with raw.answering(answer) as server:
        await client.send("GET", server.url)
        await client.send("GET", server.url)

    assert "cookie:" not in server.heads[1].lower()


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "30"}, timedelta(seconds=30)),
        ({"Retry-After": "0"}, timedelta()),
        ({"Retry-After": "99999999999999999999"}, timedelta(days=1)),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "soon"}, None),
        ({}, None),
        (
            {"Retry-After": "Sat, 31 Jan 2026 09:00:30 GMT", "Date": "Sat, 31 Jan 2026 09:00:00 GMT"},
            timedelta(seconds=30),
        ),
        (
            {"Retry-After": "Sat, 31 Jan 2026 09:00:00 GMT", "Date": "Sat, 31 Jan 2026 09:00:30 GMT"},
            timedelta(),
        ),
        ({"Retry-After": "Sat, 31 Jan 2026 09:00:30 GMT"}, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(headers: dict[str, str], wait: timedelta | None) -> None:
    assert http.retry_after(headers) == wait
