from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from starlette.types import Message, Receive, Scope, Send

from app.errors import InvalidInput, TooLarge
from tests.views.guard.conftest import Inner, ask, dripping
from views.guard.bodies import Bodies, TooSlow

pytestmark = pytest.mark.anyio

CHUNKED = [("transfer-encoding", "chunked")]
KB = 1024


def declared(size: object) -> list[tuple[str, str]]:
    return [("content-length", str(size))]


async def test_a_body_that_fits_arrives_whole() -> None:
    inner = Inner()

    await ask(Bodies(inner), "POST", headers=declared(3), body=b"abc")

    assert inner.body == b"abc"


@pytest.mark.parametrize(
    ("path", "limit"),
    [("/graphql", 1024), ("/ingest/alertmanager/x", 512), ("/v2/enqueue", 512), ("/hooks/pagerduty", 1024)],
)
async def test_each_address_takes_what_it_needs_and_no_byte_more(path: str, limit: int) -> None:
    inner = Inner()

    await ask(Bodies(inner), "POST", path, headers=CHUNKED, body=dripping(limit, b"x" * KB))
    with pytest.raises(TooLarge, match=f"{limit} KB"):
        await ask(Bodies(Inner()), "POST", path, headers=CHUNKED, body=dripping(limit + 1, b"x" * KB))

    assert len(inner.body) == limit * KB


async def test_a_body_that_is_announced_too_large_is_not_read_at_all() -> None:
    inner = Inner()

    with pytest.raises(TooLarge):
        await ask(Bodies(inner), "POST", headers=declared(1024 * KB + 1), body=b"")

    assert inner.scope == {}


@pytest.mark.parametrize("size", ["-1", "", "1e3", "0x10", "٣", "1 ", "1,1", "9" * 4000])
async def test_an_odd_length_is_refused(size: str) -> None:
    with pytest.raises((InvalidInput, TooLarge)):
        await ask(Bodies(Inner()), "POST", headers=[("content-length", size.encode().decode("latin-1"))])


async def test_a_body_of_two_lengths_is_refused() -> None:
    for headers in ([*declared(3), *declared(4)], [*declared(3), *declared(3)], [*declared(3), *CHUNKED]):
        with pytest.raises(InvalidInput):
            await ask(Bodies(Inner()), "POST", headers=headers, body=b"abc")


async def test_a_body_that_drips_is_given_up_however_regular_it_drips() -> None:
    app = Bodies(Inner(), within=timedelta(seconds=0.05))

    with pytest.raises(TooSlow):
        await ask(app, "POST", headers=CHUNKED, body=dripping(10_000, seconds=0.01))


async def test_waiting_for_the_visitor_to_leave_is_not_timed() -> None:
    messages: list[Message] = [
        {"type": "http.request", "body": b"abc", "more_body": False},
        {"type": "http.disconnect"},
    ]
    seen: list[Message] = []

    async def receive() -> Message:
        if seen:
            await asyncio.sleep(0)  # gives a timer that is due the chance to strike
        return messages[len(seen)]

    async def stream(_scope: Scope, metered: Receive, _send: Send) -> None:
        seen.append(await metered())
        seen.append(await metered())

    scope = {"type": "http", "path": "/", "headers": [(b"content-length", b"3")]}
    await Bodies(stream, within=timedelta())(scope, receive, lambda _: asyncio.sleep(0))

    assert seen == messages
