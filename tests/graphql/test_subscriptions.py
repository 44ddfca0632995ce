from __future__ import annotations

import asyncio
import contextlib
import gc
import json
from collections import Counter
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Send

from api.budget import Budget
from api.context import Context
from api.http import graphql_endpoint
from api.http.endpoint import STREAMS_PER_VIEWER
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


def codes(answer: Response) -> list[str]:
    """The errors of a stream of one event."""
    event, data, *rest = bytes(answer.body).decode().splitlines()
    assert (event, rest[1:]) == ("event: next", ["event: complete", "data:", ""])
    return [one["extensions"]["code"] for one in json.loads(data.removeprefix("data: "))["errors"]]


async def _now(actor: Actor) -> Actor:
    return actor


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

    answers = [await Stream(hidden, WATCH, n=number).open() for number in (1, 4711)]

    assert [answer.body for answer in answers] == [answers[0].body] * 2
    assert codes(answers[0]) == ["NOT_FOUND"]


async def test_a_stream_ends_when_its_viewer_may_see_no_more(house: House, town: Town) -> None:
    context = replace(house.context(), changes=town, renew=lambda: _now(house.stranger))
    found = events(await Stream(context, WATCH, n=1).open())
    await note(house, 1, "one")

    assert await asyncio.wait_for(anext(found), 5) == ("complete", None)


async def test_a_stream_of_somebody_who_signed_out_says_so_and_ends(house: House, town: Town) -> None:
    context = replace(house.context(), changes=town, renew=lambda: _now(house.nobody))
    found = events(await Stream(context, WATCH, n=1).open())
    await note(house, 1, "one")

    name, answer = await asyncio.wait_for(anext(found), 5)
    assert (name, answer["errors"][0]["extensions"]["code"]) == ("next", "UNAUTHENTICATED")
    assert await asyncio.wait_for(anext(found), 5) == ("complete", None)


async def test_every_look_is_paid_for(house: House, town: Town) -> None:
    budget = Budget(points=60)
    context = replace(house.context(), changes=town, budget=budget)
    found = events(await Stream(context, WATCH, n=1).open())
    after_opening = budget.spend(context.actor.reference, 0).remaining
    await note(house, 1, "one")
    await asyncio.wait_for(anext(found), 5)

    assert budget.spend(context.actor.reference, 0).remaining < after_opening


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("subscription {", "GRAPHQL_PARSE_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        (WATCH, "INVALID_INPUT"),  # without its variable
    ],
)
async def test_a_wrong_subscription_is_told_in_the_stream(house: House, query: str, code: str) -> None:
    answer = await Stream(house.context(), query).open()

    assert (answer.status_code, answer.media_type) == (200, "text/event-stream")
    assert codes(answer) == [code]


async def test_nobody_is_refused_before_a_stream_begins(house: House) -> None:
    answer = await Stream(house.context(house.nobody), WATCH, n=1).open()

    assert (answer.status_code, answer.media_type) == (401, "application/json; charset=utf-8")


async def test_a_viewer_holds_so_many_streams_and_no_more(house: House, town: Town) -> None:
    stream = Stream(replace(house.context(), changes=town), WATCH, n=1)

    answers = await asyncio.gather(*(stream.open() for _ in range(STREAMS_PER_VIEWER + 5)))

    assert Counter(one.status_code for one in answers) == {200: STREAMS_PER_VIEWER, 429: 5}


async def test_a_refused_stream_takes_no_room(house: House, town: Town) -> None:
    hidden = Stream(replace(house.context(house.stranger), changes=town), WATCH, n=1)

    answers = [await hidden.open() for _ in range(STREAMS_PER_VIEWER + 1)]

    assert {answer.status_code for answer in answers} == {200}


async def _hung_up() -> Message:
    return {"type": "http.disconnect"}


async def _sent(_message: Message) -> None:
    pass


async def _broken(_message: Message) -> None:
    raise OSError


# How a server tells that the client is gone: by a message, or since ASGI 2.4 by a failing `send`.
@pytest.mark.parametrize(("version", "send"), [("2.3", _sent), ("2.4", _broken)])
async def test_whoever_hangs_up_makes_room(house: House, town: Town, version: str, send: Send) -> None:
    stream = Stream(replace(house.context(), changes=town), WATCH, n=1)
    scope = {"type": "http", "asgi": {"spec_version": version}}

    for _ in range(STREAMS_PER_VIEWER + 1):
        response = await stream.open()
        with contextlib.suppress(ClientDisconnect):
            await response(scope, _hung_up, send)
        assert response.status_code == 200
        del response
        await asyncio.sleep(0.001)


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
