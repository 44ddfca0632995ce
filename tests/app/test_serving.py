from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from app import serving
from app.serving import Protocol

pytestmark = pytest.mark.anyio

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] == "/slow":
        await asyncio.sleep(0.3)
    headers = [(b"content-length", b"3")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"hey"})


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[uvicorn.Server]:
    monkeypatch.setattr(serving, "HEADERS_WITHIN_SECONDS", 0.1)
    monkeypatch.setattr(serving, "KEEP_ALIVE_SECONDS", 0.1)
    logging.getLogger("uvicorn").setLevel(logging.ERROR)
    config = uvicorn.Config(
        hello,
        http=Protocol,
        port=0,
        lifespan="off",
        log_config=None,
        server_header=False,
        timeout_keep_alive=5,
    )
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    yield server
    await server.shutdown()


@pytest.fixture
async def port(server: uvicorn.Server) -> int:
    port: int = server.servers[0].sockets[0].getsockname()[1]
    return port


@pytest.fixture
async def connection(port: int) -> AsyncIterator[Connection]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    yield reader, writer
    writer.close()


async def rest(connection: Connection) -> bytes:
    return await asyncio.wait_for(connection[0].read(), 5)


async def drip(connection: Connection, piece: bytes) -> bytes:
    """Send a piece again and again until the server hangs up; answers what it said."""
    reading = asyncio.create_task(rest(connection))
    while not reading.done():
        connection[1].write(piece)
        await asyncio.wait([reading], timeout=0.02)
    return await reading


async def test_a_whole_request_is_answered(connection: Connection) -> None:
    connection[1].write(GET)

    assert (await connection[0].readuntil(b"hey")).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("start", [b"G", b"GET / HTTP/1.1\r\nX: ", b"\r\n"])
async def test_headers_that_drip_are_given_up_with_408(connection: Connection, start: bytes) -> None:
    connection[1].write(start)

    said = await drip(connection, b"\r\n" if start == b"\r\n" else b"G")

    assert said.startswith((b"HTTP/1.1 408", b"HTTP/1.1 400"))


async def test_who_says_nothing_is_hung_up_on_without_a_word(connection: Connection) -> None:
    assert await rest(connection) == b""


async def test_after_an_answer_dripping_is_given_up_too(connection: Connection) -> None:
    connection[1].write(GET)
    await connection[0].readuntil(b"hey")

    said = await drip(connection, b"\r\n")

    assert said.startswith(b"HTTP/1.1 408")


async def test_headers_without_end_are_refused_with_431(connection: Connection) -> None:
    connection[1].write(b"GET / HTTP/1.1\r\nX: " + b"a" * (serving.HEADER_BYTES + 1))

    head, _, body = (await rest(connection)).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 431")
    assert b"application/problem+json" in head
    assert json.loads(body)["code"] == "REQUEST_HEADER_FIELDS_TOO_LARGE"


async def test_what_is_no_http_is_refused_as_a_problem_document(connection: Connection) -> None:
    connection[1].write(b"hello?\r\n\r\n")

    head, _, body = (await rest(connection)).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 400")
    assert json.loads(body)["status"] == 400


async def test_an_answer_may_take_longer_than_headers(connection: Connection) -> None:
    connection[1].write(GET.replace(b"/ ", b"/slow ", 1))

    assert (await connection[0].readuntil(b"hey")).startswith(b"HTTP/1.1 200")


async def test_requests_in_one_breath_are_all_answered(connection: Connection) -> None:
    slow = GET.replace(b"/ ", b"/slow ", 1)
    connection[1].write(GET + slow + slow)

    for _ in range(3):
        assert (await connection[0].readuntil(b"hey")).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("path", [b"/ ", b"/slow "])
async def test_what_is_asked_while_it_stops_is_answered_and_is_the_last(
    server: uvicorn.Server, connection: Connection, path: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "KEEP_ALIVE_SECONDS", 20)
    monkeypatch.setattr(serving, "LEAVE_AFTER_SECONDS", 5)
    connection[1].write(GET)
    await connection[0].readuntil(b"hey")
    stopping = asyncio.create_task(server.shutdown())
    await asyncio.sleep(0.02)

    connection[1].write(GET.replace(b"/ ", path, 1))
    said = await rest(connection)

    assert said.startswith(b"HTTP/1.1 200")
    assert b"connection: close" in said
    await stopping


async def test_what_was_asked_before_it_stops_is_answered(
    server: uvicorn.Server, connection: Connection
) -> None:
    connection[1].write(GET.replace(b"/ ", b"/slow ", 1))
    await asyncio.sleep(0.02)

    await server.shutdown()

    assert (await rest(connection)).startswith(b"HTTP/1.1 200")
