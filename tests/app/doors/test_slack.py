from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from httpx2 import AsyncClient

from app.demo.slack.channel import Channel, Message
from app.demo.slack.pressing import Pressing
from app.doors import hooks
from tests import application
from tests.app.doors.conftest import Doors

pytestmark = pytest.mark.anyio
SECRET = "slack-signing-secret"
BUTTON = {"type": "button", "action_id": "acknowledge", "text": {}, "value": "opsbook:1:1:1:slack"}


@pytest.fixture
def pressing() -> Pressing:
    return Pressing(Channel(), SECRET, site="https://hooks.slack.com")


@pytest.fixture
async def doors(database_url: str, redis_url: str) -> AsyncIterator[Doors]:
    async with application.opened(database_url, redis_url, OPSBOOK_SLACK_SIGNING_SECRET=SECRET) as http:
        yield Doors(http, database_url, {})


def body_of(pressing: Pressing) -> bytes:
    message = Message("1.1", {"blocks": [{"type": "actions", "elements": [BUTTON]}]})
    return urlencode({"payload": pressing.written(message, BUTTON)}).encode()


async def send(http: AsyncClient, pressing: Pressing, body: bytes | None = None, **headers: str) -> Any:
    body = body_of(pressing) if body is None else body
    return await http.post("/hooks/slack", content=body, headers=pressing.headers(body) | headers)


async def test_a_press_is_stored_and_answered_200_within_three_seconds(
    doors: Doors, pressing: Pressing
) -> None:
    began_at = time.monotonic()

    answer = await send(doors.http, pressing)

    assert (answer.status_code, answer.content) == (200, b"")
    assert time.monotonic() - began_at < 3
    assert await doors.one("select user_id from slack_press") == "U0OLIVE"


async def test_a_press_that_cannot_be_done_in_time_is_answered_all_the_same(
    doors: Doors, pressing: Pressing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "ANSWER_WITHIN_SECONDS", 0.0)

    answer = await send(doors.http, pressing)

    assert answer.status_code == 200
    assert await doors.one("select outcome from slack_press") == "waiting"
    assert await doors.one("select due_at > clock_timestamp() from slack_press")


@pytest.mark.parametrize("body", [b"", b"payload=", b"payload={}", b"payload=[1]", b"\xff\xfe", b"a=b"])
async def test_whatever_is_authentic_is_answered_200(doors: Doors, pressing: Pressing, body: bytes) -> None:
    answer = await send(doors.http, pressing, body)

    assert answer.status_code == 200
    assert await doors.one("select outcome from slack_press") == "ignored"


@pytest.mark.parametrize("signature", ["wrong", "missing"])
async def test_what_slack_did_not_sign_is_refused_and_not_stored(
    doors: Doors, pressing: Pressing, signature: Any
) -> None:
    pressing.trouble.signature = signature

    answer = await send(doors.http, pressing)

    assert answer.status_code == 401
    assert await doors.one("select count(*) from slack_press") == 0


@pytest.mark.parametrize(("minutes", "status"), [(-6, 401), (-4, 200), (4, 200), (6, 401)])
async def test_a_press_is_believed_for_five_minutes(
    doors: Doors, pressing: Pressing, minutes: int, status: int
) -> None:
    body = body_of(pressing)
    pressing.channel.clock.ahead += timedelta(minutes=minutes)

    answer = await send(doors.http, pressing, body)

    assert answer.status_code == status


async def test_without_a_secret_nobody_is_believed(
    database_url: str, redis_url: str, pressing: Pressing
) -> None:
    async with application.opened(database_url, redis_url) as http:
        answer = await send(http, pressing)

    assert answer.status_code == 401


async def test_while_the_store_is_down_slack_is_asked_to_come_again(
    redis_url: str, pressing: Pressing
) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    async with application.opened(nowhere, redis_url, OPSBOOK_SLACK_SIGNING_SECRET=SECRET) as http:
        answer = await send(http, pressing)

    assert answer.status_code == 503
