from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import pytest
from structlog.testing import capture_logs

from app.observability import health, heartbeat
from app.observability.inquiry import Inquiry
from app.outside import http
from app.storage.engine import Database
from tests.app.observability.conftest import House
from tests.fakes import raw

pytestmark = pytest.mark.anyio
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"


@pytest.fixture
async def client() -> AsyncIterator[http.Client]:
    async with http.opened() as client:
        yield client


def watched(database: Database) -> Inquiry[health.Check]:
    return Inquiry(partial(health.ask_escalations, database))


async def test_it_beats_while_escalations_leave_in_time(house: House, client: http.Client) -> None:
    await house.declare()

    async with raw.answering(OK) as outside:
        why = await heartbeat.beat(watched(house.database), client, f"{outside.url}/ping/secret")

    assert why == ""
    assert outside.heads[0].startswith("GET /ping/secret ")


async def test_it_is_silent_when_one_is_late(house: House, client: http.Client) -> None:
    await house.declare()
    await house.advance(minutes=5, seconds=16)

    async with raw.answering(OK) as outside:
        why = await heartbeat.beat(watched(house.database), client, outside.url)

    assert "late" in why
    assert outside.heads == []


async def test_it_is_silent_when_the_database_does_not_say(client: http.Client) -> None:
    database = await Database.open("postgresql://127.0.0.1:1/opsbook")

    async with raw.answering(OK) as outside:
        why = await heartbeat.beat(watched(database), client, outside.url)

    assert why
    assert outside.heads == []
    await database.close()


@pytest.mark.parametrize(
    ("answer", "why"), [(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", "404"), (None, "connection_reset")]
)
async def test_it_notes_that_nobody_hears_it(
    house: House, client: http.Client, answer: bytes | None, why: str
) -> None:
    async with raw.answering(answer) as outside:
        assert why in await heartbeat.beat(watched(house.database), client, outside.url)


async def test_it_goes_on_and_says_once_that_it_is_silent_without_the_address(
    house: House, client: http.Client
) -> None:
    async with raw.answering(None) as outside:
        with capture_logs() as said:
            url = f"{outside.url}/ping/secret"
            beating = asyncio.create_task(
                heartbeat.heartbeat(house.database, client, url, every=heartbeat.EVERY / 10_000)
            )
            while len(outside.heads) < 3:
                await asyncio.sleep(0)
            beating.cancel()

    assert [one["event"] for one in said] == ["heartbeat is silent"]
    assert "secret" not in str(said)
