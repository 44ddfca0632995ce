"""How much and how long a request may be: over real sockets, where refusals have to arrive as well."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from app import serving
from tests.wire import line
from tests.wire.conftest import FORM, SAME_ORIGIN, Town, served
from tests.wire.line import Answer
from views.guard.bodies import Bodies
from views.guard.problems import Problems

pytestmark = pytest.mark.anyio

PATIENT = timedelta(seconds=0.3)
MB = 1024 * 1024
HEAD = b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nSec-Fetch-Site: same-origin\r\n"


async def swallow(_scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body"})


@pytest.fixture
async def impatient() -> AsyncIterator[int]:
    """A server that waits a third of a second for a body."""
    app = Problems(Bodies(swallow, within=PATIENT))
    config = uvicorn.Config(app, http=serving.Protocol, port=0, lifespan="off", log_config=None)
    async with served(config) as port:
        yield port


async def answer_to(town: Town, raw: bytes) -> Answer:
    async with line.opened(town.port) as connection:
        connection.send(raw)
        return await connection.answer()


@pytest.mark.parametrize("framing", [b"Content-Length: 1000", b"Transfer-Encoding: chunked"])
@pytest.mark.parametrize("drip", [b"", b"1\r\na\r\n"])
async def test_a_body_that_drips_is_answered_408_and_hung_up_on(
    impatient: int, framing: bytes, drip: bytes
) -> None:
    async with line.opened(impatient) as connection:
        connection.send(HEAD + framing + b"\r\n\r\n")
        reading = asyncio.create_task(connection.rest())
        while not reading.done():
            connection.send(drip)
            await asyncio.wait([reading], timeout=0.05)

    said = await reading
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in said
    assert b'"code": "TOO_SLOW"' in said


async def test_three_hundred_slow_connections_keep_nobody_else_out(town: Town) -> None:
    readers = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", town.port) for _ in range(300)))
    for _, writer in readers:
        writer.write(HEAD + b"Content-Length: 10\r\n\r\na")

    answer = await asyncio.wait_for(town.ask("GET", "/livez"), 15)

    assert answer.status == 200
    for _, writer in readers:
        writer.transport.abort()


@pytest.mark.parametrize("size", [MB + 1, 20 * MB])
@pytest.mark.parametrize("is_chunked", [False, True])
async def test_a_body_that_is_too_large_is_answered_while_it_is_still_coming(
    town: Town, size: int, is_chunked: bool
) -> None:
    framing = b"Transfer-Encoding: chunked" if is_chunked else b"Content-Length: %d" % size
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (size, b"a" * size) if is_chunked else b"a" * size
    form = b"Content-Type: application/x-www-form-urlencoded\r\n"

    answer = await answer_to(town, HEAD + form + framing + b"\r\n\r\n" + body)

    assert (answer.status, answer.json()["code"], answer["connection"]) == (413, "TOO_LARGE", "close")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"X: " + b"a" * 200_000, 431),
        (b"\r\n".join(b"X-%d: a" % number for number in range(120)), 431),
        (b"\r\n".join(b"X-%d: a" % number for number in range(50)), 200),
        (b"Cookie: " + b"; ".join(b"c%d=a" % number for number in range(5000)), 200),
    ],
)
async def test_headers_are_bounded_in_size_and_number(town: Town, head: bytes, status: int) -> None:
    answer = await answer_to(town, b"GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n" + head + b"\r\n\r\n")

    assert answer.status == status


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/" + "a" * 9000, 414),
        ("/incidents/" + "9" * 9000, 414),
        ("/incidents/" + "9" * 1900, 400),
        ("/incidents?text=" + "a" * 9000, 200),
    ],
)
async def test_an_address_without_end_breaks_nothing(town: Town, target: str, status: int) -> None:
    assert (await town.ask("GET", target, "olive")).status == status


async def test_an_address_longer_than_all_headers_may_be_is_refused(town: Town) -> None:
    assert (await town.ask("GET", "/" + "a" * 200_000)).status == 431


@pytest.mark.parametrize(
    "body", [b"a=1&" * 5000, b"a=" + b"%41" * 300_000, b"&" * 1_000_000, b"a[b][c]=1&a[b][c]=2"]
)
async def test_a_form_of_many_fields_is_refused_or_read_at_once(town: Town, body: bytes) -> None:
    asking = town.ask("POST", "/sign-in", headers=[*SAME_ORIGIN, *FORM], body=body)

    answer = await asyncio.wait_for(asking, 15)

    assert answer.status in (400, 422)
