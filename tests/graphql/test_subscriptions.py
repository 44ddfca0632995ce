from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from api.context import Context
from api.http import graphql_endpoint
from app.incidents import timeline
from app.security.permissions import Actor
from app.storage.engine import Database
from tests.graphql.conftest import House

pytestmark = pytest.mark.anyio

WATCH = (
    "subscription($n: Int!) { incidentChanged(number: $n) { number timeline(last: 1) { nodes { text } } } }"
)


@dataclass
class Town:
    """A bell that is heard at once, in this process."""

    listeners: list[asyncio.Queue[str]] = field(default_factory=list)

    def ring(self, queues: Collection[str], topics: Collection[str]) -> None:
        for listener in self.listeners:
            for topic in topics:
                listener.put_nowait(topic)

    async def topics(self, prefix: str) -> AsyncIterator[str]:
        listener: asyncio.Queue[str] = asyncio.Queue()
        self.listeners.append(listener)
        while True:
            topic = await listener.get()
            if topic.startswith(prefix):
                yield topic


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.fixture
async def house(house: House, town: Town, database_url: str) -> AsyncIterator[House]:
    database = await Database.open(database_url, bell=town)
    yield replace(house, database=database)
    await database.close()


class Stream:
    """One request to the endpoint as a server would make it, its answer read piece by piece."""

    def __init__(self, context: Context, query: str, **variables: Any) -> None:
        self.body = json.dumps({"query": query, "variables": variables}).encode()
        self.endpoint = graphql_endpoint(lambda _: _soon(context))

    async def open(self) -> Response:
        headers = [(b"content-type", b"application/json"), (b"accept", b"text/event-stream")]
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/graphql",
            "headers": headers,
            "query_string": b"",
        }
        return await self.endpoint(Request(scope, self._receive))

    async def _receive(self) -> dict[str, Any]:
        return {"type": "http.request", "body": self.body, "more_body": False}


async def _soon(context: Context) -> Context:
    return context


async def events(response: Any) -> AsyncIterator[tuple[str, Any]]:
    async for chunk in response.body_iterator:
        name, _, data = chunk.decode().strip().partition("\n")
        if name.startswith("event: "):
            text = data.removeprefix("data:").strip()
            yield name.removeprefix("event: "), json.loads(text) if text else None


async def note(house: House, number: int, text: str) -> None:
    async with house.database.unit_of_work() as work:
        await timeline.note(work, house.olive, number, text=text)


async def test_every_committed_change_brings_the_new_state(house: House, town: Town) -> None:
    context = replace(house.context(), changes=town)
    found = events(await Stream(context, WATCH, n=1).open())

    for text in ("one", "two"):
        await note(house, 2, "of another incident")
        await note(house, 1, text)
        name, answer = await asyncio.wait_for(anext(found), 5)
        changed = answer["data"]["incidentChanged"]

        assert (name, changed) == ("next", {"number": 1, "timeline": {"nodes": [{"text": text}]}})


async def test_what_may_not_be_seen_is_not_found(house: House, town: Town) -> None:
    hidden = replace(house.context(house.stranger), changes=town)

    answers = [await Stream(hidden, WATCH, n=1).open(), await Stream(hidden, WATCH, n=4711).open()]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].body == answers[1].body
    assert json.loads(bytes(answers[0].body))["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_a_stream_ends_when_its_viewer_may_see_no_more(house: House, town: Town) -> None:
    viewers = [house.olive, house.nobody]

    async def renew() -> Actor:
        return viewers.pop(0)

    context = replace(house.context(), changes=town, renew=renew)
    found = events(await Stream(context, WATCH, n=1).open())
    await note(house, 1, "one")

    assert await asyncio.wait_for(anext(found), 5) == ("complete", None)


async def test_a_query_is_a_stream_of_one_answer(house: House) -> None:
    found = [event async for event in events(await Stream(house.context(), "{ me { name } }").open())]

    assert found == [("next", {"data": {"me": {"name": "Olive"}}}), ("complete", None)]


async def test_a_subscription_needs_a_stream(house: House) -> None:
    request = Stream(house.context(), WATCH, n=1)
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "headers": [(b"content-type", b"application/json")],
    }

    response = await request.endpoint(Request(scope, request._receive))

    assert response.status_code == 406


async def test_whoever_leaves_at_once_leaves_nothing_behind(house: House, town: Town) -> None:
    context = replace(house.context(), changes=town)
    before = len(asyncio.all_tasks())

    response = await Stream(context, WATCH, n=1).open()
    assert response.status_code == 200
    del response
    gc.collect()

    for _ in range(100):
        await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == before
