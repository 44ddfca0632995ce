from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from tests.fakes import inbox as inboxes
from tests.fakes import slack as fake
from tests.fakes.slack import Slack

pytestmark = pytest.mark.anyio
TEXT = {"type": "mrkdwn", "text": "t"}
BUTTON = {"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "Press"}}


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with fake.serving() as slack:
        yield slack


@pytest.fixture
async def browser(slack: Slack) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=slack.url) as browser:
        yield browser


@pytest.mark.parametrize(
    ("message", "status", "said"),
    [
        ({"text": "t"}, 200, "ok"),
        ({"blocks": [{"type": "section", "text": TEXT}]}, 200, "ok"),
        ({"blocks": [{"type": "actions", "elements": [BUTTON]}]}, 200, "ok"),
        ({"text": ""}, 400, "no_text"),
        ([], 400, "invalid_payload"),
        ({"text": 7}, 400, "invalid_payload"),
        ({"text": "t", "blocks": [{"type": "divider"}] * 51}, 400, "invalid_blocks"),
        ({"text": "t", "blocks": [{"type": "section"}]}, 400, "invalid_blocks"),
        (
            {"text": "t", "blocks": [{"type": "section", "text": TEXT | {"text": "t" * 3001}}]},
            400,
            "invalid_blocks",
        ),
        ({"text": "t", "blocks": [{"type": "context", "elements": [TEXT] * 11}]}, 400, "invalid_blocks"),
        (
            {"text": "t", "blocks": [{"type": "actions", "elements": [BUTTON | {"value": "v" * 2001}]}]},
            400,
            "invalid_blocks",
        ),
    ],
)
async def test_only_what_keeps_the_rules_is_taken(
    slack: Slack, browser: httpx2.AsyncClient, message: Any, status: int, said: str
) -> None:
    answer = await browser.post(slack.webhook_path, json=message)

    assert (answer.status_code, answer.text) == (status, said)
    assert len(slack.channel.messages) == (status == 200)


async def test_a_press_over_http_is_signed_and_its_answer_told(
    slack: Slack, browser: httpx2.AsyncClient
) -> None:
    await browser.post(slack.webhook_path, json={"blocks": [{"type": "actions", "elements": [BUTTON]}]})
    async with inboxes.opened() as inbox:
        slack.pressing.url = inbox.url
        pressed = await browser.post("/_control/press", json={"ts": slack.last.ts, "action_id": "a"})
        shown = (await browser.get("/_control")).json()

    assert (pressed.json(), shown["answers"]) == ({"answer": 202}, [202])
    assert inbox.received[0].headers["X-Slack-Signature"].startswith("v0=")
    assert inbox.received[0].body.startswith(b"payload=%7B")


@pytest.mark.parametrize(
    ("body", "status"), [({"json": {"ts": "1", "action_id": "a"}}, 404), ({"data": {"ts": "1"}}, 415)]
)
async def test_no_such_button_and_no_form(browser: httpx2.AsyncClient, body: Any, status: int) -> None:
    assert (await browser.post("/_control/press", **body)).status_code == status
