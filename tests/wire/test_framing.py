"""Where one request ends and the next begins: whatever two readers could read in two ways is refused.

Source: RFC 9112; OWASP ASVS 5.0, 4.2.1.
"""

from __future__ import annotations

import pytest

from tests.wire import line
from tests.wire.conftest import Town

pytestmark = pytest.mark.anyio

HIDDEN = b"GET /nowhere HTTP/1.1\r\nHost: evil.example\r\n\r\n"
CHUNKS = b"3\r\nabc\r\n0\r\n\r\n"
NO_FRAMING = [
    b"Content-Length: 6\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: chunked\r\nContent-Length: 6",
    b"Content-Length: 6\r\nContent-Length: 7",
    b"Content-Length: 6\r\nContent-Length: 6",
    b"Content-Length: 6, 6",
    b"Content-Length: +6",
    b"Content-Length: -6",
    b"Content-Length: 0x6",
    b"Content-Length: 6 6",
    b"Content-Length: 99999999999999999999999",
    b"Content-Length:",
    b"Content-Length : 6",
    b"Content-Length\r\n : 6",
    b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding: identity",
    b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: chunked, identity",
    b"Transfer-Encoding: chunked, chunked",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    b"Transfer-Encoding: \x0bchunked",
    b"Transfer-Encoding:\r\n chunked",
    b"Transfer-Encoding : chunked",
    b'Transfer-Encoding: "chunked"',
    b"X: y\nTransfer-Encoding: chunked",
    b"X: y\rTransfer-Encoding: chunked",
    b"X: y\x00Transfer-Encoding: chunked",
    b"X: y\r\n z",
    b" X: y",
    b"X y",
    b": y",
]
BAD_CHUNKS = [
    b"zz\r\nabc\r\n0\r\n\r\n",
    b"-3\r\nabc\r\n0\r\n\r\n",
    b"0x3\r\nabc\r\n0\r\n\r\n",
    b"3 \r\nabc\r\n0\r\n\r\n",
    b"10000000000000003\r\nabc\r\n0\r\n\r\n",
    b"3\r\nabcXX0\r\n\r\n",
    b"3\nabc\n0\n\n",
    b"3;a\nx\r\nabc\r\n0\r\n\r\n",
    b"\r\n3\r\nabc\r\n0\r\n\r\n",
]


def post(framing: bytes, body: bytes, version: bytes = b"1.1") -> bytes:
    head = b"POST /sign-in HTTP/%b\r\nHost: 127.0.0.1\r\nSec-Fetch-Site: same-origin\r\n" % version
    return head + b"Content-Type: application/x-www-form-urlencoded\r\n%b\r\n\r\n%b" % (framing, body)


async def refused(town: Town, raw: bytes) -> bytes:
    """Send it and more; answers everything that came back until the server hung up."""
    async with line.opened(town.port) as connection:
        connection.send(raw + HIDDEN)
        return await connection.rest()


@pytest.mark.parametrize("framing", NO_FRAMING)
async def test_a_body_whose_end_is_not_clear_is_refused_and_nothing_after_it_is_heard(
    town: Town, framing: bytes
) -> None:
    said = await refused(town, post(framing, CHUNKS))

    assert said.startswith(b"HTTP/1.1 400 ")
    assert said.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("chunks", BAD_CHUNKS)
async def test_chunks_that_are_none_end_the_connection_and_the_request(town: Town, chunks: bytes) -> None:
    before = await town.one("select count(*) from sign_in_request")

    said = await refused(town, post(b"Transfer-Encoding: chunked", chunks))

    assert said.startswith(b"HTTP/1.1 400 ")
    assert said.count(b"HTTP/1.1 ") == 1
    assert await town.one("select count(*) from sign_in_request") == before


async def test_chunks_need_http_1_1(town: Town) -> None:
    said = await refused(town, post(b"Transfer-Encoding: chunked", CHUNKS, b"1.0"))

    assert said.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("line_ending", [b"\n", b"\r"])
async def test_lines_end_with_both_signs(town: Town, line_ending: bytes) -> None:
    raw = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".replace(b"\r\n", line_ending)

    said = await refused(town, raw)

    assert not said.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("version", [b"2.0", b"1.2", b"0.9", b"9.9"])
async def test_other_versions_are_not_spoken(town: Town, version: bytes) -> None:
    said = await refused(town, b"GET /livez HTTP/%b\r\nHost: 127.0.0.1\r\n\r\n" % version)

    assert said.startswith((b"HTTP/1.1 505 ", b"HTTP/1.1 400 "))
    assert said.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    "raw", [b"\x16\x03\x01\x02\x00\x01" + bytes(99), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
)
async def test_other_protocols_are_told_so(town: Town, raw: bytes) -> None:
    assert (await refused(town, raw)).startswith(b"HTTP/1.1 400 ")


async def test_the_body_of_a_refused_request_is_no_request(town: Town) -> None:
    framing = b"Content-Length: %d" % len(HIDDEN)
    raw = post(framing, HIDDEN).replace(b"same-origin", b"cross-site")

    async with line.opened(town.port) as connection:
        connection.send(raw + b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        statuses = [(await connection.answer()).status for _ in range(2)]

    assert statuses == [403, 200]


async def test_who_asks_for_another_protocol_is_answered_in_this_one(town: Town) -> None:
    offer = b"Connection: Upgrade\r\nUpgrade: h2c\r\n"

    async with line.opened(town.port) as connection:
        for more in (offer, offer.replace(b"h2c", b"websocket"), b""):
            connection.send(b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n%b\r\n" % more)
            assert (await connection.answer()).status == 200
